/* test_crews.c - the kinds that this host runs, and a seat for each of their processes */
#include "master/crews.h"

#include "conf/conf.h"
#include "ipc/kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int started, retired;

static void on_start(struct child *child)
{
	(void)child;
	started++;
}

static void on_retired(struct child *child)
{
	(void)child;
	retired++;
}

static const struct child_ops ops = { .start = on_start, .retired = on_retired };

static int one(const struct conf *conf)
{
	(void)conf;
	return 1;
}

static int none(const struct conf *conf)
{
	(void)conf;
	return 0;
}

static int as_configured(const struct conf *conf)
{
	return (int)conf->worker.processes.n;
}

/* In no order. */
static const struct kind kinds[] = {
	{ .name = "api", .processes = one, .order = 4 },
	{ .name = "worker",
	  .processes = as_configured,
	  .order = 3,
	  .flags = KIND_HOLDS_JOBS | KIND_SCALES },
	{ .name = "lane", .processes = one, .order = 3, .flags = KIND_ON_DEMAND },
	{ .name = "idle", .processes = none, .order = 2 },
	{ .name = "keeper",
	  .processes = one,
	  .order = 1,
	  .flags = KIND_TAKES_OBITUARIES },
	{ .name = NULL },
};
static const struct kind no_kinds[] = { { .name = "idle", .processes = none },
					{ .name = NULL } };

struct bench {
	struct ev_loop *loop;
	struct conf conf;
	struct crews crews;
};

static int set_up(void **state)
{
	static struct bench bench;

	memset(&bench, 0, sizeof(bench));
	bench.loop = ev_loop_new(EVFLAG_AUTO);
	bench.conf.worker.processes.n = 2;
	bench.conf.restart = (typeof(bench.conf.restart)){
		.min_ms = 10, .max_ms = 100, .window_ms = 1000, .ceiling = 3
	};
	crews_init(&bench.crews, bench.loop, &ops, &bench);
	started = retired = 0;
	*state = &bench;
	return bench.loop ? 0 : -1;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	crews_deinit(&bench->crews);
	ev_loop_destroy(bench->loop);
	return 0;
}

static struct crew *crew_of(struct bench *bench, const char *name)
{
	for (int i = 0; i < bench->crews.count; i++)
		if (strcmp(bench->crews.rows[i].kind->name, name) == 0)
			return &bench->crews.rows[i];
	fail_msg("no %s", name);
	return NULL;
}

static void made(struct bench *bench)
{
	assert_int_equal(crews_make(&bench->crews, kinds, &bench->conf, NULL), 0);
}

static void rows_are_in_the_order_of_the_start_and_none_is_idle(void **state)
{
	struct bench *bench = *state;
	static const char *const want[] = { "keeper", "worker", "worker", "lane", "api" };
	struct seat *seat;
	int i = 0;

	made(bench);
	assert_int_equal(bench->crews.count, 4);
	CREWS_EACH(&bench->crews, seat)
	{
		assert_string_equal(seat->crew->kind->name, want[i++]);
		assert_int_equal(seat->role, SEAT_IN_FORCE);
		assert_int_equal(seat->child.state, CHILD_RETIRED);
	}
	assert_int_equal(i, 5);
	/* halving a cohort takes many deaths, and all of them are as they should be */
	assert_int_equal(crew_of(bench, "lane")->restart.limits.ceiling, 12);
	assert_int_equal(crew_of(bench, "worker")->restart.limits.ceiling, 3);
}

static void nothing_and_too_much_are_refused(void **state)
{
	struct bench *bench = *state;
	struct err err;

	assert_int_equal(crews_make(&bench->crews, no_kinds, &bench->conf, &err),
			 ERR_INPUT);
	crews_deinit(&bench->crews);
	crews_init(&bench->crews, bench->loop, &ops, bench);
	made(bench);
	bench->conf.worker.processes.n = CREWS_SEATS_MAX - 3;
	assert_int_equal(crews_check(&bench->crews, &bench->conf, &err), 0);
	bench->conf.worker.processes.n++;
	assert_int_equal(crews_check(&bench->crews, &bench->conf, &err), ERR_LIMIT);
}

static void what_is_known_of_deaths_lasts_while_the_limits_do(void **state)
{
	struct bench *bench = *state;
	struct crew *crew;
	struct rng rng;

	made(bench);
	rng_seed(&rng, 1);
	crew = crew_of(bench, "worker");
	(void)restart_died(&crew->restart, 1000, 1, false, &rng);
	crews_limit(crew, &bench->conf, 2);
	assert_int_equal(restart_deaths(&crew->restart, 1000), 1);
	crews_limit(crew, &bench->conf, 3);
	assert_int_equal(crew->processes, 3);
	assert_int_equal(restart_deaths(&crew->restart, 1000), 0);
}

static void seats_are_found_by_slot_and_role(void **state)
{
	struct bench *bench = *state;
	struct crew *crew;
	struct seat *candidate;

	made(bench);
	crew = crews_scaled(&bench->crews);
	assert_string_equal(crew->kind->name, "worker");
	assert_int_equal(crews_seat(&bench->crews, crew, 1)->child.slot, 1);
	assert_null(crews_seat(&bench->crews, crew, 2));
	candidate = crews_seat_add(&bench->crews, crew, 2, SEAT_CANDIDATE);
	assert_null(crews_seat(&bench->crews, crew, 2)); /* not in force yet */
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_IN_FORCE), 2);
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_CANDIDATE), 1);
	assert_ptr_equal(crews_seat_of(&candidate->child), candidate);
	candidate->role = SEAT_IN_FORCE;
	assert_ptr_equal(crews_seat(&bench->crews, crew, 2), candidate);
}

static void who_leaves_for_good_is_freed_between_two_turns(void **state)
{
	struct bench *bench = *state;
	struct crew *crew;
	struct seat *seat;

	made(bench);
	crew = crew_of(bench, "worker");
	seat = crews_seat(&bench->crews, crew, 1);
	child_start(&seat->child);
	assert_int_equal(started, 1);
	crews_sweep(&bench->crews); /* in force: it stays whatever its state is */
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_IN_FORCE), 2);
	crews_seat_leave(seat, "test", 1000); /* no process yet: retired at once */
	assert_int_equal(retired, 1);
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_LEAVING), 1);
	crews_sweep(&bench->crews);
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_LEAVING), 0);
	assert_int_equal(crews_count(&bench->crews, crew, SEAT_IN_FORCE), 1);
}

static void the_keeper_in_force_is_asked_if_it_is_ready(void **state)
{
	struct bench *bench = *state;
	struct crew *crew;
	struct seat *old, *next;

	made(bench);
	crew = crew_of(bench, "keeper");
	old = crews_seat(&bench->crews, crew, 0);
	next = crews_seat_add(&bench->crews, crew, 0, SEAT_CANDIDATE);
	old->child.state = next->child.state = CHILD_READY;
	assert_ptr_equal(crews_keeper(&bench->crews), &old->child);
	/* put in force: the old one settles deaths until the new one can */
	old->role = SEAT_LEAVING;
	next->role = SEAT_IN_FORCE;
	next->child.state = CHILD_STARTING;
	assert_ptr_equal(crews_keeper(&bench->crews), &old->child);
	next->child.state = CHILD_READY;
	assert_ptr_equal(crews_keeper(&bench->crews), &next->child);
	old->child.state = next->child.state = CHILD_RETIRED;
}

static void ready_is_who_counts(void **state)
{
	struct bench *bench = *state;
	struct crew *worker;
	struct seat *seat;

	made(bench);
	worker = crew_of(bench, "worker");
	assert_false(crews_all_ready(&bench->crews, worker));
	CREWS_EACH(&bench->crews, seat)
	{
		if (!(seat->crew->kind->flags & KIND_ON_DEMAND)) {
			seat->child.state = CHILD_READY;
			seat->child.ever_ready = true;
		}
	}
	/* the lane's worker is not there, and nobody waits for it */
	assert_true(crews_all_ready(&bench->crews, crew_of(bench, "lane")));
	assert_true(crews_all_ever_ready(&bench->crews));
	seat = crews_seat(&bench->crews, worker, 1);
	seat->child.state = CHILD_QUIET;
	assert_true(crews_all_ready(&bench->crews, worker));
	seat->child.state = CHILD_BACKOFF;
	assert_false(crews_all_ready(&bench->crews, worker));
	assert_true(crews_all_ever_ready(&bench->crews)); /* it was, once */
	/* a candidate is no part of it */
	(void)crews_seat_add(&bench->crews, worker, 0, SEAT_CANDIDATE);
	seat->child.state = CHILD_READY;
	assert_true(crews_all_ready(&bench->crews, worker));
	CREWS_EACH(&bench->crews, seat)
	{
		seat->child.state = CHILD_RETIRED;
	}
}

#define WITH_BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(rows_are_in_the_order_of_the_start_and_none_is_idle),
		WITH_BENCH(nothing_and_too_much_are_refused),
		WITH_BENCH(what_is_known_of_deaths_lasts_while_the_limits_do),
		WITH_BENCH(seats_are_found_by_slot_and_role),
		WITH_BENCH(who_leaves_for_good_is_freed_between_two_turns),
		WITH_BENCH(the_keeper_in_force_is_asked_if_it_is_ready),
		WITH_BENCH(ready_is_who_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
