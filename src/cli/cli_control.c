/*
 * cli_control.c - one ask of the daemon of this host, and what became of it
 *
 * A connection is one ask. A daemon that is just being succeeded by another one says so
 * ("stale"), and the ask is repeated until the other one listens; nothing has happened
 * by then. An end of file behind "accepted" is a failure, but for a drain whose last word
 * got lost: a daemon that ended in order has taken its socket away before it lets go.
 */
#include "cli/cli_control.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/str.h"
#include "base/units.h"
#include "ipc/control_frame.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS   5000   /* of "accepted": the master does nothing slow before it */
#define WAIT_MS     180000 /* for an end that nobody knows the time of */
#define BEHIND_MS   5000   /* after the time that the daemon said */
#define PROGRESS_MS 500
#define AGAIN_MS    50 /* until the successor listens */
#define WAIT_S_MAX  86400
#define REASON_MAX  1024

struct talk {
	const struct cli_control *ask;
	int fd;
	struct str reason;
	int64_t since_mono_ms;
	int64_t until_mono_ms;
	bool accepted;
};

/* false: the name does not fit. */
static bool name_of(const char *run_dir, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s", run_dir,
			CONTROL_FRAME_SOCKET) < (int)sizeof(ret->sun_path);
}

static int dial(const char *run_dir, int *ret, struct err *err)
{
	struct sockaddr_un at;
	int fd;

	if (!name_of(run_dir, &at))
		return err_set(err, ERR_NOT_FOUND, "run_dir is too long: %s", run_dir);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "socket");
	/* not blocking: a full backlog of a daemon that stands still is an answer */
	if (fdutil_nonblock(fd) < 0 ||
	    connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
		int code = errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED
				   ? ERR_NOT_FOUND
			   : errno == EACCES || errno == EPERM ? ERR_REFUSED
			   : errno == EAGAIN                   ? ERR_TIMEOUT
							       : ERR_SYS;

		(void)err_errno(err, "%s", at.sun_path);
		err->code = code;
		fdutil_close(&fd);
		return code;
	}
	*ret = fd;
	return 0;
}

/* The next frame: 1; 0 at the deadline; or what control_frame_recv() says. */
static int next_frame(struct talk *talk, struct control_frame *frame, struct err *err)
{
	for (;;) {
		int rc = control_frame_recv(talk->fd, frame, err);
		struct pollfd pfd = { .fd = talk->fd, .events = POLLIN };
		int64_t now_mono_ms = clock_mono_ms(), left_ms;

		if (rc != 0)
			return rc;
		left_ms = talk->until_mono_ms - now_mono_ms;
		if (left_ms <= 0)
			return 0;
		if (talk->accepted && talk->ask->progress) {
			talk->ask->progress(talk->ask->arg,
					    now_mono_ms - talk->since_mono_ms, false);
			left_ms = left_ms < PROGRESS_MS ? left_ms : PROGRESS_MS;
		}
		if (poll(&pfd, 1, (int)(left_ms < WAIT_MS ? left_ms : WAIT_MS)) < 0 &&
		    errno != EINTR)
			return err_errno(err, "poll");
	}
}

static void wait_until(struct talk *talk, int64_t at_most_ms)
{
	int64_t wait_ms = talk->ask->timeout_ms;

	if (!wait_ms)
		wait_ms = at_most_ms > 0 ? at_most_ms + BEHIND_MS : WAIT_MS;
	talk->until_mono_ms = talk->since_mono_ms + wait_ms;
}

/* The daemon lets go of its folders before it closes the connection. */
static void see_it_gone(struct talk *talk)
{
	struct control_frame frame;

	talk->until_mono_ms = clock_mono_ms() + ANSWER_MS;
	(void)next_frame(talk, &frame, NULL); /* whatever comes instead, it said "done" */
}

/* One that died has left it, and one that goes on has it still. */
static bool socket_is_gone(const char *run_dir)
{
	struct sockaddr_un at;

	return name_of(run_dir, &at) && access(at.sun_path, F_OK) < 0 && errno == ENOENT;
}

static enum cli_control_result at_end_of_file(const struct talk *talk, struct err *err)
{
	int act = talk->ask->act;

	if (!talk->accepted) {
		(void)err_set(err, ERR_CLOSED, "the daemon ended before it answered");
		return CLI_CONTROL_NOBODY;
	}
	if ((act == CONTROL_DRAIN || act == CONTROL_STOP) &&
	    socket_is_gone(talk->ask->run_dir))
		return CLI_CONTROL_DONE;
	(void)err_set(err, ERR_CLOSED,
		      "the connection to the daemon ended before it was done");
	return CLI_CONTROL_FAILED;
}

static enum cli_control_result converse(struct talk *talk, int64_t *number,
					struct err *err)
{
	struct control_frame frame;
	char text[UNITS_TEXT_MAX];
	int rc;

	for (;;) {
		rc = next_frame(talk, &frame, err);
		if (rc == ERR_CLOSED)
			return at_end_of_file(talk, err);
		if (rc == 0) {
			(void)err_set(
				err, ERR_TIMEOUT,
				talk->accepted ? "it still goes on after %s"
					       : "no answer within %s, and it may come "
						 "to the ask later",
				units_format_ms(talk->until_mono_ms - talk->since_mono_ms,
						text));
			return talk->accepted ? CLI_CONTROL_LATE : CLI_CONTROL_NOBODY;
		}
		if (rc < 0)
			return CLI_CONTROL_FAILED;
		switch ((enum control_type)frame.type) {
		case CONTROL_TEXT:
			if (talk->reason.len < REASON_MAX)
				str_add_text(&talk->reason, frame.text);
			break;
		case CONTROL_ACCEPTED:
			if (!talk->ask->wait)
				return CLI_CONTROL_ACCEPTED;
			talk->accepted = true;
			talk->since_mono_ms = clock_mono_ms();
			wait_until(talk, frame.number);
			break;
		case CONTROL_DONE:
			*number = frame.number;
			if (frame.act == CONTROL_DRAIN || frame.act == CONTROL_STOP)
				see_it_gone(talk);
			return CLI_CONTROL_DONE;
		case CONTROL_REFUSED:
		case CONTROL_FAILED:
			(void)err_set(err, frame.code, "%s", str_text(&talk->reason));
			return frame.type == CONTROL_REFUSED ? CLI_CONTROL_REFUSED
							     : CLI_CONTROL_FAILED;
		case CONTROL_ASK:
			break; /* of a later version: not for us */
		}
	}
}

static enum cli_control_result once(const struct cli_control *ask, int64_t *number,
				    struct err *err)
{
	struct talk talk = { .ask = ask, .fd = -1, .reason = STR_INIT };
	struct control_frame frame = { .type = CONTROL_ASK,
				       .act = ask->act,
				       .number = ask->number,
				       .wait_s = ask->wait ? WAIT_S_MAX : 0 };
	enum cli_control_result result = CLI_CONTROL_NOBODY;
	int rc = dial(ask->run_dir, &talk.fd, err);

	if (rc < 0)
		return rc == ERR_REFUSED ? CLI_CONTROL_REFUSED : CLI_CONTROL_NOBODY;
	talk.since_mono_ms = clock_mono_ms();
	talk.until_mono_ms =
		talk.since_mono_ms + (ask->timeout_ms && ask->timeout_ms < ANSWER_MS
					      ? ask->timeout_ms
					      : ANSWER_MS);
	/* one that turned us away has closed its end; its reason can still be read */
	rc = control_frame_send(talk.fd, &frame, err);
	if (rc == 0 || err->sys_errno == EPIPE || err->sys_errno == ECONNRESET)
		result = converse(&talk, number, err);
	if (talk.accepted && ask->progress)
		ask->progress(ask->arg, clock_mono_ms() - talk.since_mono_ms, true);
	fdutil_close(&talk.fd);
	str_deinit(&talk.reason);
	return result;
}

enum cli_control_result cli_control_ask(const struct cli_control *ask, int64_t *number,
					struct err *err)
{
	int64_t until_mono_ms = clock_mono_ms() + ANSWER_MS;
	const struct timespec pause = { .tv_nsec = AGAIN_MS * 1000000L };
	enum cli_control_result result;

	*number = 0;
	for (;;) {
		err->code = err->sys_errno = 0;
		result = once(ask, number, err);
		if (result != CLI_CONTROL_REFUSED || err->code != ERR_STALE ||
		    clock_mono_ms() >= until_mono_ms)
			return result;
		(void)nanosleep(&pause, NULL); /* cut short is soon enough */
	}
}
