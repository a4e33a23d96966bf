/* test_queue_job.c - one entry of the queue, and its packed form */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "queue/queue_job.h"

#define TEXT(t)                                                                          \
	(struct queue_text)                                                              \
	{                                                                                \
		(t), sizeof(t) - 1                                                       \
	}

static struct queue_job sample(void)
{
	return (struct queue_job){
		.kind = QUEUE_JOB_CHAT,
		.priority = -3,
		.enqueue_at_ms = 1763940000123,
		.wake = 4000000000,
		.attempt = 2,
		.requeues = 19,
		.run = TEXT("run_0123456789ab_1763940000000"),
		.tenant = TEXT("acme%20corp"),
		.lane = TEXT("0badcafe"),
		.from = TEXT("worker-1-0.deadbeef"),
		.cohort = TEXT("c1"),
		.payload = TEXT("{\"a\":\0001}"),
	};
}

static void assert_text(struct queue_text a, struct queue_text b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
}

static void a_job_comes_back_as_it_was(void **state)
{
	struct queue_job job = sample(), back;
	struct str packed = STR_INIT, rest = STR_INIT, id = STR_INIT;

	(void)state;
	queue_job_pack(&job, &packed);
	assert_int_equal(queue_job_unpack(packed.data, packed.len, &back, NULL), 0);
	assert_int_equal(back.kind, job.kind);
	assert_int_equal(back.priority, -3);
	assert_int_equal(back.enqueue_at_ms, job.enqueue_at_ms);
	assert_int_equal(back.wake, 4000000000);
	assert_int_equal(back.attempt, 2);
	assert_int_equal(back.requeues, 19);
	assert_text(back.run, job.run);
	assert_text(back.tenant, job.tenant);
	assert_text(back.lane, job.lane);
	assert_text(back.from, job.from);
	assert_text(back.cohort, job.cohort);
	assert_text(back.payload, job.payload);

	/* what enqueue.lua puts before the rest: version and moment */
	queue_job_pack_rest(&job, &rest);
	assert_int_equal(rest.len + 9, packed.len);
	assert_memory_equal(rest.data, packed.data + 9, rest.len);
	assert_int_equal(packed.data[0], 1);

	queue_job_id(&job, &id);
	assert_string_equal(str_text(&id), "run_0123456789ab_1763940000000:4000000000");
	str_deinit(&packed);
	str_deinit(&rest);
	str_deinit(&id);
}

static void the_head_stands_where_scripts_look_for_it(void **state)
{
	/* '<Bi8BbI4I4I4BBHHHI4' of lua/handback.lua */
	static const unsigned char head[] = {
		1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 0xff, 3, 0, 0, 0, 4, 0, 0,
		0, 5, 0, 0, 0, 1, 0, 1, 0, 0, 0,    1, 0, 0, 1, 0, 0,
	};
	struct queue_job job = { .kind = QUEUE_JOB_RUN,
				 .priority = -1,
				 .enqueue_at_ms = 0x102,
				 .wake = 3,
				 .attempt = 4,
				 .requeues = 5,
				 .run = TEXT("r"),
				 .tenant = TEXT("t"),
				 .lane = TEXT("-") };
	static char payload[256];
	struct str packed = STR_INIT;

	(void)state;
	job.payload = (struct queue_text){ payload, sizeof(payload) };
	queue_job_pack(&job, &packed);
	assert_int_equal(packed.len, 35 + 3 + 256);
	assert_memory_equal(packed.data, head, sizeof(head));
	assert_memory_equal(packed.data + 35, "-tr", 3);
	str_deinit(&packed);
}

static void fields_out_of_bounds_are_named(void **state)
{
	static char large[QUEUE_PAYLOAD_MAX + 1];
	struct queue_job job;
	struct err err;

	(void)state;
	job = sample();
	assert_int_equal(queue_job_check(&job, &err), 0);
#define REFUSED(change, word)                                                            \
	do {                                                                             \
		job = sample();                                                          \
		change;                                                                  \
		assert_int_equal(queue_job_check(&job, &err), ERR_INPUT);                \
		assert_non_null(strstr(err.text, word));                                 \
	} while (0)
	REFUSED(job.kind = 0, "kind");
	REFUSED(job.kind = 3, "kind");
	REFUSED(job.priority = 11, "priority");
	REFUSED(job.priority = -11, "priority");
	REFUSED(job.enqueue_at_ms = -1, "1970");
	REFUSED(job.wake = 0, "wake");
	REFUSED(job.attempt = 0, "attempt");
	REFUSED(job.run.len = 0, "run id");
	REFUSED((job.run = (struct queue_text){ large, 513 }), "run id");
	REFUSED((job.tenant = TEXT("a b")), "tenant");
	REFUSED((job.tenant = TEXT("")), "tenant");
	REFUSED((job.lane = TEXT("default")), "lane");
	REFUSED((job.lane = TEXT("0BADCAFE")), "lane");
	REFUSED((job.from = (struct queue_text){ large, 256 }), "from");
	REFUSED((job.cohort = (struct queue_text){ large, 65 }), "cohort");
	REFUSED((job.payload = (struct queue_text){ large, sizeof(large) }), "payload");
#undef REFUSED
}

static void junk_is_refused_and_nothing_is_set(void **state)
{
	struct queue_job job = sample(), back = { .wake = 77 };
	struct str packed = STR_INIT;
	struct err err;

	(void)state;
	queue_job_pack(&job, &packed);
	assert_int_equal(queue_job_unpack("", 0, &back, &err), ERR_INPUT);
	for (size_t len = 0; len < packed.len; len++) /* cut anywhere */
		assert_int_equal(queue_job_unpack(packed.data, len, &back, &err),
				 ERR_INPUT);
	str_add_char(&packed, 'x'); /* a byte too many */
	assert_int_equal(queue_job_unpack(packed.data, packed.len, &back, &err),
			 ERR_INPUT);
	packed.data[0] = 2;
	assert_int_equal(queue_job_unpack(packed.data, packed.len - 1, &back, &err),
			 ERR_INPUT);
	assert_non_null(strstr(err.text, "version 2"));
	assert_int_equal(queue_job_unpack("\200\004K\001.", 5, &back, &err), ERR_INPUT);
	assert_int_equal(back.wake, 77);
	str_deinit(&packed);
}

static void changed_bytes_never_reach_outside(void **state)
{
	struct queue_job job = sample(), back;
	struct str packed = STR_INIT;
	struct rng rng;
	int taken = 0;

	(void)state;
	rng_seed(&rng, 7);
	queue_job_pack(&job, &packed);
	for (int round = 0; round < 50000; round++) {
		char *bytes =
			mem_dup_n(packed.data, packed.len); /* its own: ASan sees ends */

		for (uint64_t n = 1 + rng_below(&rng, 3); n > 0; n--)
			bytes[rng_below(&rng, 40)] = (char)rng_next(&rng);
		if (queue_job_unpack(bytes, packed.len, &back, NULL) == 0) {
			const char *end = bytes + packed.len;

			taken++;
			assert_true(back.payload.data + back.payload.len == end);
			assert_true(back.run.data >= bytes &&
				    back.run.data + back.run.len <= end);
		}
		mem_free(bytes);
	}
	assert_true(taken > 100);
	str_deinit(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_comes_back_as_it_was),
		cmocka_unit_test(the_head_stands_where_scripts_look_for_it),
		cmocka_unit_test(fields_out_of_bounds_are_named),
		cmocka_unit_test(junk_is_refused_and_nothing_is_set),
		cmocka_unit_test(changed_bytes_never_reach_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
