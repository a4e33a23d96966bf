/*
 * upgrade.c - another program takes over the sockets and the folders of this one
 *
 *   old                                    new
 *   fork, exec what is at our path now  ->  takes the listening sockets (LISTEN_FDS) and
 *                                           the locks, whose descriptors come with it
 *                                           starts children beside ours
 *   "ready" over a socket pair          <-  all of them are ready
 *   says "go", drains and leaves        ->  its scoreboard is the one that others read
 *
 * Until "go" the old one is in charge and the new one shows nothing: one that does not
 * come up changes nothing. The end of the old one counts as "go", since then nobody else
 * is there. A lock belongs to the open description, so it is held without a gap while one
 * of the two has it.
 */
#include "master/upgrade.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/score_before.h"
#include "ipc/scoreboard.h"
#include "master/asks.h"
#include "master/house.h"
#include "master/master.h"
#include "master/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The keeper may have to migrate: its 90 s, and some for the others. */
#define READY_MS   120000
#define BEHIND_MS  5000 /* after the drain of one that is told to go */
#define FD_SCRATCH 32   /* above what the new one finds at fixed numbers */
#define FD_FIRST   3    /* of LISTEN_FDS */

static const char word_ready = 'R', word_go = 'G';

int upgrade_init(struct upgrade *upgrade, struct err *err)
{
	const char *text = getenv(UPGRADE_ENV);
	int fds[3], identity_fd, generation, i;
	ssize_t len;

	memset(upgrade, 0, sizeof(*upgrade));
	upgrade->pidfd = upgrade->fd = -1;
	upgrade->host_fd = upgrade->run_dir_fd = upgrade->identity_fd = -1;
	/* the path, and not the file: that may be another one by the time */
	len = readlink("/proc/self/exe", upgrade->program, sizeof(upgrade->program) - 1);
	upgrade->program[len > 0 ? len : 0] = '\0';
	if (!text)
		return 0;
	if (sscanf(text, "%d %d %d %d", &fds[0], &fds[1], &fds[2], &generation) != 4 ||
	    generation < 1)
		return err_set(err, ERR_INPUT, "%s makes no sense", UPGRADE_ENV);
	for (i = 0; i < 3; i++)
		if (fds[i] < FD_FIRST || fdutil_cloexec(fds[i], true) < 0)
			return err_set(err, ERR_INPUT, "%s: no descriptor %d",
				       UPGRADE_ENV, fds[i]);
	/* an older version has no such thing */
	if (sscanf(text, "%*d %*d %*d %*d %*u %d", &identity_fd) == 1 &&
	    identity_fd >= FD_FIRST && fdutil_cloexec(identity_fd, true) == 0)
		upgrade->identity_fd = identity_fd;
	upgrade->host_fd = fds[0];
	upgrade->run_dir_fd = fds[1];
	upgrade->fd = fds[2];
	upgrade->generation = generation;
	upgrade->successor = true;
	return unsetenv(UPGRADE_ENV) < 0 ? err_errno(err, "unsetenv") : 0;
}

uid_t upgrade_start_uid(void)
{
	const char *text = getenv(UPGRADE_ENV);
	unsigned uid;

	if (text && sscanf(text, "%*d %*d %*d %*d %u", &uid) == 1)
		return (uid_t)uid;
	return geteuid();
}

/* ---- the old master ---- */

void upgrade_begin(struct master *m, const char *by)
{
	m->upgrade.due = true;
	(void)snprintf(m->upgrade.by, sizeof(m->upgrade.by), "%s", by);
}

static void upgrade_clear(struct master *m)
{
	struct upgrade *upgrade = &m->upgrade;

	ev_io_stop(m->loop, &upgrade->io);
	ev_io_stop(m->loop, &upgrade->end);
	ev_timer_stop(m->loop, &upgrade->late);
	fdutil_close(&upgrade->fd);
	fdutil_close(&upgrade->pidfd);
	upgrade->pid = 0;
}

static void arm(struct master *m, int64_t wait_ms)
{
	ev_timer_stop(m->loop, &m->upgrade.late);
	ev_now_update(m->loop);
	ev_timer_set(&m->upgrade.late, (double)wait_ms / 1000.0, 0.);
	ev_timer_start(m->loop, &m->upgrade.late);
}

static void signal_new(struct master *m, int number)
{
	struct err err = { .code = 0 };

	if (reaper_signal(m->upgrade.pidfd, number, &err) < 0)
		log_error("upgrade.signal_failed", LOG_N("child", m->upgrade.pid),
			  LOG_S("error", err.text));
}

void upgrade_abandon(struct master *m, const char *why)
{
	struct upgrade *upgrade = &m->upgrade;

	if (!upgrade->over)
		asks_ended(m, CONTROL_UPGRADE, ERR_CLOSED, 0, why);
	upgrade->due = false;
	if (!upgrade->pid || upgrade->over)
		return;
	log_warn("upgrade.abandoned", LOG_N("child", upgrade->pid), LOG_S("reason", why));
	ev_io_stop(m->loop, &upgrade->io); /* its "ready" comes too late */
	signal_new(m, SIGTERM);
	arm(m, m->conf->drain.deadline_ms + BEHIND_MS);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct master *m = w->data;

	(void)loop;
	(void)revents;
	if (ev_is_active(&m->upgrade.io))
		upgrade_abandon(m, "not ready in time");
	else
		signal_new(m, SIGKILL); /* its children leave by themselves */
}

static void fail_new(struct master *m, const char *cause)
{
	struct str text = STR_INIT;

	log_warn("upgrade.failed", LOG_N("child", m->upgrade.pid), LOG_S("cause", cause),
		 LOG_S("what", "this daemon goes on as before"));
	str_printf(&text, "the new program ended by %s; the log says why", cause);
	asks_ended(m, CONTROL_UPGRADE, ERR_SYS, 0, str_text(&text));
	str_deinit(&text);
}

static void on_new_end(struct ev_loop *loop, ev_io *w, int revents)
{
	struct master *m = w->data;
	struct upgrade *upgrade = &m->upgrade;
	char cause[REAPER_CAUSE_MAX] = "unknown";
	struct reaper_death death;
	struct err err = { .code = 0 };
	int rc = reaper_collect(w->fd, &death, &err);

	(void)loop;
	(void)revents;
	if (rc == 0)
		return;
	if (rc > 0)
		(void)reaper_cause(&death, cause);
	if (upgrade->over)
		log_error("upgrade.successor_died", LOG_N("child", upgrade->pid),
			  LOG_S("cause", cause));
	else
		fail_new(m, cause);
	upgrade_clear(m);
}

/* Only the main process may say who is the next one. */
static void tell_main_pid(struct master *m, pid_t pid)
{
	struct str text = STR_INIT;

	str_printf(&text, "MAINPID=%d", pid);
	sdnotify_send(&m->sd, str_text(&text));
	str_deinit(&text);
}

static void go(struct master *m)
{
	struct upgrade *upgrade = &m->upgrade;

	/* before the word: what it says then counts as the main process' */
	tell_main_pid(m, upgrade->pid);
	if (send(upgrade->fd, &word_go, 1, MSG_NOSIGNAL) != 1) {
		tell_main_pid(m, getpid());
		return; /* it is gone, and its pidfd says so */
	}
	upgrade->over = true;
	ev_timer_stop(m->loop, &upgrade->late);
	ev_io_stop(m->loop, &upgrade->io);
	log_info("upgrade.done", LOG_S("by", upgrade->by), LOG_N("child", upgrade->pid),
		 LOG_N("took_ms", clock_mono_ms() - upgrade->since_mono_ms));
	m->sd.held = true; /* we are silent from here on */
	atomic_store_explicit(&m->board->succeeded, 1, memory_order_relaxed);
	draining_start(&m->draining, "upgrade", m->conf->drain.deadline_ms);
	asks_ended(m, CONTROL_UPGRADE, 0, upgrade->pid, NULL);
}

static void on_word_of_new(struct ev_loop *loop, ev_io *w, int revents)
{
	struct master *m = w->data;
	char word = 0;
	ssize_t n = recv(w->fd, &word, 1, MSG_DONTWAIT);

	(void)revents;
	if (n == 1 && word == word_ready)
		go(m);
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		ev_io_stop(loop, w); /* it is leaving: its pidfd says how */
}

/* A copy that survives the exec, out of the way of the fixed numbers; -1: none. */
static int copy_fd(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD, FD_SCRATCH);
}

static int set_number(const char *name, int number)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", number);
	return setenv(name, text, 1);
}

/* In the forked process: becomes the new program, or returns. */
static void become(struct master *m, int fd)
{
	int listens[] = { copy_fd(m->api_listen_fd), copy_fd(m->health_listen_fd) };
	int host_fd = copy_fd(m->host.fd), run_dir_fd = copy_fd(m->run_dir_fd);
	int identity_fd = copy_fd(m->identity_fd), report_fd = copy_fd(fd), count = 0;
	char text[96];
	size_t i;

	for (i = 0; i < 2; i++) {
		if (listens[i] < 0)
			continue;
		if (dup2(listens[i], FD_FIRST + count) < 0)
			return;
		fdutil_close(&listens[i]);
		count++;
	}
	(void)snprintf(text, sizeof(text), "%d %d %d %d %u %d", host_fd, run_dir_fd,
		       report_fd, m->generation,
		       (unsigned)(m->opts->inputs ? m->opts->inputs->uid : geteuid()),
		       identity_fd);
	if (setenv(UPGRADE_ENV, text, 1) < 0 || set_number("LISTEN_FDS", count) < 0 ||
	    set_number("LISTEN_PID", getpid()) < 0 || sdnotify_export(&m->sd) < 0)
		return;
	(void)execv(m->upgrade.program, m->opts->words);
}

static int upgrade_fork(struct master *m, struct err *err)
{
	struct upgrade *upgrade = &m->upgrade;
	sigset_t all, before;
	int fds[2], rc;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) <
	    0)
		return err_errno(err, "socketpair");
	(void)sigfillset(&all); /* cannot fail, nor can blocking our own signals */
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0) {
		/* handlers end with the exec; until then none may run */
		for (int i = 1; i < NSIG; i++)
			(void)signal(i, SIG_DFL); /* two of them refuse, and may */
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		become(m, fds[1]);
		log_error("upgrade.exec_failed", LOG_S("program", upgrade->program),
			  LOG_S("error", strerror(errno)));
		_exit(EXIT_CODE_FAILED);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	fdutil_close(&fds[1]);
	if (pid < 0) {
		rc = err_errno(err, "fork");
		fdutil_close(&fds[0]);
		return rc;
	}
	rc = reaper_open(pid, &upgrade->pidfd, err);
	if (rc < 0) {
		(void)kill(pid, SIGKILL);    /* not reaped yet: still ours */
		(void)waitpid(pid, NULL, 0); /* at once, after that signal */
		fdutil_close(&fds[0]);
		return rc;
	}
	upgrade->pid = pid;
	upgrade->fd = fds[0];
	return 0;
}

void upgrade_advance(struct master *m)
{
	struct upgrade *upgrade = &m->upgrade;
	struct err err = { .code = 0 };

	if (!upgrade->due)
		return;
	upgrade->due = false;
	upgrade->since_mono_ms = clock_mono_ms();
	if (upgrade_fork(m, &err) < 0) {
		log_warn("upgrade.failed", LOG_S("error", err.text),
			 LOG_S("what", "this daemon goes on as before"));
		asks_ended(m, CONTROL_UPGRADE, ERR_SYS, 0, err.text);
		return;
	}
	log_info("upgrade.started", LOG_S("by", upgrade->by),
		 LOG_N("child", upgrade->pid), LOG_S("program", upgrade->program));
	ev_io_init(&upgrade->io, on_word_of_new, upgrade->fd, EV_READ);
	ev_io_init(&upgrade->end, on_new_end, upgrade->pidfd, EV_READ);
	ev_timer_init(&upgrade->late, on_late, 0., 0.);
	upgrade->io.data = upgrade->end.data = upgrade->late.data = m;
	ev_io_start(m->loop, &upgrade->io);
	ev_io_start(m->loop, &upgrade->end);
	arm(m, READY_MS);
}

/* ---- the new master ---- */

static void in_charge(struct master *m, const char *why)
{
	struct upgrade *upgrade = &m->upgrade;
	struct err err = { .code = 0 };

	ev_io_stop(m->loop, &upgrade->io);
	fdutil_close(&upgrade->fd);
	upgrade->over = true;
	m->sd.held = false;
	if (m->board_before &&
	    score_before_keep(m->conf->run_dir, m->board_before->master_pid, &err) < 0)
		log_warn("upgrade.board_not_kept", LOG_S("error", err.text));
	if (scoreboard_publish_next(m->conf->run_dir, &err) < 0)
		log_error("upgrade.scoreboard_hidden", LOG_S("error", err.text));
	if (control_publish_next(m->conf->run_dir, &err) < 0)
		log_error("upgrade.control_hidden", LOG_S("error", err.text));
	log_info("upgrade.in_charge", LOG_S("why", why));
}

static void on_word_of_old(struct ev_loop *loop, ev_io *w, int revents)
{
	struct master *m = w->data;
	char word = 0;
	ssize_t n = recv(w->fd, &word, 1, MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n == 1 && word == word_go)
		in_charge(m, "the old one drains");
	else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		in_charge(m, "the old one is gone");
}

void upgrade_start(struct master *m)
{
	struct upgrade *upgrade = &m->upgrade;

	if (!upgrade->successor)
		return;
	m->sd.held = true;
	ev_io_init(&upgrade->io, on_word_of_old, upgrade->fd, EV_READ);
	upgrade->io.data = m;
	ev_io_start(m->loop, &upgrade->io);
}

int upgrade_ready(struct master *m)
{
	struct upgrade *upgrade = &m->upgrade;

	if (!upgrade->successor || upgrade->over)
		return 1;
	if (!upgrade->said) {
		upgrade->said = true;
		log_info("upgrade.ready", LOG_N("generation_in_force", m->generation));
		if (send(upgrade->fd, &word_ready, 1, MSG_NOSIGNAL) != 1)
			log_debug("upgrade.unheard", LOG_S("error", strerror(errno)));
	}
	return 0;
}

void upgrade_drop(struct master *m, bool in_child)
{
	struct upgrade *upgrade = &m->upgrade;

	if (m->loop)
		upgrade_clear(m);
	if (upgrade->successor && !upgrade->over && !in_child)
		scoreboard_unlink_next(m->conf->run_dir);
	fdutil_close(&upgrade->fd);
	fdutil_close(&upgrade->host_fd);
	fdutil_close(&upgrade->identity_fd);
	fdutil_close(&upgrade->run_dir_fd);
}
