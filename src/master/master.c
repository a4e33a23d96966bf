/*
 * master.c - the supervisor of this host
 *
 * It is dull on purpose: it forks, waits, counts and signals. It opens no database, reads
 * no byte from a stranger and waits nowhere but in its loop, so that a bad run cannot
 * take it down. What it knows about a kind of child is one row of a table.
 *
 * The loop is turned by hand, and everything that must not happen inside a callback comes
 * between two turns: forks (a child returns from here up to main(), over no frame of
 * libev), the next step of a drain, telling the keeper of deaths, and the state that
 * `status` and systemd see.
 *
 *   TERM         drain within drain.deadline, then stop
 *   TERM again   as INT
 *   INT, QUIT    stop fast: drain within a second
 *   INT, QUIT again   kill what is left
 *   HUP, USR1, USR2, TTIN, TTOU, WINCH   have no meaning yet: logged, nothing else
 */
#include "master/master.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/fdutil.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/child.h"
#include "master/draining.h"
#include "master/host_id.h"
#include "master/listener.h"
#include "master/obits.h"
#include "master/reaper.h"
#include "master/restart.h"
#include "master/sdnotify.h"
#include "master/spawn.h"
#include "master/title.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 1000
/*
 * A tick that came this late means that we did not run, and then others did not either.
 */
#define TICK_LATE_MS 2000
/* Dead slots wait for the keeper beside the living: half of the board is for seats. */
#define SEATS_MAX (SCOREBOARD_SLOTS / 2)

static const int stop_signals[] = { SIGTERM, SIGINT, SIGQUIT };
static const int later_signals[] = {
	SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH
};
#define NSTOP  (sizeof(stop_signals) / sizeof(stop_signals[0]))
#define NLATER (sizeof(later_signals) / sizeof(later_signals[0]))

/* A kind that this host runs. */
struct crew {
	const struct kind *kind;
	int processes;
	struct restart restart;
	char last_cause[REAPER_CAUSE_MAX]; /* of its last death */
};

struct master {
	const struct conf *conf;
	const struct master_opts *opts;
	struct ev_loop *loop;
	struct scoreboard *board;
	struct host_id host;
	int run_dir_fd; /* holds the flock on run_dir */
	int api_listen_fd;
	int health_listen_fd;
	struct sdnotify sd;
	struct obits obits;
	struct draining draining;
	struct rng rng;

	struct crew *crews;
	int crew_count;
	struct child *children; /* in the order of their kinds' start */
	bool *due;              /* by child: it wants a process */
	int child_count;

	ev_timer tick;
	int64_t last_tick_mono_ms;
	ev_signal stop[NSTOP];
	ev_signal later[NLATER];
	bool ready; /* every seat has been ready once */
};

static struct crew *crew_of(struct master *m, const struct child *child)
{
	int i;

	for (i = 0; m->crews[i].kind != child->kind; i++)
		continue; /* every child is of a kind of ours */
	return &m->crews[i];
}

/* The child that settles deaths, or NULL. */
static struct child *keeper_of(struct master *m)
{
	int i;

	for (i = 0; i < m->child_count; i++)
		if (m->children[i].kind->flags & KIND_TAKES_OBITUARIES)
			return &m->children[i];
	return NULL;
}

/* What a child asks of its owner. */

static void on_child_start(struct child *child)
{
	struct master *m = child->owner;

	m->due[child - m->children] = true;
}

static void on_child_ready(struct child *child)
{
	log_info("child.ready", LOG_S("child_kind", child->kind->name),
		 LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
		 LOG_N("took_ms", clock_mono_ms() - child->started_mono_ms));
}

static void on_child_obituary_done(struct child *child, int index, int pid)
{
	struct master *m = child->owner;

	obits_done(&m->obits, index, pid);
}

/* The keeper says so every few seconds, so nothing is kept here: what is still leaving is
 * started again after the next word. */
static void on_child_wanted(struct child *keeper, bool wanted)
{
	struct master *m = keeper->owner;
	int i;

	for (i = 0; i < m->child_count; i++) {
		struct child *child = &m->children[i];

		if (!(child->kind->flags & KIND_ON_DEMAND) || m->draining.active)
			continue;
		if (wanted && child->state == CHILD_RETIRED)
			child_start(child);
		else if (!wanted && child->state != CHILD_RETIRED && !child->leaving)
			child_drain(child, "not_wanted",
				    clock_mono_ms() + m->conf->drain.deadline_ms);
	}
}

static int64_t on_child_died(struct child *child, const struct reaper_death *death,
			     const char *why)
{
	struct master *m = child->owner;
	struct crew *crew = crew_of(m, child);
	int64_t now_mono_ms = clock_mono_ms();
	int64_t lived_ms = now_mono_ms - child->started_mono_ms;
	char cause[REAPER_CAUSE_MAX + 32], suspect[IDS_MAX];

	(void)reaper_cause(death, crew->last_cause);
	(void)snprintf(cause, sizeof(cause), "%s%s%s", why ? why : "", why ? ": " : "",
		       crew->last_cause);
	(void)score_suspect_get(child->score, suspect);
	LOG_AT(child->leaving && !why && !death->by_signal && death->number == 0
		       ? LOG_LEVEL_INFO
		       : LOG_LEVEL_WARN,
	       "child.died", LOG_S("child_kind", child->kind->name),
	       LOG_N("child_slot", child->slot), LOG_N("child", child->pid),
	       LOG_S("cause", cause), LOG_N("lived_ms", lived_ms),
	       LOG_S("suspect", suspect));

	if ((child->kind->flags & KIND_HOLDS_JOBS) && keeper_of(m))
		obits_record(&m->obits, child->index, cause, clock_wall_ms());
	else
		obits_free_slot(&m->obits, child->index);
	if (child->leaving)
		return 0;
	/* one of the lane dies of what it is given: that it was ready says that another
	 * one can work, however short its life was */
	if ((child->kind->flags & KIND_ON_DEMAND) && child->ready_once &&
	    lived_ms < RESTART_EARLY_MS)
		lived_ms = RESTART_EARLY_MS;
	return restart_died(&crew->restart, now_mono_ms, lived_ms, child->ready_once,
			    &m->rng);
}

static void on_child_retired(struct child *child)
{
	struct master *m = child->owner;

	m->due[child - m->children] = false;
}

static const struct child_ops child_ops = {
	.start = on_child_start,
	.ready = on_child_ready,
	.obituary_done = on_child_obituary_done,
	.wanted = on_child_wanted,
	.died = on_child_died,
	.retired = on_child_retired,
};

/* Forks. */

static void env_fill(struct master *m, const struct child *child, int index,
		     struct child_env *env)
{
	const struct kind *kind = child->kind;
	bool alone = crew_of(m, child)->processes == 1;

	memset(env, 0, sizeof(*env));
	env->conf = m->conf;
	env->board = m->board;
	env->score = &m->board->slots[index];
	env->master_fd = -1;
	env->slot = child->slot;
	env->generation =
		atomic_load_explicit(&m->board->generation, memory_order_relaxed);
	env->drain_deadline_ms = m->conf->drain.deadline_ms;
	env->api_listen_fd = kind->flags & KIND_LISTENS_API ? m->api_listen_fd : -1;
	env->health_listen_fd =
		kind->flags & KIND_LISTENS_HEALTH ? m->health_listen_fd : -1;
	(void)snprintf(env->host_name, sizeof(env->host_name), "%s", m->host.name);
	env->quarantine = kind->flags & KIND_ON_DEMAND;
	if (env->quarantine)
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s-%.20s",
			       m->host.name, kind->name);
	else if (!(kind->flags & KIND_HOLDS_JOBS))
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s-%.20s-%d",
			       m->host.name, kind->name, child->slot);
	else if (alone)
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s", m->host.name);
	else
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s-%d",
			       m->host.name, child->slot);
	(void)ids_incarnation(env->row_name, env->incarnation);
}

static void score_fill(const struct child *child, const struct child_env *env)
{
	struct score_slot *score = env->score;

	score_text_set(&score->kind, child->kind->name);
	score_text_set(&score->row_name, env->row_name);
	score_text_set(&score->incarnation, env->incarnation);
	atomic_store_explicit(&score->number, child->slot, memory_order_relaxed);
	atomic_store_explicit(&score->generation, env->generation, memory_order_relaxed);
	atomic_store_explicit(&score->started_at_ms, clock_wall_ms(),
			      memory_order_relaxed);
	atomic_store_explicit(&score->pulse_mono_ms, clock_mono_ms(),
			      memory_order_relaxed);
	atomic_store_explicit(&score->state, SCORE_STARTING, memory_order_release);
}

static void master_drop(void *arg, const struct child_env *keep);

/* 1 in the master, whatever became of the fork; 0 in a child that is done. */
static int master_fork(struct master *m, struct child *child, int *exit_code)
{
	struct crew *crew = crew_of(m, child);
	struct spawn_result got = { .pid = 0 };
	struct err err = { .code = 0 };
	struct child_env env;
	int index, rc;

	index = obits_slot(&m->obits);
	if (index < 0) {
		rc = err_set(
			&err, index,
			"no free slot on the scoreboard: %d deaths wait for the keeper",
			m->obits.waiting);
	} else {
		env_fill(m, child, index, &env);
		score_fill(child, &env);
		rc = spawn_fork(&(struct spawn_plan){ .kind = child->kind,
						      .env = &env,
						      .drop = master_drop,
						      .arg = m },
				&got, exit_code, &err);
		if (rc == 0)
			return 0;
		if (rc < 0)
			obits_free_slot(&m->obits, index);
	}
	if (rc < 0) {
		log_warn("child.fork_failed", LOG_S("child_kind", child->kind->name),
			 LOG_N("child_slot", child->slot), LOG_S("error", err.text));
		(void)snprintf(crew->last_cause, sizeof(crew->last_cause),
			       "no fork: %.40s", err.text);
		child_fork_failed(child, restart_died(&crew->restart, clock_mono_ms(), 0,
						      false, &m->rng));
		return 1;
	}
	atomic_store_explicit(&env.score->pid, got.pid, memory_order_relaxed);
	child_forked(child, got.pid, got.pidfd, got.fd, index, env.score);
	log_info("child.started", LOG_S("child_kind", child->kind->name),
		 LOG_N("child_slot", child->slot), LOG_N("child", got.pid),
		 LOG_S("incarnation", env.incarnation));
	return 1;
}

static int master_forks(struct master *m, int *exit_code)
{
	int i;

	for (i = 0; i < m->child_count; i++) {
		if (!m->due[i])
			continue;
		m->due[i] = false;
		if (!master_fork(m, &m->children[i], exit_code))
			return 0;
	}
	return 1;
}

/* The state that others see. */

static bool all_ready(const struct master *m, const struct kind *kind)
{
	int i;

	for (i = 0; i < m->child_count; i++)
		if (m->children[i].kind == kind && m->children[i].state != CHILD_READY &&
		    m->children[i].state != CHILD_QUIET &&
		    !(kind->flags & KIND_ON_DEMAND))
			return false;
	return true;
}

static bool all_ever_ready(const struct master *m)
{
	int i;

	for (i = 0; i < m->child_count; i++)
		if (!m->children[i].ever_ready &&
		    !(m->children[i].kind->flags & KIND_ON_DEMAND))
			return false;
	return true;
}

/* Why the host is degraded; "" when it is not. */
static void degraded_reason(const struct master *m, struct str *out)
{
	int i;

	for (i = 0; i < m->crew_count; i++) {
		const struct crew *crew = &m->crews[i];

		if (!crew->restart.degraded)
			continue;
		str_printf(
			out,
			"%s%s dies again and again: %lld deaths in the last %lld s, the "
			"last by %s",
			out->len ? "; " : "", crew->kind->name,
			(long long)restart_deaths(&crew->restart, clock_mono_ms()),
			(long long)(crew->restart.limits.window_ms / 1000),
			crew->last_cause);
	}
}

static void master_show(struct master *m, enum score_master_state state,
			const char *reason)
{
	enum score_master_state before = (enum score_master_state)atomic_load_explicit(
		&m->board->master_state, memory_order_relaxed);
	struct str status = STR_INIT;

	score_text_set(&m->board->reason, reason);
	if (state == before)
		return;
	atomic_store_explicit(&m->board->master_state, (int32_t)state,
			      memory_order_release);
	if (state == SCORE_MASTER_DEGRADED)
		log_error("master.degraded", LOG_S("reason", reason));
	else if (before == SCORE_MASTER_DEGRADED && state != SCORE_MASTER_DRAINING)
		log_info("master.recovered",
			 LOG_S("state", score_master_state_name(state)));
	str_printf(&status, "STATUS=%s%s%s", score_master_state_name(state),
		   reason[0] ? ": " : "", reason);
	sdnotify_send(&m->sd, str_text(&status));
	str_deinit(&status);
}

static void master_review(struct master *m)
{
	struct str reason = STR_INIT;

	if (m->draining.active) {
		master_show(m, SCORE_MASTER_DRAINING, m->draining.reason);
		return;
	}
	if (!m->ready && all_ever_ready(m)) {
		m->ready = true;
		log_info("master.ready", LOG_N("children", m->child_count));
		sdnotify_send(&m->sd, "READY=1");
	}
	degraded_reason(m, &reason);
	if (reason.len)
		master_show(m, SCORE_MASTER_DEGRADED, str_text(&reason));
	else
		master_show(m, m->ready ? SCORE_MASTER_RUNNING : SCORE_MASTER_STARTING,
			    "");
	str_deinit(&reason);
}

/* Callbacks of the loop. */

static bool any_fresh_pulse(const struct master *m, int64_t now_mono_ms)
{
	int i, seen = 0;

	for (i = 0; i < m->child_count; i++) {
		const struct score_slot *score = m->children[i].score;

		if (!score)
			continue;
		seen++;
		if (now_mono_ms - atomic_load_explicit(&score->pulse_mono_ms,
						       memory_order_relaxed) <=
		    m->conf->queue.pulse_stale_ms)
			return true;
	}
	return seen == 0; /* nobody there is not the same as all of them stuck */
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct master *m = w->data;
	int64_t now_mono_ms = clock_mono_ms();
	bool late = now_mono_ms - m->last_tick_mono_ms > TICK_MS + TICK_LATE_MS;
	int i;

	(void)loop;
	(void)revents;
	if (late)
		log_warn("master.tick_late",
			 LOG_N("late_ms", now_mono_ms - m->last_tick_mono_ms - TICK_MS));
	m->last_tick_mono_ms = now_mono_ms;
	atomic_store_explicit(&m->board->master_pulse_mono_ms, now_mono_ms,
			      memory_order_relaxed);
	for (i = 0; i < m->child_count; i++) {
		if (late)
			m->children[i].watch_from_mono_ms = now_mono_ms;
		child_check_pulse(&m->children[i], now_mono_ms,
				  m->conf->queue.pulse_stale_ms);
	}
	for (i = 0; i < m->crew_count; i++)
		restart_review(&m->crews[i].restart, now_mono_ms,
			       all_ready(m, m->crews[i].kind));
	if (any_fresh_pulse(m, now_mono_ms))
		sdnotify_tick(&m->sd, now_mono_ms);
}

static void master_stop(struct master *m, const char *name, bool fast)
{
	int64_t total_ms = m->conf->drain.deadline_ms;

	if (m->draining.active) {
		/* the second TERM makes it fast, the second INT takes the grace away */
		bool at_once = fast && m->draining.fast;

		m->draining.fast = true;
		log_info("master.hurry", LOG_S("signal", name),
			 LOG_N("wait_ms", at_once ? 0 : DRAINING_FAST_MS));
		draining_hurry(&m->draining, at_once ? 0 : DRAINING_FAST_MS);
		return;
	}
	m->draining.fast = fast;
	if (fast && total_ms > DRAINING_FAST_MS)
		total_ms = DRAINING_FAST_MS;
	log_info("master.draining", LOG_S("signal", name), LOG_N("wait_ms", total_ms));
	sdnotify_send(&m->sd, "STOPPING=1");
	draining_start(&m->draining, fast ? "stop_fast" : "stop", total_ms);
}

static void on_stop_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	char name[16];

	(void)loop;
	(void)revents;
	(void)snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(w->signum));
	master_stop(w->data, name, w->signum != SIGTERM);
}

static void on_later_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	char name[16];

	(void)loop;
	(void)revents;
	(void)snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(w->signum));
	log_info("signal.ignored", LOG_S("signal", name));
}

/* Setting up and leaving. */

static void watchers_start(struct master *m)
{
	size_t i;

	for (i = 0; i < NSTOP; i++) {
		ev_signal_init(&m->stop[i], on_stop_signal, stop_signals[i]);
		m->stop[i].data = m;
		ev_signal_start(m->loop, &m->stop[i]);
	}
	for (i = 0; i < NLATER; i++) {
		ev_signal_init(&m->later[i], on_later_signal, later_signals[i]);
		m->later[i].data = m;
		ev_signal_start(m->loop, &m->later[i]);
	}
	m->last_tick_mono_ms = clock_mono_ms();
	ev_timer_init(&m->tick, on_tick, TICK_MS / 1000.0, TICK_MS / 1000.0);
	m->tick.data = m;
	ev_timer_start(m->loop, &m->tick);
}

/*
 * In a child (keep is what it goes on with) or at the master's end (keep is NULL). The
 * loop is only destroyed: that closes the descriptors of this process and leaves the
 * epoll set, which a child shares, as it is.
 */
static void master_drop(void *arg, const struct child_env *keep)
{
	struct master *m = arg;
	size_t s;
	int i;

	if (m->loop) {
		for (i = 0; i < m->child_count; i++)
			child_deinit(&m->children[i]);
		for (s = 0; s < NSTOP; s++)
			ev_signal_stop(m->loop, &m->stop[s]);
		for (s = 0; s < NLATER; s++)
			ev_signal_stop(m->loop, &m->later[s]);
		ev_timer_stop(m->loop, &m->tick);
		draining_deinit(&m->draining);
		ev_loop_destroy(m->loop);
	}
	for (i = 0; i < m->crew_count; i++)
		restart_deinit(&m->crews[i].restart);
	mem_free(m->crews);
	mem_free(m->children);
	mem_free(m->due);
	sdnotify_close(&m->sd);
	host_id_release(&m->host);
	fdutil_close(&m->run_dir_fd);
	if (!keep || keep->api_listen_fd < 0)
		fdutil_close(&m->api_listen_fd);
	if (!keep || keep->health_listen_fd < 0)
		fdutil_close(&m->health_listen_fd);
	if (!keep)
		scoreboard_close(m->board);
	mem_free(m);
}

/* pidfds and waiting for them came with Linux 5.4. */
static int kernel_check(struct err *err)
{
	struct reaper_death death;
	int fd = -1, rc;

	rc = reaper_open(getpid(), &fd, err);
	if (rc < 0)
		return err_wrap(err, "this kernel is older than 5.4");
	rc = reaper_collect(fd, &death, err);
	fdutil_close(&fd);
	if (rc < 0 && err->sys_errno != ECHILD) /* we are no child of ours */
		return err_wrap(err, "this kernel is older than 5.4");
	return 0;
}

static int run_dir_take(struct master *m, struct err *err)
{
	const char *path = m->conf->run_dir;

	m->run_dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->run_dir_fd < 0)
		return err_errno(err, "open %s", path);
	if (flock(m->run_dir_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_errno(err, "lock %s", path);
	return err_set(err, ERR_CONFLICT,
		       "another synapsed master is running with run_dir %s", path);
}

/* The kinds that this host runs, and a seat for each of their processes. */
static int crews_make(struct master *m, struct err *err)
{
	const struct kind *kind;
	int rows = 0, seats = 0, n, i, j;

	for (kind = m->opts->kinds; kind->name; kind++)
		rows++;
	m->crews = mem_new_n(struct crew, rows + 1);
	for (kind = m->opts->kinds; kind->name; kind++) {
		n = kind->processes(m->conf);
		if (n <= 0)
			continue;
		/* by order; a stable insertion keeps the table's order among equals */
		for (i = m->crew_count;
		     i > 0 && m->crews[i - 1].kind->order > kind->order; i--)
			m->crews[i] = m->crews[i - 1];
		m->crews[i] = (struct crew){ .kind = kind, .processes = n };
		m->crew_count++;
		seats += n;
		if (seats > SEATS_MAX)
			return err_set(
				err, ERR_LIMIT,
				"%d processes or more are configured, at most %d are "
				"possible",
				seats, SEATS_MAX);
	}
	if (!seats)
		return err_set(err, ERR_INPUT,
			       "there is nothing to run with these roles");

	m->children = mem_new_n(struct child, seats);
	m->due = mem_new_n(bool, seats);
	for (i = 0; i < m->crew_count; i++) {
		struct crew *crew = &m->crews[i];

		restart_init(
			&crew->restart,
			&(struct restart_limits){
				.min_ms = m->conf->restart.min_ms,
				.max_ms = m->conf->restart.max_ms,
				.window_ms = m->conf->restart.window_ms,
				/* to halve a cohort takes that many deaths */
				.ceiling = m->conf->restart.ceiling *
					   (crew->kind->flags & KIND_ON_DEMAND ? 4 : 1),
				.processes = crew->processes,
			});
		for (j = 0; j < crew->processes; j++)
			child_init(&m->children[m->child_count++], m->loop, crew->kind, j,
				   &child_ops, m);
	}
	return 0;
}

static bool any_listens(const struct master *m, enum kind_flag flag)
{
	int i;

	for (i = 0; i < m->crew_count; i++)
		if (m->crews[i].kind->flags & flag)
			return true;
	return false;
}

static int sockets_open(struct master *m, struct err *err)
{
	struct listener_inherited inherited;
	int rc;

	rc = listener_inherit(&inherited, err);
	if (rc < 0)
		return rc;
	if (any_listens(m, KIND_LISTENS_API))
		rc = listener_open(&m->conf->api.listen, "api.listen", &inherited,
				   &m->api_listen_fd, err);
	if (rc == 0 && any_listens(m, KIND_LISTENS_HEALTH))
		rc = listener_open(&m->conf->worker.health_listen, "worker.health_listen",
				   &inherited, &m->health_listen_fd, err);
	listener_drop(&inherited);
	return rc;
}

static int master_setup(struct master *m, struct err *err)
{
	const struct conf *conf = m->conf;
	int rc;

	rc = sdnotify_open(&m->sd, err);
	if (rc < 0)
		return rc;
	rc = kernel_check(err);
	if (rc < 0)
		return rc;
	rc = fdutil_mkdirs(conf->data_dir, 0750, err);
	if (rc < 0)
		return err_wrap(err, "data_dir");
	rc = fdutil_mkdirs(conf->run_dir, 0755, err);
	if (rc < 0)
		return err_wrap(err, "run_dir");
	rc = host_id_take(conf->data_dir, conf->worker.name, &m->host, err);
	if (rc < 0)
		return rc;
	rc = run_dir_take(m, err);
	if (rc < 0)
		return rc;

	m->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (!m->loop)
		return err_set(err, ERR_SYS, "there is no event loop on this system");
	rc = crews_make(m, err);
	if (rc < 0)
		return rc;
	rc = sockets_open(m, err);
	if (rc < 0)
		return rc;
	rc = scoreboard_create(conf->run_dir, m->host.name, m->opts->version, &m->board,
			       err);
	if (rc < 0)
		return rc;
	obits_init(&m->obits, m->board);
	draining_init(&m->draining, m->loop, m->children, m->child_count);
	rng_seed(&m->rng, rng_u64());
	return 0;
}

static int setup_exit_code(const struct err *err)
{
	switch (err->code) {
	case ERR_CONFLICT:
		return EXIT_CODE_REFUSED;
	case ERR_INPUT:
	case ERR_LIMIT:
		return EXIT_CODE_USAGE;
	default:
		return EXIT_CODE_FAILED;
	}
}

int master_run(const struct conf *conf, const struct master_opts *opts)
{
	struct master *m = mem_new(struct master);
	struct err err = { .code = 0 };
	int exit_code = EXIT_CODE_OK, i;

	log_identity("master", -1, -1);
	FAULT_OPEN();
	FAULT_PROCESS("master");
	m->conf = conf;
	m->opts = opts;
	m->run_dir_fd = m->api_listen_fd = m->health_listen_fd = -1;
	m->host.fd = m->sd.fd = -1;
	if (opts->argc > 0) {
		title_init(opts->argc, opts->argv);
		title_set("master");
	}
	/*
	 * an ignored SIGCHLD, inherited from whoever started us, would reap our children
	 */
	(void)signal(SIGCHLD, SIG_DFL); /* legal signals: cannot fail */
	(void)signal(SIGPIPE, SIG_IGN);

	if (master_setup(m, &err) < 0) {
		log_error("master.refused", LOG_S("error", err.text));
		exit_code = setup_exit_code(&err);
		goto out;
	}
	watchers_start(m);
	log_info("master.started", LOG_S("host", m->host.name),
		 LOG_S("version", opts->version), LOG_S("data_dir", conf->data_dir),
		 LOG_S("run_dir", conf->run_dir), LOG_N("children", m->child_count));

	for (i = 0; i < m->child_count; i++)
		if (!(m->children[i].kind->flags & KIND_ON_DEMAND))
			child_start(&m->children[i]);
	for (;;) {
		if (!master_forks(m, &exit_code))
			return exit_code; /* a child that is done; m is gone there */
		master_review(m);
		if (draining_advance(&m->draining, keeper_of(m) ? m->obits.waiting : 0))
			break;
		ev_run(m->loop, EVRUN_ONCE);
		obits_tell(&m->obits, keeper_of(m));
	}
	if (m->obits.waiting)
		log_warn("obituary.left", LOG_N("deaths", m->obits.waiting),
			 LOG_S("what", "the keepers of other hosts will settle them"));
	atomic_store_explicit(&m->board->master_state, SCORE_MASTER_STOPPED,
			      memory_order_release);
	log_info("master.stopped",
		 LOG_N("uptime_ms", clock_wall_ms() - m->board->started_at_ms));
out:
	master_drop(m, NULL);
	return exit_code;
}
