/*
 * forks.c - processes for the seats that want one
 *
 * A seat says that a process is due from within a callback; the fork itself comes between
 * two turns of the loop, so that a child returns from here up to main() over no frame of
 * libev. A seat in force gets the configuration in force, whatever it was when the seat
 * was made; a candidate gets that of its own generation.
 */
#include "master/forks.h"

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/house.h"
#include "master/master.h"
#include "master/seat_ops.h"
#include "master/spawn.h"
#include "master/title.h"

#include <stdio.h>
#include <string.h>

static void env_fill(struct master *m, const struct seat *seat, int index,
		     struct child_env *env)
{
	bool candidate = seat->role == SEAT_CANDIDATE;
	const struct child *child = &seat->child;
	const struct kind *kind = child->kind;
	int processes =
		candidate ? kind->processes(m->reload.conf) : seat->crew->processes;

	memset(env, 0, sizeof(*env));
	env->conf = candidate ? m->reload.conf : m->conf;
	env->inputs = m->opts->inputs;
	env->board = m->board;
	env->board_before = m->board_before;
	env->score = &m->board->slots[index];
	env->master_fd = -1;
	env->slot = child->slot;
	env->generation = candidate ? m->reload.generation
				    : atomic_load_explicit(&m->board->generation,
							   memory_order_relaxed);
	env->drain_deadline_ms = env->conf->drain.deadline_ms;
	env->api_listen_fd = env->health_listen_fd = -1;
	if (kind->flags & KIND_LISTENS_API)
		env->api_listen_fd = candidate && m->reload.api_listen_fd >= 0
					     ? m->reload.api_listen_fd
					     : m->api_listen_fd;
	if (kind->flags & KIND_LISTENS_HEALTH)
		env->health_listen_fd = candidate && m->reload.health_listen_fd >= 0
						? m->reload.health_listen_fd
						: m->health_listen_fd;
	(void)snprintf(env->host_name, sizeof(env->host_name), "%s", m->host.name);
	env->candidate = candidate;
	env->beside = candidate || (m->upgrade.successor && !m->upgrade.over);
	env->title = title_set;
	env->quarantine = kind->flags & KIND_ON_DEMAND;
	if (env->quarantine)
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s-%.20s",
			       m->host.name, kind->name);
	else if (!(kind->flags & KIND_HOLDS_JOBS))
		(void)snprintf(env->row_name, sizeof(env->row_name), "%s-%.20s-%d",
			       m->host.name, kind->name, child->slot);
	else if (processes == 1 && (!kind->most || kind->most(env->conf) == 1))
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

static void on_drop(void *arg, const struct child_env *keep)
{
	house_drop(arg, keep);
}

/* 1 in the master, whatever became of the fork; 0 in a child that is done. */
static int forks_one(struct master *m, struct seat *seat, int *exit_code)
{
	struct child *child = &seat->child;
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
		env_fill(m, seat, index, &env);
		score_fill(child, &env);
		rc = spawn_fork(&(struct spawn_plan){ .kind = child->kind,
						      .env = &env,
						      .drop = on_drop,
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
		child_fork_failed(child, seat_ops_no_fork(m, seat, err.text));
		return 1;
	}
	atomic_store_explicit(&env.score->pid, got.pid, memory_order_relaxed);
	child_forked(child, got.pid, got.pidfd, got.fd, index, env.score);
	log_info("child.started", LOG_S("child_kind", child->kind->name),
		 LOG_N("child_slot", child->slot), LOG_N("child", got.pid),
		 LOG_N("child_generation", env.generation),
		 LOG_S("incarnation", env.incarnation));
	return 1;
}

int forks_due(struct master *m, int *exit_code)
{
	struct seat *seat;

	CREWS_EACH(&m->crews, seat)
	{
		if (!seat->due)
			continue;
		seat->due = false;
		if (!forks_one(m, seat, exit_code))
			return 0;
	}
	return 1;
}
