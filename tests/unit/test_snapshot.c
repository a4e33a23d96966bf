/* test_snapshot.c - a journal from a snapshot on says what the whole journal says */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/snapshot.h"

#include "base/err.h"
#include "base/rng.h"
#include "engine/engine.h"
#include "memory_host.h"
#include "nest_fixture.h"
#include "run/definition.h"

#include <stdio.h>
#include <string.h>

static void print(const struct fold_row *rows, size_t n, struct str *out)
{
	static const struct snapshot_clock clock;
	struct definition *definition = memory_definition(large);
	const struct fold_seed seed = {
		.definition = definition,
		.message = "hello",
		.message_len = 5,
		.state_max = 1000000,
	};
	struct fold fold;
	struct err err;

	if (fold_journal(&fold, &seed, rows, n, &err) < 0)
		(void)fprintf(stderr, "%s\n", err.text);
	else
		snapshot_print(&fold, &clock, out);
	assert_true(out->len > 0);
	fold_deinit(&fold);
	definition_unref(definition);
}

/* Rows before the newest snapshot of the first n, less one. */
static size_t before_snapshot(const struct memory_host *host, size_t n)
{
	for (; n > 0; n--)
		if (strcmp(host->journal[n - 1].kind, "snapshot") == 0)
			return n - 2;
	return 0;
}

static void same(const struct str *a, const struct str *b)
{
	const char *x = str_text(a), *y = str_text(b);
	size_t at = 0;

	while (x[at] && x[at] == y[at])
		at++;
	if (x[at] == y[at])
		return;
	at = at > 200 ? at - 200 : 0;
	(void)fprintf(stderr, "%.600s\nand\n%.600s\n", x + at, y + at);
	assert_true(false);
}

static void init(struct memory_host *host, uint32_t rows)
{
	struct engine_limits limits = ENGINE_LIMITS_DEFAULT;

	limits.snapshot_rows = rows;
	limits.parallel_max = 1 + rows % 3;
	memory_init(host, &limits);
	host->hold_calls = true;
}

static void run_to_the_end(struct memory_host *host, struct exec *exec, struct rng *rng)
{
	const struct llm_request *request;
	int call;

	(void)memory_pump(host);
	while (!host->ended) {
		call = (int)rng_below(rng, (uint64_t)host->calls_count);
		request = &host->calls[call]->request;
		memory_answer(host, call, FAIL_NONE,
			      request->messages[request->count - 1].text);
		(void)memory_pump(host);
	}
	exec_free(exec);
}

static void same_end(const struct memory_host *a, const struct memory_host *b)
{
	same(&a->final->state, &b->final->state);
	same(&a->final->history, &b->final->history);
	same(&a->final->response, &b->final->response);
	assert_int_equal(a->final->usage.calls, b->final->usage.calls);
}

static void go_on(struct memory_host *to, const struct memory_host *from, size_t n,
		  uint64_t epoch, struct rng *rng)
{
	size_t at = before_snapshot(from, n);

	init(to, 3);
	to->ids = (uint32_t)(10000 * epoch);
	memory_adopt(to, from->journal + at, n - at);
	run_to_the_end(to, memory_resume(to, large, NULL, epoch), rng);
}

/* n rows of the first are in, and all but the end of what the second added. */
static void continue_twice(const struct memory_host *host, size_t n, struct rng *rng)
{
	struct memory_host second, third;
	size_t had = n - before_snapshot(host, n);

	go_on(&second, host, n, 2, rng);
	same_end(&second, host);
	n = had + 1 + rng_below(rng, second.journal_count - had - 1);
	go_on(&third, &second, n, 3, rng);
	same_end(&third, host);
	memory_deinit(&third);
	memory_deinit(&second);
}

static void folds_from_a_snapshot_are_folds_of_all(void **state)
{
	struct str all = STR_INIT, rest = STR_INIT;
	struct memory_host host;
	struct rng rng;
	size_t n, from, compared = 0;
	int seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		rng_seed(&rng, (uint64_t)seed);
		init(&host, 2 + (uint32_t)(seed % 5));
		run_to_the_end(&host, memory_run(&host, large, NULL), &rng);
		for (n = 1; n <= host.journal_count; n++) {
			from = before_snapshot(&host, n);
			if (!from)
				continue;
			str_reset(&all, 65536);
			str_reset(&rest, 65536);
			print(host.journal, n, &all);
			print(host.journal + from, n - from, &rest);
			same(&all, &rest);
			compared++;
		}
		/* and it is gone on with from there, and again behind that */
		n = 5 + rng_below(&rng, host.journal_count - 5);
		continue_twice(&host, n, &rng);
		memory_deinit(&host);
	}
	assert_true(compared > 500);
	str_deinit(&all);
	str_deinit(&rest);
}

/* What a new attempt of the branch goes on from: it was there once. */
static int visits_of_b(const struct memory_host *host, size_t from,
		       struct definition *definition)
{
	const struct fold_seed seed = { .definition = definition,
					.message = "hello",
					.message_len = 5 };
	const struct fold_node *node;
	struct fold fold;
	struct err err;
	int visits;

	assert_int_equal(fold_journal(&fold, &seed, host->journal + from,
				      host->journal_count - from, &err),
			 0);
	node = fold_node_find(fold.root, "a#0", true);
	assert_int_equal(node->at, FOLD_FAILED);
	visits = node->visits[definition_step(definition, "b")->index];
	fold_deinit(&fold);
	return visits;
}

static void what_a_failed_branch_has_is_not_lost(void **state)
{
	static const char text[] =
		ORCH(PARALLEL("a", "[[\"b\"],[\"c\",\"d\",\"e\"]]", "") "," ECHO(
			"b", "B", "") "," ECHO("c", "C",
					       "") "," ECHO("d", "D",
							    "") "," ECHO("e", "E", ""));
	struct definition *definition = memory_definition(text);
	struct memory_host host;
	struct exec *exec;
	size_t snapshots;

	(void)state;
	init(&host, 1);
	host.engine->limits.parallel_max = 2;
	exec = memory_run(&host, text, NULL);
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_JOB, "no");
	(void)memory_pump(&host);
	snapshots = before_snapshot(&host, host.journal_count);
	memory_answer(&host, 0, FAIL_NONE, "c");
	(void)memory_pump(&host);
	memory_answer(&host, 0, FAIL_NONE, "d");
	(void)memory_pump(&host);
	/* none came behind the failure, */
	assert_int_equal(before_snapshot(&host, host.journal_count), snapshots);
	assert_int_equal(visits_of_b(&host, 0, definition), 1);
	exec_free(exec);
	/* until another owner takes one, of what it found */
	exec = memory_resume(&host, text, NULL, 2);
	(void)memory_pump(&host);
	assert_true(before_snapshot(&host, host.journal_count) > snapshots);
	assert_int_equal(visits_of_b(&host, before_snapshot(&host, host.journal_count),
				     definition),
			 1);
	exec_free(exec);
	definition_unref(definition);
	memory_deinit(&host);
}

static void the_time_that_was_spent_goes_on(void **state)
{
	static const char twice[] =
		ORCH(ECHO("a", "A", NEXT("b")) "," ECHO("b", "B", ""));
	struct memory_host host;
	struct definition *definition = memory_definition(twice);
	struct exec *exec;
	struct fold fold;
	struct err err;

	(void)state;
	init(&host, 2);
	exec = memory_run(&host, twice, NULL);
	(void)memory_pump(&host);
	(void)memory_wait(&host, 7000);
	memory_answer(&host, 0, FAIL_NONE, "x");
	(void)memory_pump(&host);
	assert_string_equal(host.journal[host.journal_count - 1].kind, "snapshot");
	(void)memory_wait(&host, 1000);
	memory_answer(&host, 0, FAIL_NONE, "x");
	(void)memory_pump(&host);
	assert_int_equal(memory_fold(&host, definition, NULL, &fold, &err), 0);
	assert_int_equal(fold.spent_ms, 8000);
	assert_true(fold.ended);
	fold_deinit(&fold);
	host.journal_count--; /* the end */
	assert_int_equal(fold_journal(&fold,
				      &(struct fold_seed){ .definition = definition,
							   .message = "hello",
							   .message_len = 5 },
				      host.journal + 1, host.journal_count - 1, &err),
			 0);
	assert_int_equal(fold.spent_ms, 7000);
	assert_int_equal(fold.rows, 3);
	fold_deinit(&fold);
	host.journal_count++;
	exec_free(exec);
	definition_unref(definition);
	memory_deinit(&host);
}

static void what_no_engine_wrote_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *say;
	} cases[] = {
		{ "", "snapshot" },
		{ "{\"v\":2}", "version 2" },
		{ "{\"v\":1,\"nodes\":[{\"path\":\"p#0\"}]}", "nothing began" },
		{ "{\"v\":1,\"nodes\":[{\"path\":\"\",\"at\":\"home\"}]}", "nowhere" },
		{ "{\"v\":1,\"nodes\":[{\"path\":\"\",\"at\":\"announced\"}]}",
		  "nowhere" },
		{ "{\"v\":1,\"nodes\":[{\"path\":\"\",\"at\":\"fresh\",\"history\":[[\"zz\"]]}]}",
		  "step that there is not" },
	};
	struct definition *definition = memory_definition(large);
	const struct fold_seed seed = { .definition = definition, .message = "" };
	struct fold fold;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fold_row row = {
			.seq = 9, .kind = "snapshot", .path = "", .delta = cases[i].text
		};

		assert_int_equal(fold_journal(&fold, &seed, &row, 1, &err), ERR_INPUT);
		assert_non_null(strstr(err.text, cases[i].say));
		fold_deinit(&fold);
	}
	definition_unref(definition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_from_a_snapshot_are_folds_of_all),
		cmocka_unit_test(what_a_failed_branch_has_is_not_lost),
		cmocka_unit_test(the_time_that_was_spent_goes_on),
		cmocka_unit_test(what_no_engine_wrote_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
