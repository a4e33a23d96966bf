/*
 * submit_insert.c - rows of admitted submissions: into the next commit, then the answer
 *
 * The stages insert and answer of submit.c.
 */
#include "api/submit_in.h"

#include "api/runs_port.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "queue/queue.h"
#include "queue/queue_names.h"
#include "run/payload.h"
#include "store/store_runs.h"

#include <assert.h>
#include <string.h>

static struct submission *of_unit(struct pg_unit *unit)
{
	return mem_container(unit, struct submission, unit);
}

static struct store_run_new *rows_of(const struct submit *submit,
				     struct pg_unit *const *units, size_t n)
{
	struct store_run_new *rows = mem_new_n(struct store_run_new, n);
	size_t i;

	for (i = 0; i < n; i++) {
		struct submission *sub = of_unit(units[i]);
		const struct port_run *run = sub->run;

		rows[i].run_id = sub->run_id;
		rows[i].orchestration_id = run->orchestration_id;
		rows[i].tenant_id = run->tenant_id;
		rows[i].session_id = run->session_id;
		rows[i].queue = queue_name(sub->home->queue);
		rows[i].lane = QUEUE_LANE_ANY;
		rows[i].input = run->message;
		rows[i].inputs = run->inputs;
		rows[i].metadata = run->metadata;
		rows[i].run_at_ms = run->run_at_ms;
		rows[i].webhook_url = run->webhook_url;
		rows[i].webhook_secret = run->webhook_secret;
		rows[i].idempotency_key = run->idempotency_key;
		rows[i].body_sha256 = run->idempotency_key ? run->body_sha256 : NULL;
		rows[i].definition_version = sub->version;
		rows[i].priority = run->priority;
		rows[i].run_timeout_ms = submit->parts.conf->engine.run_timeout_ms;
	}
	return rows;
}

static void give_back(struct submission *sub)
{
	list_push(&sub->home->releases, &sub->node);
	sub->submit->dirty = true;
}

static void accept_run(struct submission *sub)
{
	const struct port_run *run = sub->run;
	struct payload payload = {
		.definition_id = run->orchestration_id,
		.definition_version = sub->version,
		.whole = true,
		.message = run->message,
		.inputs = run->inputs,
		.session_id = run->session_id,
	};

	submit_tally(sub->submit, SCORE_RUNS_ACCEPTED);
	sub->run->run_id = sub->run_id;
	if (run->run_at_ms > clock_wall_ms()) {
		give_back(sub); /* the lead clerk makes its entry when it is due */
	} else {
		payload_pack(&payload, &sub->payload);
		list_push(&sub->home->enqueues, &sub->node);
		sub->submit->dirty = true;
	}
	submit_answer(sub, ERRORS_NONE);
}

/* What Postgres said about one row. */
static void settle(struct submission *sub, const struct store_run_accept *accept)
{
	if (accept->in) {
		accept_run(sub);
		return;
	}
	give_back(sub);
	if (accept->same_body) {
		sub->run->run_id = accept->winner_run_id;
		sub->run->replayed = true;
		submit_answer(sub, ERRORS_NONE);
	} else {
		submit_answer(sub, ERRORS_MISMATCH);
	}
}

static void on_build(void *ctx, struct pg_batch *batch, struct pg_unit *const *units,
		     size_t n)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	int statement = store_runs_insert(batch, rows, n);

	assert(statement == 0); /* on_committed() reads it there */
	(void)statement;
	mem_free(rows);
}

static void on_committed(void *ctx, struct pg_unit *const *units, size_t n,
			 const struct pg_reply *reply)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	struct store_run_accept *accepts = mem_new_n(struct store_run_accept, n);
	size_t i;

	FAULT("accept.committed");
	store_runs_insert_read(reply, 0, rows, n, accepts);
	for (i = 0; i < n; i++)
		settle(of_unit(units[i]), &accepts[i]);
	mem_free(accepts);
	mem_free(rows);
}

static void on_build_check(void *ctx, struct pg_batch *batch,
			   struct pg_unit *const *units, size_t n)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	int statement = store_runs_insert_check(batch, rows, n);

	assert(statement == 0);
	(void)statement;
	mem_free(rows);
}

static void on_checked(void *ctx, struct pg_unit *const *units, size_t n,
		       const struct pg_reply *reply, bool *in)
{
	struct store_run_new *rows = rows_of(ctx, units, n);
	struct store_run_accept *accepts = mem_new_n(struct store_run_accept, n);
	size_t i;

	store_runs_insert_check_read(reply, 0, rows, n, accepts);
	for (i = 0; i < n; i++) {
		in[i] = accepts[i].in || accepts[i].winner_run_id;
		if (in[i])
			settle(of_unit(units[i]), &accepts[i]);
	}
	mem_free(accepts);
	mem_free(rows);
}

static enum errors_code insert_error(const struct pg_outcome *outcome)
{
	if (outcome->fate == PG_UNKNOWN)
		return ERRORS_UNKNOWN;
	switch (outcome->cls) {
	case PG_CLASS_VALUE:
	case PG_CLASS_CONSTRAINT:
	case PG_CLASS_BUG:
		return ERRORS_INTERNAL;
	case PG_CLASS_ACCESS:
	case PG_CLASS_NONE:
	case PG_CLASS_TRANSIENT:
	case PG_CLASS_UNAVAILABLE:
	case PG_CLASS_CONNECTION:
		break;
	}
	return ERRORS_POSTGRES;
}

static void on_rejected(void *ctx, struct pg_unit *unit, const struct pg_outcome *outcome)
{
	struct submission *sub = of_unit(unit);
	enum errors_code error = insert_error(outcome);

	(void)ctx;
	log_warn("run.insert_failed", LOG_S("run_id", (const char *)sub->run_id),
		 LOG_S("fate", pg_fate_name(outcome->fate)),
		 LOG_S("sqlstate", (const char *)outcome->sqlstate),
		 LOG_S("error", (const char *)outcome->err.text));
	if (outcome->fate == PG_UNKNOWN) {
		/* it may be in: its reservation runs out by itself, the row is found */
		submit_refuse(sub, error, NULL);
		return;
	}
	give_back(sub);
	submit_answer(sub, error);
}

static int by_run_id(const struct pg_unit *a, const struct pg_unit *b)
{
	const struct submission *x = (const struct submission *)(const void *)a;
	const struct submission *y = (const struct submission *)(const void *)b;

	return strcmp(x->run_id, y->run_id); /* unit is the first member */
}

const struct pg_group_ops *submit_insert_ops(void)
{
	static const struct pg_group_ops ops = {
		.build = on_build,
		.committed = on_committed,
		.rejected = on_rejected,
		.build_check = on_build_check,
		.checked = on_checked,
		.order = by_run_id,
	};

	return &ops;
}
