/*
 * control.c - the socket on which persons of this host ask the master for something
 *
 * One connection is one ask: a fixed frame comes in, a few go out, and what does not fit
 * that is let go. The master reads nothing else from anybody, so everything here is
 * bounded: connections, the time until a peer asks, the time that it may wait, the bytes
 * of a frame. Nothing is allocated.
 *
 * Who may ask is said twice, by the mode of the socket and by the kernel's word on who
 * connected: root, the user that the daemon runs as, and the members of a group if one is
 * configured.
 */
#include "master/control.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "master/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GROUPS_MAX 256 /* of a peer that are looked at */
#define REST_S     1.0 /* of accepting, while the system has no descriptor for us */

/* ---- the name ---- */

static int address_of(const char *run_dir, bool next, struct sockaddr_un *ret,
		      struct err *err)
{
	int n;

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/%s%s", run_dir,
		     CONTROL_FRAME_SOCKET, next ? ".next" : "");
	if (n >= (int)sizeof(ret->sun_path))
		return err_set(err, ERR_LIMIT, "run_dir is too long for a socket: %s",
			       run_dir);
	return 0;
}

int control_publish_next(const char *run_dir, struct err *err)
{
	struct sockaddr_un from, to;
	int rc = address_of(run_dir, true, &from, err);

	if (rc == 0)
		rc = address_of(run_dir, false, &to, err);
	if (rc == 0 && rename(from.sun_path, to.sun_path) < 0)
		rc = err_errno(err, "rename %s", from.sun_path);
	return rc;
}

void control_unlink(const char *run_dir, bool next)
{
	struct sockaddr_un at;

	if (address_of(run_dir, next, &at, NULL) == 0)
		(void)unlink(at.sun_path); /* it may not be there any more */
}

/* ---- connections ---- */

static void peer_close(struct control_peer *peer)
{
	ev_io_stop(peer->control->loop, &peer->io);
	ev_timer_stop(peer->control->loop, &peer->deadline);
	fdutil_close(&peer->fd);
	peer->asked = false;
	peer->act = 0;
}

static void peer_wait(struct control_peer *peer, double s)
{
	struct ev_loop *loop = peer->control->loop;

	ev_timer_stop(loop, &peer->deadline);
	ev_now_update(loop);
	ev_timer_set(&peer->deadline, s, 0.);
	ev_timer_start(loop, &peer->deadline);
}

bool control_answer(struct control_peer *peer, enum control_type type, int code,
		    int64_t number, const char *text)
{
	struct control_frame frame = {
		.type = (int)type, .act = peer->act, .number = number, .code = code
	};
	struct err err = { .code = 0 };

	if (control_frame_tell(peer->fd, &frame, text ? text : "", &err) == 0)
		return true;
	log_info("control.unheard", LOG_N("uid", peer->uid), LOG_N("peer", peer->pid),
		 LOG_S("error", err.text));
	peer_close(peer);
	return false;
}

void control_end(struct control_peer *peer, enum control_type type, int code,
		 int64_t number, const char *text)
{
	if (control_answer(peer, type, code, number, text))
		peer_close(peer);
}

static void on_peer_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct control_peer *peer = w->data;

	(void)loop;
	(void)revents;
	log_info("control.late", LOG_N("uid", peer->uid), LOG_N("peer", peer->pid),
		 LOG_S("waits_for",
		       peer->act ? control_frame_act_name(peer->act) : "ask"));
	if (peer->asked)
		control_end(peer, CONTROL_FAILED, ERR_TIMEOUT, 0, "it still goes on");
	else
		peer_close(peer);
}

static void on_peer(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control_peer *peer = w->data;
	struct control_frame frame;
	struct err err = { .code = 0 };
	int rc = control_frame_recv(peer->fd, &frame, &err);

	(void)loop;
	(void)revents;
	if (rc == 0)
		return;
	if (rc > 0 && (peer->asked || frame.type != CONTROL_ASK))
		rc = err_set(&err, ERR_PROTO, "a frame of type %d out of turn",
			     frame.type);
	if (rc == ERR_PROTO) {
		log_warn("control.junk", LOG_N("uid", peer->uid),
			 LOG_N("peer", peer->pid), LOG_S("error", err.text));
		control_end(peer, CONTROL_REFUSED, ERR_PROTO, 0, err.text);
		return;
	}
	if (rc < 0) {
		peer_close(peer); /* it has gone, or its connection has failed */
		return;
	}
	peer->asked = true;
	peer_wait(peer, frame.wait_s);
	peer->control->ask(peer->control->owner, peer, &frame);
}

/* By what the kernel says of who connected; one in more groups than fit is in none. */
static bool in_group(const struct control *control, int fd, const struct ucred *cred)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	size_t i;

	if (cred->gid == control->gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (i = 0; i < len / sizeof(*groups); i++)
		if (groups[i] == control->gid)
			return true;
	return false;
}

static bool may_ask(const struct control *control, int fd, const struct ucred *cred)
{
	return cred->uid == 0 || cred->uid == geteuid() ||
	       (control->has_group && in_group(control, fd, cred));
}

/* Without a place: one frame, and gone. */
static void turn_away(int fd, int code, const char *text)
{
	struct control_frame frame = { .type = CONTROL_REFUSED, .code = code };

	/* who does not read it sees the end of file */
	(void)control_frame_tell(fd, &frame, text, NULL);
	(void)close(fd);
}

static void peer_open(struct control *control, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct control_peer *peer;
	int i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		turn_away(fd, ERR_SYS, "the kernel does not say who you are");
		return;
	}
	if (!may_ask(control, fd, &cred)) {
		log_warn("control.refused", LOG_N("uid", cred.uid),
			 LOG_N("peer", cred.pid));
		turn_away(fd, ERR_REFUSED,
			  control->has_group
				  ? "only root, the user of the daemon and the members "
				    "of control.group may ask"
				  : "only root and the user of the daemon may ask");
		return;
	}
	for (i = 0; i < CONTROL_PEERS && control->peers[i].fd >= 0; i++)
		continue;
	if (i == CONTROL_PEERS) {
		log_warn("control.full", LOG_N("uid", cred.uid), LOG_N("peer", cred.pid));
		turn_away(fd, ERR_FULL, "too many ask at the same time");
		return;
	}
	peer = &control->peers[i];
	peer->fd = fd;
	peer->uid = cred.uid;
	peer->pid = cred.pid;
	ev_io_set(&peer->io, fd, EV_READ);
	ev_io_start(control->loop, &peer->io);
	peer_wait(peer, CONTROL_ASK_MS / 1000.0);
}

static void on_connect(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *control = w->data;
	struct sockaddr_un from; /* has no name */
	socklen_t len = sizeof(from);
	int fd = accept4(w->fd, (struct sockaddr *)&from, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd >= 0) {
		peer_open(control, fd);
		return;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	/* it would be said again at once, and the loop would spin */
	log_warn("control.not_accepted", LOG_S("error", strerror(errno)));
	ev_io_stop(loop, w);
	ev_timer_set(&control->rest, REST_S, 0.);
	ev_timer_start(loop, &control->rest);
}

static void on_rested(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct control *control = w->data;

	(void)revents;
	ev_io_start(loop, &control->io);
}

/* ---- the socket ---- */

void control_init(struct control *control)
{
	int i;

	memset(control, 0, sizeof(*control));
	control->fd = -1;
	ev_init(&control->io, on_connect);
	ev_init(&control->rest, on_rested);
	control->io.data = control->rest.data = control;
	for (i = 0; i < CONTROL_PEERS; i++) {
		struct control_peer *peer = &control->peers[i];

		peer->control = control;
		peer->fd = -1;
		ev_init(&peer->io, on_peer);
		ev_init(&peer->deadline, on_peer_late);
		peer->io.data = peer->deadline.data = peer;
	}
}

int control_open(struct control *control, struct ev_loop *loop, const char *run_dir,
		 bool next, const char *group, control_ask_cb ask, void *owner,
		 struct err *err)
{
	struct sockaddr_un at;
	int rc = address_of(run_dir, next, &at, err), fd;

	if (rc == 0 && group[0])
		rc = privileges_group(group, "control.group", &control->gid, err);
	if (rc < 0)
		return rc;
	control->has_group = group[0] != '\0';
	/* the folder is locked: what is there is of a master that died */
	if (unlink(at.sun_path) < 0 && errno != ENOENT)
		return err_errno(err, "remove %s", at.sun_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_errno(err, "control socket");
	if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		rc = err_errno(err, "bind %s", at.sun_path);
	/* nobody can connect before it listens */
	else if (control->has_group && chown(at.sun_path, (uid_t)-1, control->gid) < 0)
		rc = err_errno(err, "control.group: give %s to %s", at.sun_path, group);
	else if (chmod(at.sun_path, control->has_group ? 0660 : 0600) < 0)
		rc = err_errno(err, "chmod %s", at.sun_path);
	else if (listen(fd, CONTROL_PEERS) < 0)
		rc = err_errno(err, "listen at %s", at.sun_path);
	if (rc < 0) {
		fdutil_close(&fd);
		return rc;
	}
	control->loop = loop;
	control->ask = ask;
	control->owner = owner;
	control->fd = fd;
	ev_io_set(&control->io, fd, EV_READ);
	ev_io_start(loop, &control->io);
	return 0;
}

void control_stop(struct control *control)
{
	int i;

	if (!control->loop)
		return;
	ev_io_stop(control->loop, &control->io);
	ev_timer_stop(control->loop, &control->rest);
	for (i = 0; i < CONTROL_PEERS; i++) {
		ev_io_stop(control->loop, &control->peers[i].io);
		ev_timer_stop(control->loop, &control->peers[i].deadline);
	}
}

void control_close(struct control *control)
{
	int i;

	fdutil_close(&control->fd);
	for (i = 0; i < CONTROL_PEERS; i++)
		fdutil_close(&control->peers[i].fd);
}
