/*
 * spawn_gate.c - the worker's side of its spawn gate
 *
 * Packets go out without waiting for an answer: the caller has its ends of the pipes
 * already and may write at once. The one thing that comes back is a helper's end.
 * Asking twice to kill is harmless, so a kill that found the socket full is asked again
 * later.
 */
#include "tools/spawn_gate.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "master/title.h"
#include "tools/spawn_server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILL_AGAIN_SEC 0.05
#define LEAVE_MS       2500 /* more than the process itself takes */

struct spawn_gate {
	pid_t pid;
	int fd;               /* -1: it has died */
	struct ev_loop *loop; /* NULL: not watched yet */
	ev_io io;
	ev_timer kill_again;
	struct list children; /* struct spawn_gate_child */
	size_t count;         /* processes not reaped, forgotten ones included */
	uint32_t ids;
	void (*on_lost)(void *arg);
	void *arg;
};

int spawn_gate_open(struct spawn_gate **ret, struct err *err)
{
	struct spawn_gate *gate;
	int fds[2], rc;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(err, "socketpair");
	pid = fork();
	if (pid == 0) {
		title_set("spawn gate");
		spawn_server_run(fds[1]);
	}
	if (pid < 0) {
		rc = err_errno(err, "fork");
		fdutil_close(&fds[0]);
		fdutil_close(&fds[1]);
		return rc;
	}
	fdutil_close(&fds[1]);
	(void)fdutil_nonblock(fds[0]); /* a descriptor of our own: cannot fail */
	gate = mem_new(struct spawn_gate);
	gate->pid = pid;
	gate->fd = fds[0];
	list_init(&gate->children);
	*ret = gate;
	return 0;
}

/* ---- ends ---- */

static void child_ended(struct spawn_gate_child *child, int status, int sys_errno)
{
	list_remove(&child->node);
	child->gate = NULL;
	child->on_end(child, status, sys_errno);
}

static struct spawn_gate_child *child_of(struct spawn_gate *gate, uint32_t id)
{
	list_for_each(node, &gate->children) {
		struct spawn_gate_child *child =
			list_entry(node, struct spawn_gate_child, node);

		if (child->id == id)
			return child;
	}
	return NULL;
}

static void lost(struct spawn_gate *gate)
{
	struct list *node;

	ev_io_stop(gate->loop, &gate->io);
	ev_timer_stop(gate->loop, &gate->kill_again);
	fdutil_close(&gate->fd);
	gate->count = 0;
	log_error("spawn.lost", LOG_N("gate", gate->pid));
	while ((node = list_shift(&gate->children)))
		child_ended(list_entry(node, struct spawn_gate_child, node), -1, EPIPE);
	gate->on_lost(gate->arg);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct spawn_gate *gate = w->data;
	struct spawn_gate_child *child;
	struct spawn_ended ended;
	ssize_t len;

	(void)loop;
	(void)revents;
	for (;;) {
		len = recv(gate->fd, &ended, sizeof(ended), 0);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return;
		if (len != (ssize_t)sizeof(ended)) {
			lost(gate);
			return;
		}
		gate->count--;
		child = child_of(gate, ended.id);
		if (child)
			child_ended(child, ended.status, ended.sys_errno);
	}
}

/* ---- asking ---- */

static bool ask(struct spawn_gate *gate, const struct spawn_asked *asked,
		const struct str *text, const int *fds, size_t fds_count)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * SPAWN_FDS_MAX)];
		struct cmsghdr align;
	} control = { { 0 } };
	struct spawn_asked head = *asked;
	struct iovec pieces[2] = { { &head, sizeof(head) }, { NULL, 0 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t len;

	if (text) {
		pieces[1] = (struct iovec){ text->data, text->len };
		message.msg_iovlen = 2;
	}
	if (fds_count) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * fds_count);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fds_count);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * fds_count);
	}
	do
		len = sendmsg(gate->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	return len >= 0;
}

static uint32_t add_texts(struct str *text, const char *const *list)
{
	uint32_t count = 0;

	for (; list[count]; count++)
		str_add(text, list[count], strlen(list[count]) + 1);
	return count;
}

int spawn_gate_start(struct spawn_gate *gate, const struct spawn_gate_plan *plan,
		     struct spawn_gate_child *child, struct err *err)
{
	struct spawn_asked asked = {
		.ask = SPAWN_ASK_START,
		.id = ++gate->ids,
		.uid = plan->uid,
		.limits = plan->limits,
	};
	struct str text = STR_INIT;
	int rc = 0;

	assert(plan->fds_count >= 3 && plan->fds_count <= SPAWN_FDS_MAX);
	if (gate->fd < 0)
		return err_set(err, ERR_CLOSED, "the spawn gate has died");
	if (gate->count >= SPAWN_HELPERS)
		return err_set(err, ERR_FULL, "there are %d helpers already",
			       SPAWN_HELPERS);
	asked.arguments = add_texts(&text, plan->argv);
	asked.variables = add_texts(&text, plan->env);
	if (text.len > SPAWN_TEXT_MAX)
		rc = err_set(err, ERR_LIMIT, "a command line of %zu bytes", text.len);
	else if (!ask(gate, &asked, &text, plan->fds, plan->fds_count))
		rc = err_errno(err, "send to the spawn gate");
	str_deinit(&text);
	if (rc < 0)
		return rc;
	child->gate = gate;
	child->id = asked.id;
	child->kill_wanted = false;
	list_push(&gate->children, &child->node);
	gate->count++;
	return 0;
}

static bool ask_kill(struct spawn_gate *gate, uint32_t id)
{
	const struct spawn_asked asked = { .ask = SPAWN_ASK_KILL, .id = id };

	return ask(gate, &asked, NULL, NULL, 0);
}

void spawn_gate_kill(struct spawn_gate_child *child)
{
	struct spawn_gate *gate = child->gate;

	if (!gate)
		return;
	child->kill_wanted = !ask_kill(gate, child->id);
	if (child->kill_wanted && gate->loop && !ev_is_active(&gate->kill_again))
		ev_timer_again(gate->loop, &gate->kill_again);
}

static void on_kill_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct spawn_gate *gate = w->data;
	bool left = false;

	(void)revents;
	list_for_each(node, &gate->children) {
		struct spawn_gate_child *child =
			list_entry(node, struct spawn_gate_child, node);

		if (child->kill_wanted)
			child->kill_wanted = !ask_kill(gate, child->id);
		left |= child->kill_wanted;
	}
	if (!left)
		ev_timer_stop(loop, w);
}

void spawn_gate_forget(struct spawn_gate_child *child)
{
	if (!child->gate)
		return;
	/* if it cannot be told now, it goes with the gate */
	(void)ask_kill(child->gate, child->id);
	list_remove(&child->node);
	child->gate = NULL;
}

size_t spawn_gate_count(const struct spawn_gate *gate)
{
	return gate->count;
}

/* ---- life ---- */

void spawn_gate_watch(struct spawn_gate *gate, struct ev_loop *loop,
		      void (*on_lost)(void *arg), void *arg)
{
	gate->loop = loop;
	gate->on_lost = on_lost;
	gate->arg = arg;
	ev_io_init(&gate->io, on_readable, gate->fd, EV_READ);
	gate->io.data = gate;
	ev_io_start(loop, &gate->io);
	ev_timer_init(&gate->kill_again, on_kill_again, 0., KILL_AGAIN_SEC);
	gate->kill_again.data = gate;
}

/* The worker is leaving: this is the one place that waits for the process. */
static void await_end(pid_t pid)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; i < LEAVE_MS; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&nap, NULL);
	}
	log_warn("spawn.killed", LOG_N("gate", pid));
	(void)kill(pid, SIGKILL); /* not reaped: still ours */
	(void)waitpid(pid, NULL, 0);
}

void spawn_gate_close(struct spawn_gate *gate)
{
	struct list *node;

	if (!gate)
		return;
	if (gate->loop) {
		ev_io_stop(gate->loop, &gate->io);
		ev_timer_stop(gate->loop, &gate->kill_again);
	}
	while ((node = list_shift(&gate->children)))
		list_entry(node, struct spawn_gate_child, node)->gate = NULL;
	fdutil_close(&gate->fd);
	await_end(gate->pid);
	mem_free(gate);
}
