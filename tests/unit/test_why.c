/* test_why.c - the one reason why a run does not go on */
#include "api/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct store_why queued = {
	.status = "queued",
	.tenant_id = "acme",
	.queue = "default",
	.lane = "-",
	.wake = 1,
	.online = 2,
	.capable = 2,
	.room = 5,
};
static const struct queue_why ready = {
	.place = QUEUE_PLACE_READY,
	.ahead = 3,
	.open = true,
	.waiting = 9,
	.tenants = 2,
};

static void is(const struct store_why *run, const struct queue_why *place,
	       const char *code, const char *text)
{
	struct why_reason reason;

	why_decide(run, place, &reason);
	assert_string_equal(reason.code, code);
	if (text)
		assert_string_equal(reason.text, text);
}

static void what_is_not_queued_says_so(void **state)
{
	struct store_why run = queued;

	(void)state;
	run.status = "running";
	run.worker_id = "w-1";
	is(&run, NULL, "running", "w-1 executes it");
	assert_false(why_needs_place(&run));
	run.status = "paused";
	run.current_step_id = "s";
	is(&run, NULL, "waits_for_person", "it waits for a person at step s");
	run.status = "failed";
	is(&run, NULL, "ended", "it has ended: failed");
	run = queued;
	run.wake = 0;
	is(&run, &ready, "not_taken_in", NULL);
	assert_true(why_needs_place(&queued));
}

static void the_first_obstacle_is_the_reason(void **state)
{
	struct store_why run = queued;
	struct queue_why place = ready;

	(void)state;
	/* everything is in its way; one after the other is taken away */
	run.cancelling = run.early = run.paused = true;
	run.run_at = "2026-06-01 12:00:00+00";
	run.paused_reason = "upkeep";
	run.online = run.capable = run.room = 0;
	place.open = false;
	place.running = place.running_max = 4;
	is(&run, &place, "cancelling", NULL);
	run.cancelling = false;
	is(&run, &place, "not_due",
	   "it is not to begin before 2026-06-01 12:00:00+00:00");
	run.early = false;
	is(&run, &place, "queue_paused", "queue default is paused: upkeep");
	run.paused_reason = "";
	is(&run, &place, "queue_paused", "queue default is paused");
	run.paused = false;
	is(&run, NULL, "redis_unavailable", NULL);
	is(&run, &place, "queue_recovering", NULL);
	place.open = true;
	is(&run, &place, "no_worker", NULL);
	run.online = 2;
	run.lane = "0123abcd";
	is(&run, &place, "no_capable_worker",
	   "2 workers are online and none takes lane 0123abcd");
	run.capable = 1;
	is(&run, &place, "tenant_limit",
	   "tenant acme executes 4 runs, which is as many as it may");
	place.running_max = 0;
	is(&run, &place, "workers_full", NULL);
	run.room = 1;
	is(&run, &place, "position",
	   "3 of its tenant are before it; 9 wait in the queue, of 2 tenants in turn");
}

static void where_an_entry_is_tells_more(void **state)
{
	static const struct {
		enum queue_place place;
		const char *code;
	} rows[] = {
		{ QUEUE_PLACE_NONE, "entry_missing" },
		{ QUEUE_PLACE_HELD, "claimed" },
		{ QUEUE_PLACE_DELAYED, "not_due" },
		{ QUEUE_PLACE_QUARANTINE, "quarantined" },
	};
	struct queue_why place = ready;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		place.place = rows[i].place;
		is(&queued, &place, rows[i].code, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_queued_says_so),
		cmocka_unit_test(the_first_obstacle_is_the_reason),
		cmocka_unit_test(where_an_entry_is_tells_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
