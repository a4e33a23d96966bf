/*
 * control_ask.c - one ask of this host's master by one of its children, on a loop
 *
 * A child that changed what the configuration is read from asks for a reload as a person
 * would, over the control socket: the master parses nothing more for it. A child of the
 * generation that is being replaced hears the end as well, because it drains until then.
 */
#include "ipc/control_ask.h"

#include "base/fdutil.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ipc/control_frame.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REASON_MAX 1024

struct control_ask {
	struct ev_loop *loop;
	int fd;
	ev_io io;
	ev_timer over;
	struct str reason;
	control_ask_cb cb;
	void *arg;
};

void control_ask_abandon(struct control_ask *ask)
{
	if (!ask)
		return;
	ev_io_stop(ask->loop, &ask->io);
	ev_timer_stop(ask->loop, &ask->over);
	fdutil_close(&ask->fd);
	str_deinit(&ask->reason);
	mem_free(ask);
}

static void end(struct control_ask *ask, int rc, int64_t number, const char *why)
{
	control_ask_cb cb = ask->cb;
	void *arg = ask->arg;
	struct err err = { .code = 0 };

	if (rc < 0)
		(void)err_set(&err, rc, "%s", why);
	control_ask_abandon(ask);
	cb(arg, rc, number, &err);
}

static void on_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	end(w->data, ERR_TIMEOUT, 0, "the master has not said how it ended");
}

/* true: it is over, and the ask is gone. */
static bool take(struct control_ask *ask, const struct control_frame *frame)
{
	switch (frame->type) {
	case CONTROL_TEXT:
		if (ask->reason.len < REASON_MAX)
			str_add_text(&ask->reason, frame->text);
		return false;
	case CONTROL_DONE:
		end(ask, 0, frame->number, "");
		return true;
	case CONTROL_REFUSED:
	case CONTROL_FAILED:
		if (!ask->reason.len)
			str_add_text(&ask->reason, "the master refused");
		end(ask, frame->code < 0 ? frame->code : ERR_REFUSED, 0,
		    str_text(&ask->reason));
		return true;
	default: /* accepted, and what a newer master may say */
		return false;
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control_ask *ask = w->data;
	struct control_frame frame;
	struct err err;
	int rc;

	(void)loop;
	(void)revents;
	while ((rc = control_frame_recv(ask->fd, &frame, &err)) > 0)
		if (take(ask, &frame))
			return;
	if (rc < 0)
		end(ask, rc, 0, err.text);
}

static int dial(const char *run_dir, int *ret, struct err *err)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, code;

	if (snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", run_dir,
		     CONTROL_FRAME_SOCKET) >= (int)sizeof(at.sun_path))
		return err_set(err, ERR_NOT_FOUND, "run_dir is too long");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, "socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0) {
		*ret = fd;
		return 0;
	}
	code = errno == EAGAIN                            ? ERR_FULL
	       : errno == EACCES || errno == EPERM        ? ERR_REFUSED
	       : errno == ENOENT || errno == ECONNREFUSED ? ERR_NOT_FOUND
							  : ERR_SYS;
	(void)err_errno(err, "%s", at.sun_path);
	err->code = code;
	fdutil_close(&fd);
	return code;
}

int control_ask_start(struct ev_loop *loop, const char *run_dir, int act, int64_t number,
		      int64_t wait_ms, control_ask_cb cb, void *arg,
		      struct control_ask **ret, struct err *err)
{
	const struct control_frame frame = {
		.type = CONTROL_ASK,
		.act = act,
		.number = number,
		.wait_s = (int32_t)((wait_ms + 999) / 1000),
	};
	struct control_ask *ask;
	int fd, rc;

	rc = dial(run_dir, &fd, err);
	if (rc < 0)
		return rc;
	rc = control_frame_send(fd, &frame, err);
	if (rc < 0) {
		fdutil_close(&fd);
		return rc;
	}
	ask = mem_new(struct control_ask);
	ask->loop = loop;
	ask->fd = fd;
	ask->cb = cb;
	ask->arg = arg;
	ev_io_init(&ask->io, on_readable, fd, EV_READ);
	ev_timer_init(&ask->over, on_over, (double)wait_ms / 1e3, 0.);
	ask->io.data = ask->over.data = ask;
	ev_io_start(loop, &ask->io);
	ev_timer_start(loop, &ask->over);
	*ret = ask;
	return 0;
}
