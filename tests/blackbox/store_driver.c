/*
 * store_driver.c - every statement of store/ against a real server (test_store.py)
 *
 *   store_driver <url> <scenario>
 *
 * A scenario submits what children submit and checks what comes back; it ends the program
 * with a line and status 1 at the first thing that is not as it must be. The server is
 * the caller's, migrated by `migrate`; scenarios use ids of their own.
 */
#include "base/clock.h"
#include "base/embed.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_migrate.h"
#include "pg/pg_pool.h"
#include "pg/pg_wait.h"
#include "store/store_definitions.h"
#include "store/store_keys.h"
#include "store/store_runs.h"
#include "store/store_schema.h"
#include "store/store_steps.h"
#include "store/store_tenants.h"
#include "store/store_time.h"
#include "store/store_waits.h"
#include "store/store_workers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what)                                                                      \
	do {                                                                             \
		if (!(what)) {                                                           \
			printf("%s:%d: %s\n", __func__, __LINE__, #what);                \
			exit(1);                                                         \
		}                                                                        \
	} while (0)
#define SAME(a, b) CHECK(strcmp((a), (b)) == 0)

static struct ev_loop *loop;
static struct pg_pool *pool;
static const char *url;

/* What the reader of the batch under way looks at: set by the scenario before it runs. */
static int at;
static int at2;

static int try_run(struct pg_batch *batch, pg_read_cb read, void *arg, struct err *err)
{
	return pg_wait(loop, pool, batch, 10000, read, arg, err);
}

static void run(struct pg_batch *batch, pg_read_cb read, void *arg)
{
	struct err err = { .code = 0 };

	if (try_run(batch, read, arg, &err) < 0) {
		printf("batch: %s\n", err.text);
		exit(1);
	}
}

/* Statements of the scenarios' own: the pool may look at them until it is freed. */
static struct embed own_texts[16];
static int own_text_count;

static int affected(void *arg, const struct pg_reply *reply, struct err *err)
{
	(void)err;
	*(int64_t *)arg = pg_reply_affected(reply, 0);
	return 0;
}

static int64_t sql(const char *name, const char *text, const char *value)
{
	struct embed *embed = &own_texts[own_text_count++];
	struct pg_batch *batch = pg_batch_new();
	int64_t count = 0;

	CHECK(own_text_count <= 16);
	*embed = (struct embed){ .name = name, .text = text, .len = strlen(text) };
	(void)pg_batch_add(batch, embed);
	if (value)
		pg_batch_text(batch, value, -1);
	run(batch, affected, &count);
	return count;
}

static struct store_run_new new_run(const char *run_id)
{
	return (struct store_run_new){
		.run_id = run_id,
		.orchestration_id = "orch_1",
		.tenant_id = "acme",
		.queue = "default",
		.lane = "-",
		.input = "hello",
		.definition_version = 3,
	};
}

static void insert(const struct store_run_new *runs, size_t n)
{
	struct pg_batch *batch = pg_batch_new();

	at = store_runs_insert(batch, runs, n);
	run(batch, NULL, NULL);
}

static struct store_step step(int64_t seq, const char *kind)
{
	return (struct store_step){
		.seq = seq,
		.path = "s1",
		.step_id = "s1",
		.execution = 1,
		.kind = kind,
		.delta = "[[\"set\",\"k\",1]]",
		.events = "[{\"type\":\"step_start\"}]",
	};
}

static struct store_end end_of(const char *run_id)
{
	return (struct store_end){
		.run_id = run_id,
		.wake = 1,
		.epoch = 1,
		.status = "completed",
		.final_response = "done",
		.shared_state = "{\"a\": 1}",
		.event_seq = 5,
		.total_tokens = 12,
		.total_cost_usd = 0.25,
	};
}

/* ---- reading one run ---- */

struct run_copy {
	bool found;
	char status[32];
	char final_response[64];
	char error[64];
	char worker[64];
	char started[STORE_TIME_MAX];
	bool ended;
	bool picked_up;
	int64_t epoch, wake, tokens, event_seq, version;
	double cost;
	int attempt;
};

static void copy(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text ? text : "(null)");
}

static int read_run(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct run_copy *c = arg;
	struct store_run_status s;
	char moment[STORE_TIME_MAX];

	(void)err;
	c->found = store_runs_get_read(reply, at, &s);
	if (!c->found)
		return 0;
	copy(c->status, sizeof(c->status), s.status);
	copy(c->final_response, sizeof(c->final_response), s.final_response);
	copy(c->error, sizeof(c->error), s.error);
	copy(c->worker, sizeof(c->worker), s.worker_id);
	copy(c->started, sizeof(c->started), store_time_text(s.started_at, moment));
	c->ended = s.ended_at != NULL;
	c->picked_up = s.picked_up_at != NULL;
	c->epoch = s.epoch;
	c->wake = s.wake;
	c->tokens = s.total_tokens_used;
	c->cost = s.total_cost_usd;
	c->event_seq = s.event_seq;
	c->version = s.definition_version;
	c->attempt = s.attempt;
	return 0;
}

static struct run_copy get(const char *run_id)
{
	struct pg_batch *batch = pg_batch_new();
	struct run_copy c = { .found = false };

	at = store_runs_get(batch, run_id);
	run(batch, read_run, &c);
	return c;
}

/* ---- scenarios ---- */

static int read_accepts(void *arg, const struct pg_reply *reply, struct err *err)
{
	const struct store_run_new *runs = arg;
	struct store_run_accept ret[4];

	(void)err;
	store_runs_insert_read(reply, at, runs, 4, ret);
	CHECK(ret[0].in && ret[1].in && ret[2].in);
	CHECK(!ret[3].in && ret[3].same_body);
	SAME(ret[3].winner_run_id, "acc_c");
	return 0;
}

static int read_losers(void *arg, const struct pg_reply *reply, struct err *err)
{
	const struct store_run_new *runs = arg;
	struct store_run_accept ret[2];

	(void)err;
	store_runs_insert_read(reply, at, runs, 2, ret);
	CHECK(!ret[0].in && !ret[0].same_body);
	SAME(ret[0].winner_run_id, "acc_b");
	CHECK(ret[1].in);
	return 0;
}

static int read_accept_check(void *arg, const struct pg_reply *reply, struct err *err)
{
	const struct store_run_new *runs = arg;
	struct store_run_accept ret[3];

	(void)err;
	store_runs_insert_check_read(reply, at, runs, 3, ret);
	CHECK(ret[0].in);
	CHECK(!ret[1].in && ret[1].winner_run_id && ret[1].same_body);
	SAME(ret[1].winner_run_id, "acc_c");
	CHECK(!ret[2].in && !ret[2].winner_run_id);
	return 0;
}

static void accept_runs(void)
{
	struct store_run_new runs[4] = { new_run("acc_a"), new_run("acc_b"),
					 new_run("acc_c"), new_run("acc_d") };
	struct pg_batch *batch = pg_batch_new();
	struct run_copy c;

	runs[1].idempotency_key = "key-b";
	runs[1].body_sha256 = "b0";
	runs[2].idempotency_key = runs[3].idempotency_key = "key-c";
	runs[2].body_sha256 = runs[3].body_sha256 = "c0";
	runs[0].inputs = "{\"city\":\"Oslo\"}";
	runs[0].run_timeout_ms = 60000;
	at = store_runs_insert(batch, runs, 4);
	run(batch, read_accepts, runs);

	c = get("acc_a");
	CHECK(c.found && c.wake == 1 && c.epoch == 0 && c.version == 3 && !c.ended);
	SAME(c.status, "queued");
	CHECK(strcmp(c.started + strlen(c.started) - 6, "+00:00") == 0);
	CHECK(!get("acc_d").found);

	/* another body under a known key, and a key that is 25 h old */
	CHECK(sql("age",
		  "UPDATE idempotency SET created_at = now() - interval '25 h' "
		  "WHERE key = $1",
		  "key-c") == 1);
	runs[0] = new_run("acc_e");
	runs[0].idempotency_key = "key-b";
	runs[0].body_sha256 = "other";
	runs[1] = new_run("acc_f");
	runs[1].idempotency_key = "key-c";
	runs[1].body_sha256 = "c1";
	batch = pg_batch_new();
	at = store_runs_insert(batch, runs, 2);
	run(batch, read_losers, runs);
	CHECK(get("acc_f").found && !get("acc_e").found);

	/* the look after an unanswered insert */
	CHECK(sql("unage", "UPDATE idempotency SET run_id = 'acc_c' WHERE key = $1",
		  "key-c") == 1);
	runs[0] = new_run("acc_a");
	runs[1] = new_run("acc_x");
	runs[1].idempotency_key = "key-c";
	runs[1].body_sha256 = "c1";
	runs[2] = new_run("acc_y");
	batch = pg_batch_new();
	at = store_runs_insert_check(batch, runs, 3);
	run(batch, read_accept_check, runs);
}

static int read_ended(void *arg, const struct pg_reply *reply, struct err *err)
{
	(void)err;
	*(int *)arg = store_runs_end_count(reply, at);
	return 0;
}

static int read_history(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_step *steps = arg;
	int rows = store_steps_read_count(reply, at), i;

	(void)err;
	for (i = 0; i < rows && i < 8; i++) {
		store_steps_read_row(reply, at, i, &steps[i]);
		CHECK(steps[i].run_id && steps[i].at);
		SAME(steps[i].delta, "[[\"set\",\"k\",1]]");
		CHECK(!steps[i].usage && !steps[i].error);
		steps[i].run_id = steps[i].at = NULL; /* of the reply */
	}
	return rows;
}

static int history(const char *run_id, struct store_step *steps)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;
	int rows;

	at = store_steps_history(batch, run_id, 1, 100);
	rows = try_run(batch, read_history, steps, &err);
	CHECK(rows >= 0);
	return rows;
}

static int read_look(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_run_look look;
	int *ours = arg;
	int i;

	(void)err;
	for (i = 0; i < store_runs_look_count(reply, at); i++) {
		store_runs_look_read(reply, at, i, &look);
		*ours += store_runs_end_is_ours(&look, "w.1", 1);
	}
	return store_runs_look_count(reply, at);
}

static void end_lazily(void)
{
	struct store_run_new runs[3] = { new_run("laz_a"), new_run("laz_b"),
					 new_run("laz_c") };
	struct store_end ends[3] = { end_of("laz_a"), end_of("laz_b"), end_of("laz_c") };
	const char *ids[] = { "laz_a", "laz_b", "laz_nobody" };
	struct store_step rows[2] = { step(1, "start"), step(2, "step") };
	struct store_step read[8];
	struct pg_batch *batch = pg_batch_new();
	struct run_copy c;
	struct err err;
	int count = 0, ours = 0, i;

	insert(runs, 3);
	for (i = 0; i < 3; i++) {
		ends[i].steps = rows;
		ends[i].step_count = 2;
	}
	ends[1].wake = 2; /* not its wake */
	ends[2].final_response = NULL;
	ends[2].error = "{\"code\":\"step_failed\"}";
	ends[2].status = "failed";
	at = store_runs_end_lazy(batch, "w.1", "w", ends, 3);
	run(batch, read_ended, &count);
	CHECK(count == 2);
	c = get("laz_a");
	SAME(c.status, "completed");
	SAME(c.final_response, "done");
	SAME(c.error, "(null)");
	SAME(c.worker, "w");
	CHECK(c.epoch == 1 && c.ended && c.picked_up && c.tokens == 12 && c.cost == 0.25);
	SAME(get("laz_b").status, "queued");
	SAME(get("laz_c").error, "{\"code\":\"step_failed\"}");
	CHECK(history("laz_a", read) == 2 && read[1].seq == 2 && read[1].epoch == 1);
	CHECK(history("laz_b", read) == 0);

	/* twice: the second finds no row; the read-back tells whose end is in */
	batch = pg_batch_new();
	at = store_runs_end_lazy(batch, "w.1", "w", ends, 1);
	run(batch, read_ended, &count);
	CHECK(count == 0);
	batch = pg_batch_new();
	at = store_runs_check(batch, ids, 3);
	CHECK(try_run(batch, read_look, &ours, &err) == 2);
	CHECK(ours == 1);
}

static int read_taken(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_taken *taken = arg;
	int rows = store_runs_takeover_count(reply, at), i;

	(void)err;
	for (i = 0; i < rows; i++) {
		store_runs_takeover_read(reply, at, i, &taken[i]);
		CHECK(taken[i].now_ms > 1700000000000);
		SAME(taken[i].input, "hello");
		SAME(taken[i].tenant_id, "acme");
		CHECK(taken[i].definition_version == 3 && !taken[i].cancel);
		CHECK(!taken[i].session_id && taken[i].created_at);
	}
	return rows;
}

static int takeover(const char *owner, const struct store_takeover *runs, size_t n,
		    struct store_taken *ret)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;

	at = store_runs_takeover(batch, owner, "w", runs, n);
	return try_run(batch, read_taken, ret, &err);
}

static int read_commits(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_committed *ret = arg;
	int rows = store_steps_commit_count(reply, at), i;

	(void)err;
	for (i = 0; i < rows; i++)
		store_steps_commit_read(reply, at, i, &ret[i]);
	return rows;
}

static int commit(const char *owner, const struct store_commit *runs, size_t n,
		  struct store_committed *ret)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;

	at = store_steps_commit(batch, owner, runs, n);
	return try_run(batch, read_commits, ret, &err);
}

static int read_checked(void *arg, const struct pg_reply *reply, struct err *err)
{
	(void)err;
	if (store_steps_check_count(reply, at) == 1)
		SAME(store_steps_check_read(reply, at, 0), arg);
	return store_steps_check_count(reply, at);
}

static int read_journal(void *arg, const struct pg_reply *reply, struct err *err)
{
	(void)arg;
	(void)err;
	CHECK(store_waits_read_count(reply, at2) == 0);
	return store_steps_read_count(reply, at);
}

static void take_and_commit(void)
{
	struct store_run_new runs[2] = { new_run("tak_a"), new_run("tak_b") };
	struct store_step start = step(1, "start"),
			  more[2] = { step(2, "step"), step(3, "step") };
	struct store_takeover t[2] = {
		{ .run_id = "tak_a", .wake = 1, .steps = &start, .step_count = 1 },
		{ .run_id = "tak_b", .wake = 9 },
	};
	struct store_commit c[2] = {
		{ .run_id = "tak_a", .epoch = 1, .steps = more, .step_count = 2 },
		{ .run_id = "tak_b", .epoch = 1, .steps = more, .step_count = 2 },
	};
	const char *ids[] = { "tak_a", "tak_b" };
	struct store_end end = end_of("tak_a");
	struct store_committed done[2];
	struct store_taken taken[2];
	struct store_step read[8];
	struct pg_batch *batch;
	struct err err;
	char id[] = "tak_a";
	int count;

	insert(runs, 2);
	CHECK(takeover("w.1", t, 2, taken) == 1);
	CHECK(taken[0].epoch == 1 && taken[0].wake == 1 && taken[0].attempt == 0);
	CHECK(history("tak_a", read) == 1);
	SAME(get("tak_a").status, "running");

	/* our rows go in; of a run that is not ours none does */
	CHECK(commit("w.1", c, 2, done) == 1);
	CHECK(!done[0].cancel && !done[0].answers);
	CHECK(history("tak_a", read) == 3 && history("tak_b", read) == 0);
	CHECK(sql("flag",
		  "UPDATE orchestration_runs SET cancel_requested_at = now() "
		  "WHERE run_id = $1",
		  "tak_a") == 1);
	more[0].seq = 4;
	more[1].seq = 5;
	CHECK(commit("w.1", c, 1, done) == 1 && done[0].cancel);
	CHECK(sql("unflag",
		  "UPDATE orchestration_runs SET cancel_requested_at = NULL "
		  "WHERE run_id = $1",
		  "tak_a") == 1);

	/* the same seq again is refused as a whole */
	batch = pg_batch_new();
	at = store_steps_commit(batch, "w.1", c, 1);
	CHECK(try_run(batch, read_commits, done, &err) == ERR_REFUSED);
	batch = pg_batch_new();
	at = store_steps_check(batch, c, 2);
	CHECK(try_run(batch, read_checked, id, &err) == 1);

	/* another incarnation: refused while it has an owner, taken with `from` */
	CHECK(takeover("w.2", t, 1, taken) == 0);
	t[0].from = "w.1";
	CHECK(takeover("w.2", t, 1, taken) == 1);
	CHECK(taken[0].epoch == 2);
	CHECK(history("tak_a", read) == 5); /* its start row did not ride again */
	more[0].seq = 6;
	more[1].seq = 7;
	CHECK(commit("w.1", c, 1, done) == 0); /* stale */
	CHECK(history("tak_a", read) == 5);

	/* journal and waits, behind a takeover in its batch */
	t[0].from = "w.2";
	batch = pg_batch_new();
	(void)store_runs_takeover(batch, "w.3", "w", t, 1);
	at = store_steps_read(batch, "w.3", ids, 2);
	at2 = store_waits_read(batch, "w.3", ids, 2);
	CHECK(try_run(batch, read_journal, NULL, &err) == 5);

	/* ends: the stale owner's writes nothing */
	end.steps = more;
	end.step_count = 2;
	batch = pg_batch_new();
	at = store_runs_end(batch, "w.2", &end, 1);
	run(batch, read_ended, &count);
	CHECK(count == 0 && history("tak_a", read) == 5);
	end.epoch = 3;
	batch = pg_batch_new();
	at = store_runs_end(batch, "w.3", &end, 1);
	run(batch, read_ended, &count);
	CHECK(count == 1 && history("tak_a", read) == 7 && read[6].epoch == 3);
	SAME(get("tak_a").status, "completed");
	CHECK(takeover("w.4", t, 1, taken) == 0);
}

struct page {
	char ids[16][64];
	char cursor[256];
	int count;
};

static int read_page(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct page *page = arg;
	struct store_run_status s;
	int i;

	(void)err;
	page->count = store_runs_list_count(reply, at);
	CHECK(page->count <= 16);
	for (i = 0; i < page->count; i++) {
		store_runs_list_read(reply, at, i, &s);
		copy(page->ids[i], sizeof(page->ids[i]), s.run_id);
		copy(page->cursor, sizeof(page->cursor), s.cursor);
		CHECK(store_runs_cursor_ok(s.cursor));
	}
	return 0;
}

static struct page list(const struct store_run_filter *filter)
{
	struct pg_batch *batch = pg_batch_new();
	struct page page = { .count = 0 };

	at = store_runs_list(batch, filter);
	run(batch, read_page, &page);
	return page;
}

/* Walk a list page by page: each of n runs once, newest first. */
static void walk(struct store_run_filter filter, int n)
{
	char expect[64];
	struct page page;
	char cursor[256];
	int seen = 0, i;

	filter.limit = 3;
	for (;;) {
		page = list(&filter);
		for (i = 0; i < page.count; i++) {
			(void)snprintf(expect, sizeof(expect), "lis_%02d", n - 1 - seen);
			SAME(page.ids[i], expect);
			seen++;
		}
		if (page.count < 3)
			break;
		memcpy(cursor, page.cursor, sizeof(cursor));
		filter.after = cursor;
	}
	CHECK(seen == n);
}

static int read_counts(void *arg, const struct pg_reply *reply, struct err *err)
{
	(void)err;
	store_runs_counts_read(reply, at, arg);
	return 0;
}

static void list_runs(void)
{
	struct store_run_new runs[10];
	struct store_run_filter all = { .orchestration_id = "lis" };
	struct store_run_filter tenant = { .tenant_id = "lis_1" };
	struct store_run_filter status = { .status = "paused", .limit = 5 };
	struct store_counts before, after;
	struct pg_batch *batch = pg_batch_new();
	char ids[10][16];
	int i;

	at = store_runs_counts(batch);
	run(batch, read_counts, &before);
	for (i = 0; i < 10; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "lis_%02d", i);
		runs[i] = new_run(ids[i]);
		runs[i].orchestration_id = "lis";
		runs[i].tenant_id = i % 2 ? "lis_1" : "lis_0";
		if (i == 5)
			insert(runs, 5); /* two moments, several runs each */
	}
	insert(runs + 5, 5);
	walk(all, 10);
	CHECK(list(&status).count == 0);
	CHECK(sql("move",
		  "UPDATE orchestration_runs SET tenant_id = 'lis_1' "
		  "WHERE orchestration_id = $1",
		  "lis") == 10);
	walk(tenant, 10);
	batch = pg_batch_new();
	at = store_runs_counts(batch);
	run(batch, read_counts, &after);
	CHECK(after.queued == before.queued + 10 && after.running == before.running);
	CHECK(!store_runs_cursor_ok("") && !store_runs_cursor_ok("12"));
	CHECK(!store_runs_cursor_ok("12.") && !store_runs_cursor_ok("-1.x"));
	CHECK(!store_runs_cursor_ok("1234567890123456789.x"));
	CHECK(store_runs_cursor_ok("1780000000000000.run.with.dots"));
}

static int read_put(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_put *put = arg;

	(void)err;
	store_definitions_put_read(reply, at, put);
	return 0;
}

static struct store_put put_expecting(enum store_definition_kind kind, const char *json,
				      int64_t expect)
{
	struct store_definition_new def = {
		.kind = kind,
		.id = "def_1",
		.name = "First",
		.definition = json,
		.tenant_id = "default",
		.expect = expect,
	};
	struct pg_batch *batch = pg_batch_new();
	struct store_put put;

	at = store_definitions_put(batch, &def);
	run(batch, read_put, &put);
	return put;
}

static struct store_put put_definition(enum store_definition_kind kind, const char *json)
{
	return put_expecting(kind, json, STORE_EXPECT_ANY);
}

static struct store_put delete_definition(enum store_definition_kind kind,
					  const char *tenant, int64_t expect)
{
	struct pg_batch *batch = pg_batch_new();
	struct store_put put;

	at = store_definitions_delete(batch, kind, "def_1", tenant, expect);
	run(batch, read_put, &put);
	return put;
}

static int read_definition(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_definition def;

	(void)err;
	switch (store_definitions_get_read(reply, at, &def)) {
	case STORE_DEFINITION_NONE:
		return 1000;
	case STORE_DEFINITION_AGAIN:
		return 1001;
	case STORE_DEFINITION_FOUND:
		break;
	}
	if (arg)
		SAME(def.definition, arg);
	SAME(def.id, "def_1");
	SAME(def.name, "First");
	CHECK(strlen(def.sha256) == 64);
	return (int)def.version;
}

static int get_definition(enum store_definition_kind kind, const char *id, char *text)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;

	at = store_definitions_get(batch, kind, id);
	return try_run(batch, read_definition, text, &err);
}

static int read_version(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_definition def;

	(void)err;
	if (!store_definitions_version_read(reply, at, &def))
		return 0;
	if (arg)
		SAME(def.definition, arg);
	return 1;
}

static int read_definition_list(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_definition_item item;

	(void)arg;
	(void)err;
	CHECK(store_definitions_list_count(reply, at) == 1);
	store_definitions_list_read(reply, at, 0, &item);
	SAME(item.id, "def_1");
	SAME(item.name, "First");
	CHECK(item.updated_at);
	return item.description ? 1 : 0;
}

/* Versions that are expected, tombstones, tenants: the same for all kinds. */
static void compare_and_set(enum store_definition_kind kind)
{
	int64_t n;

	(void)delete_definition(kind, NULL, STORE_EXPECT_ANY);
	CHECK(delete_definition(kind, NULL, STORE_EXPECT_ANY).outcome == STORE_PUT_NONE);
	CHECK(get_definition(kind, "def_1", NULL) == 1000);
	CHECK(put_expecting(kind, "{\"z\":1}", 7).outcome == STORE_PUT_NONE);
	n = put_expecting(kind, "{\"z\":1}", STORE_EXPECT_NONE).version;
	CHECK(n > 0 && get_definition(kind, "def_1", NULL) == n);
	CHECK(put_expecting(kind, "{\"z\":2}", STORE_EXPECT_NONE).outcome ==
	      STORE_PUT_EXISTS);
	CHECK(put_expecting(kind, "{\"z\":2}", n + 1).outcome == STORE_PUT_CHANGED);
	CHECK(put_expecting(kind, "{\"z\":2}", n).version == n + 1);
	CHECK(delete_definition(kind, NULL, n).outcome == STORE_PUT_CHANGED);
	CHECK(delete_definition(kind, "acme", n + 1).outcome == STORE_PUT_TENANT);
	CHECK(delete_definition(kind, "default", n + 1).outcome == STORE_PUT_DELETED);
	CHECK(get_definition(kind, "def_1", NULL) == 1000);
}

static void definitions(void)
{
	char first[] = "{\"b\": 1, \"a\": 2}", now[] = "{\"a\": 2}",
	     stock[] = "{\"c\": 3}";
	enum store_definition_kind kind;
	struct store_put put;
	struct pg_batch *batch;
	struct err err;

	for (kind = STORE_ORCHESTRATION; kind <= STORE_AGENT; kind++) {
		CHECK(get_definition(kind, "def_none", NULL) == 1000);
		put = put_definition(kind, first);
		CHECK(put.version == 1 && put.outcome == STORE_PUT_STORED && put.created);
		put = put_definition(kind, "{\"a\":2,\"b\":1}"); /* the same as jsonb */
		CHECK(put.version == 1 && put.outcome == STORE_PUT_SAME);
		put = put_definition(kind, now);
		CHECK(put.version == 2 && put.outcome == STORE_PUT_STORED &&
		      !put.created);
		CHECK(get_definition(kind, "def_1", now) == 2);
		/* version 1 stays as it was written */
		batch = pg_batch_new();
		at = store_definitions_version(batch, kind, "def_1", 1);
		CHECK(try_run(batch, read_version, first, &err) == 1);
		batch = pg_batch_new();
		at = store_definitions_version(batch, kind, "def_1", 9);
		CHECK(try_run(batch, read_version, NULL, &err) == 0);
		batch = pg_batch_new();
		at = store_definitions_list(batch, kind);
		CHECK(try_run(batch, read_definition_list, NULL, &err) ==
		      (kind == STORE_ORCHESTRATION));
	}
	/* a stock server overwrites: its definition gets a version when it is read */
	CHECK(sql("stock", "UPDATE orchestrations SET definition = $1::text::jsonb",
		  stock) == 1);
	CHECK(get_definition(STORE_ORCHESTRATION, "def_1", stock) == 3);
	CHECK(get_definition(STORE_ORCHESTRATION, "def_1", stock) == 3);
	put = put_definition(STORE_ORCHESTRATION, "{\"u\":\"\\u0000\"}");
	CHECK(put.outcome == STORE_PUT_BAD);
	for (kind = STORE_ORCHESTRATION; kind < STORE_DEFINITION_KINDS; kind++)
		compare_and_set(kind);
}

static int read_key(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_key key;

	(void)arg;
	(void)err;
	if (!store_keys_count(reply, at))
		return 0;
	store_keys_read(reply, at, 0, &key);
	SAME(key.id, "key_1");
	SAME(key.name, "ci");
	SAME(key.key_prefix, "sk-syn-abcde");
	CHECK(!key.tenant_id && key.created_at);
	return 1 + (key.last_used_at != NULL) + 10 * key.is_active;
}

static int find_key(const char *hash)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;

	at = store_keys_find(batch, hash);
	return try_run(batch, read_key, NULL, &err);
}

static void keys(void)
{
	const char *ids[] = { "key_1" };
	struct pg_batch *batch = pg_batch_new();
	int64_t count;
	struct err err;

	(void)store_keys_create(batch, "key_1", "ci", "hash1", "sk-syn-abcde", NULL);
	run(batch, NULL, NULL);
	CHECK(find_key("hash1") == 11);
	CHECK(find_key("hash2") == 0);
	batch = pg_batch_new();
	(void)store_keys_used(batch, ids, 1);
	run(batch, affected, &count);
	CHECK(count == 1 && find_key("hash1") == 12);
	batch = pg_batch_new();
	(void)store_keys_used(batch, ids, 1); /* a second time within the minute */
	run(batch, affected, &count);
	CHECK(count == 0);
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, "key_1");
	run(batch, affected, &count);
	CHECK(count == 1 && find_key("hash1") == 2); /* known, not active */
	batch = pg_batch_new();
	(void)store_keys_revoke(batch, "key_1");
	run(batch, affected, &count);
	CHECK(count == 0);
	batch = pg_batch_new();
	at = store_keys_list(batch);
	CHECK(try_run(batch, read_key, NULL, &err) == 2); /* listed, not active */
	/* a hash is taken once */
	batch = pg_batch_new();
	(void)store_keys_create(batch, "key_2", "x", "hash1", "sk", NULL);
	CHECK(try_run(batch, NULL, NULL, &err) == ERR_REFUSED);
}

static char death[64]; /* of host-1 */

static int read_workers(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_worker w;

	(void)err;
	CHECK(store_workers_list_count(reply, at) == 2);
	store_workers_list_read(reply, at, 0, &w);
	SAME(w.worker_id, "host-1");
	SAME(w.status, arg);
	SAME(w.mcp_disabled, "[]");
	SAME(w.hostname, "h");
	CHECK(w.max_jobs == 100 && w.last_heartbeat);
	CHECK(!w.last_death_cause == !w.last_death_at);
	(void)snprintf(death, sizeof(death), "%s",
		       w.last_death_cause ? w.last_death_cause : "");
	return w.active_jobs;
}

static int list_workers(char *status)
{
	struct pg_batch *batch = pg_batch_new();
	struct err err;

	at = store_workers_list(batch);
	return try_run(batch, read_workers, status, &err);
}

static void beat(const char *incarnation, int jobs)
{
	struct store_worker_beat beats[2] = {
		{ "host-1", incarnation, "h", NULL, jobs, 100, NULL, "ready", "1", 1,
		  4096, jobs, 0, 5 },
		{ "host-2", "host-2.b", "h", "http://127.0.0.1:9000", 1, 100, "[\"m\"]",
		  "quiet", "1", 1, 0, 0, 0, 0 },
	};
	struct pg_batch *batch = pg_batch_new();

	(void)store_workers_beat(batch, beats, 2);
	run(batch, NULL, NULL);
}

static void workers(void)
{
	char online[] = "online", offline[] = "offline";
	struct pg_batch *batch;
	int64_t count;

	beat("host-1.a", 7);
	CHECK(list_workers(online) == 7);
	beat("host-1.c", 2);
	batch = pg_batch_new();
	(void)store_workers_offline(batch, "host-1", "host-1.a",
				    NULL); /* not its row any more */
	run(batch, affected, &count);
	CHECK(count == 0 && list_workers(online) == 2 && !death[0]);
	batch = pg_batch_new();
	(void)store_workers_offline(batch, "host-1", "host-1.a", "signal SIGSEGV");
	run(batch, affected, &count);
	CHECK(count == 1 && list_workers(online) == 2);
	SAME(death, "signal SIGSEGV");
	batch = pg_batch_new();
	(void)store_workers_offline(batch, "host-1", "host-1.c", NULL);
	run(batch, affected, &count);
	CHECK(count == 1 && list_workers(offline) == 0);
	SAME(death, "signal SIGSEGV");
	batch = pg_batch_new();
	(void)store_workers_mark_stale(batch, 60000);
	run(batch, affected, &count);
	CHECK(count == 0);
	CHECK(sql("old",
		  "UPDATE workers SET last_heartbeat = now() - interval '1 h' "
		  "WHERE worker_id = $1",
		  "host-2") == 1);
	batch = pg_batch_new();
	(void)store_workers_mark_stale(batch, 60000);
	run(batch, affected, &count);
	CHECK(count == 1);
}

static int read_tenant(void *arg, const struct pg_reply *reply, struct err *err)
{
	struct store_tenant t;

	(void)err;
	CHECK(store_tenants_count(reply, at) >= 1);
	store_tenants_read(reply, at, 0, &t);
	SAME(t.tenant_id, "ten");
	SAME(t.queue, arg);
	CHECK(t.max_concurrent_runs == 0 && t.max_queued_runs == 0);
	return 0;
}

static void tenants(void)
{
	char first[] = "q1";
	struct pg_batch *batch = pg_batch_new();

	at = store_tenants_pin(batch, "ten", "q1");
	run(batch, read_tenant, first);
	batch = pg_batch_new();
	at = store_tenants_pin(batch, "ten", "q2"); /* the first insert wins */
	run(batch, read_tenant, first);
	batch = pg_batch_new();
	at = store_tenants_list(batch);
	run(batch, read_tenant, first);
}

/* ---- figures ---- */

#define BENCH_ROWS  256
#define BENCH_TURNS 120

struct bench {
	struct store_run_new runs[BENCH_ROWS];
	struct store_end ends[BENCH_ROWS];
	struct store_step steps[BENCH_ROWS];
	char ids[BENCH_ROWS][64];
	int turn, in_flight, width;
	bool ending;
	int64_t done;
};

static void bench_next(struct bench *bench);

static void on_bench(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct bench *bench = arg;

	CHECK(outcome->fate == PG_COMMITTED);
	CHECK(!bench->ending || store_runs_end_count(reply, 0) == BENCH_ROWS);
	bench->done += BENCH_ROWS;
	bench->in_flight--;
	bench_next(bench);
}

static void bench_next(struct bench *bench)
{
	struct pg_batch *batch;
	int i;

	while (bench->in_flight < bench->width && bench->turn < BENCH_TURNS) {
		batch = pg_batch_new();
		for (i = 0; i < BENCH_ROWS; i++) {
			(void)snprintf(bench->ids[i], sizeof(bench->ids[i]),
				       "run_%012x_%d", (bench->turn * BENCH_ROWS + i) * 7,
				       1780000000 + bench->width);
			bench->runs[i].run_id = bench->ends[i].run_id = bench->ids[i];
		}
		if (bench->ending)
			(void)store_runs_end_lazy(batch, "host-1.0123abcd", "host-1",
						  bench->ends, BENCH_ROWS);
		else
			(void)store_runs_insert(batch, bench->runs, BENCH_ROWS);
		CHECK(pg_pool_submit(pool, batch, 60000, on_bench, bench) == 0);
		bench->turn++;
		bench->in_flight++;
	}
	if (!bench->in_flight)
		ev_break(loop, EVBREAK_ALL);
}

static void bench_phase(struct bench *bench, bool ending, int width)
{
	int64_t wall = clock_mono_us(), cpu = clock_cpu_us();

	bench->ending = ending;
	bench->width = width;
	bench->turn = bench->in_flight = 0;
	bench->done = 0;
	bench_next(bench);
	(void)ev_run(loop, 0);
	wall = clock_mono_us() - wall;
	cpu = clock_cpu_us() - cpu;
	printf("%s of %d rows, %d in flight: %.0f rows/s, %.1f us/row, client cpu %.1f "
	       "us/row\n",
	       ending ? "lazy end" : "insert", BENCH_ROWS, width,
	       (double)bench->done * 1e6 / (double)wall,
	       (double)wall / (double)bench->done, (double)cpu / (double)bench->done);
}

static void bench(void)
{
	static struct bench b;
	int i;

	for (i = 0; i < BENCH_ROWS; i++) {
		b.runs[i] = new_run(NULL);
		b.steps[i] = step(1, "step");
		b.steps[i].events =
			"[{\"type\":\"worker_picked_up\",\"worker_id\":\"host-1\",\"run_id\":"
			"\"run_9c1d2e3f4a5b_1780000000000\",\"seq\":1},{\"type\":"
			"\"orchestration_start\",\"run_id\":\"run_9c1d2e3f4a5b_17800000000"
			"00\",\"orchestration_id\":\"orch_7\",\"orchestration_name\":\"T\","
			"\"seq\":2},{\"type\":\"step_start\",\"orch_step_id\":\"s1\",\"seq\""
			":3},{\"type\":\"step_complete\",\"orch_step_id\":\"s1\",\"seq\":4},"
			"{\"type\":\"orchestration_complete\",\"status\":\"completed\","
			"\"seq\":5},{\"type\":\"final\",\"response\":\"hello\",\"seq\":6}]";
		b.ends[i] = end_of(NULL);
		b.ends[i].steps = &b.steps[i];
		b.ends[i].step_count = 1;
	}
	for (i = 1; i <= 2; i++) {
		bench_phase(&b, false, i);
		bench_phase(&b, true, i);
	}
}

/* ---- schema ---- */

static int migrate(bool keep)
{
	struct store_schema_options options = { .url = url, .keep_stock_indexes = keep };
	struct pg_migrate_row *rows =
		mem_new_n(struct pg_migrate_row, store_schema_count());
	struct err err = { .code = 0 };
	int applied, pending;
	size_t i;

	applied = store_schema_migrate(&options, &err);
	pending = applied < 0 ? applied : store_schema_status(&options, rows, &err);
	if (pending < 0) {
		printf("refused %s: %s\n", err_name(pending), err.text);
		mem_free(rows);
		return 1;
	}
	printf("applied %d pending %d\n", applied, pending);
	for (i = 0; i < store_schema_count(); i++)
		CHECK(rows[i].applied && *rows[i].applied_at);
	mem_free(rows);
	return 0;
}

static int status(void)
{
	struct store_schema_options options = { .url = url };
	struct pg_migrate_row *rows =
		mem_new_n(struct pg_migrate_row, store_schema_count());
	struct err err;
	int pending = store_schema_status(&options, rows, &err);

	mem_free(rows);
	if (pending < 0)
		printf("refused %s: %s\n", err_name(pending), err.text);
	else
		printf("pending %d\n", pending);
	return pending < 0;
}

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "accept", accept_runs },
	{ "end_lazily", end_lazily },
	{ "take_and_commit", take_and_commit },
	{ "list", list_runs },
	{ "definitions", definitions },
	{ "keys", keys },
	{ "workers", workers },
	{ "tenants", tenants },
	{ "bench", bench },
};

int main(int argc, char **argv)
{
	struct pg_options options = { .application_name = "store_driver" };
	struct err err;
	size_t i;

	if (argc != 3)
		return 2;
	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT, 2);
	url = options.url = argv[1];
	options.pgbouncer = getenv("PG_DRIVER_PGBOUNCER") != NULL;
	if (strcmp(argv[2], "migrate") == 0)
		return migrate(false);
	if (strcmp(argv[2], "migrate-keep") == 0)
		return migrate(true);
	if (strcmp(argv[2], "status") == 0)
		return status();
	loop = ev_loop_new(EVFLAG_AUTO);
	CHECK(pg_pool_new(loop, &options, &pool, &err) == 0);
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (strcmp(argv[2], scenarios[i].name) != 0)
			continue;
		scenarios[i].run();
		pg_pool_free(pool);
		ev_loop_destroy(loop);
		printf("ok\n");
		return 0;
	}
	return 2;
}
