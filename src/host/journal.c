/*
 * journal.c - what runs of this worker write to Postgres, in grouped commits
 *
 * A run has at most one unit in the group (pg/pg_group.h). What the unit writes is
 * decided when it is built for the first time, from what the run has by then, and stays
 * so until its fate is known: rows move from held->rows to held->flying, held->act says
 * which statement.
 *
 *	state   has                 act
 *	lazy    an end              LAZY_END   queued -> ended, all rows, one statement
 *	lazy    takeover_wanted     TAKEOVER   with the rows so far; of a run that others
 *	                                       had, the journal is read behind it
 *	owned   an end              END
 *	owned   rows                STEPS
 *	owned   proof_wanted        STEPS      perhaps of no row: it asks whether the run
 *	                                       is still ours
 *	owned   a pause, no rows    PAUSE      it may be refused: see journal_people.c
 *
 * A batch has at most one statement of each kind; a run is in one of them only, so their
 * order does not matter. Rows are locked in order of run id (pg_group's order).
 *
 * Ambiguous commits are read back: ends and takeovers by a look at the run's row (epoch
 * and owner are unique to us), steps by their last journal row. A takeover that is in but
 * should have brought something is done again, from ourselves.
 */
#include "host/journal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/row.h"
#include "host/held.h"
#include "host/journal_people.h"
#include "pg/pg_reply.h"
#include "store/store_runs.h"
#include "store/store_steps.h"
#include "store/store_waits.h"

#include <assert.h>
#include <string.h>

struct journal {
	struct pg_group *group;
	const char *owner;
	const char *worker_id;
	const struct journal_ops *ops;
	void *ctx;
	struct arena scratch; /* of one build or one reply */
	bool freeing;
};

static struct held *held_of(struct pg_unit *unit)
{
	return list_entry(unit, struct held, unit);
}

static int64_t mono_ms_since(int64_t then_mono_ms)
{
	int64_t ms = clock_mono_ms() - then_mono_ms;

	return ms > 0 ? ms : 0;
}

static enum held_act act_wanted(const struct held *held)
{
	switch (held->state) {
	case HELD_LAZY:
		if (held->final && !held->resumes)
			return HELD_ACT_LAZY_END;
		return held->takeover_wanted ? HELD_ACT_TAKEOVER : HELD_ACT_NONE;
	case HELD_OWNED:
		if (held->final)
			return HELD_ACT_END;
		if (!list_empty(&held->rows) || held->proof_wanted)
			return HELD_ACT_STEPS;
		return held->pause ? HELD_ACT_PAUSE : HELD_ACT_NONE;
	case HELD_ENDED:
	case HELD_PAUSED:
	case HELD_STALE:
		return HELD_ACT_NONE;
	}
	return HELD_ACT_NONE;
}

/* Decide once what the unit writes. */
static void fix_act(struct held *held)
{
	if (held->act != HELD_ACT_NONE)
		return;
	held->act = act_wanted(held);
	held->built_mono_ms = clock_mono_ms();
	held->proof_wanted = false;
	assert(held->act != HELD_ACT_NONE);
	FAULT_OF(held->act == HELD_ACT_TAKEOVER   ? "takeover.built"
		 : held->act == HELD_ACT_STEPS    ? "step.built"
		 : held->act == HELD_ACT_PAUSE    ? "pause.built"
		 : held->act == HELD_ACT_LAZY_END ? "lazy.built"
						  : "end.built",
		 held->run_id);
	if (held->act == HELD_ACT_PAUSE)
		journal_people_begin_pause(held);
	list_splice(&held->flying, &held->rows);
}

static struct store_step *make_steps(struct journal *journal, struct held *held,
				     size_t *count)
{
	struct store_step *steps;
	size_t n = 0;

	list_for_each(node, &held->flying)
		n++;
	steps = arena_new_n(&journal->scratch, struct store_step, n);
	n = 0;
	list_for_each(node, &held->flying) {
		struct held_row *row = list_entry(node, struct held_row, node);

		steps[n++] = (struct store_step){
			.run_id = held->run_id,
			.seq = row->seq,
			.path = row->row->path,
			.step_id = row->row->step_id,
			.execution = row->row->execution,
			.kind = row_kind_name(row->row->kind),
			.delta = row->row->delta.len ? str_text(&row->row->delta) : NULL,
			.events = held_row_events(held, row, &journal->scratch),
			.usage = row->row->usage.len ? str_text(&row->row->usage) : NULL,
			.error = row->row->error.len ? str_text(&row->row->error) : NULL,
			.wait = journal_people_change(&journal->scratch, row->row->wait),
		};
	}
	*count = n;
	return steps;
}

static struct store_step *make_steps_of(void *arg, struct held *held, size_t *count)
{
	return make_steps(arg, held, count);
}

static void fill_end(struct journal *journal, struct held *held, struct store_end *end)
{
	const struct engine_final *final = held->final;

	*end = (struct store_end){
		.run_id = held->run_id,
		.wake = held->wake,
		.epoch = held->epoch,
		.status = row_status_name(final->status),
		.final_response = str_text(&final->response),
		.error = final->error.len ? str_text(&final->error) : NULL,
		.shared_state = final->state.len ? str_text(&final->state) : NULL,
		.step_history = final->history.len ? str_text(&final->history) : NULL,
		.total_tokens = final->usage.input_tokens + final->usage.output_tokens,
		.total_cost_usd = final->usage.cost_usd,
		.cache_read_tokens = final->usage.cache_read_tokens,
		.cache_write_tokens = final->usage.cache_write_tokens,
		.event_seq = (int64_t)held->event_seq,
		.picked_up_ms = mono_ms_since(held->claimed_mono_ms),
	};
	end->steps = make_steps(journal, held, &end->step_count);
}

static size_t count_act(struct pg_unit *const *units, size_t n, enum held_act act)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += held_of(units[i])->act == act;
	return count;
}

static void build_ends(struct journal *journal, struct pg_batch *batch,
		       struct pg_unit *const *units, size_t n, enum held_act act)
{
	size_t count = count_act(units, n, act), at = 0, i;
	struct store_end *ends;

	if (!count)
		return;
	ends = arena_new_n(&journal->scratch, struct store_end, count);
	for (i = 0; i < n; i++)
		if (held_of(units[i])->act == act)
			fill_end(journal, held_of(units[i]), &ends[at++]);
	if (act == HELD_ACT_LAZY_END)
		(void)store_runs_end_lazy(batch, journal->owner, journal->worker_id, ends,
					  count);
	else
		(void)store_runs_end(batch, journal->owner, ends, count);
}

static void build_takeovers(struct journal *journal, struct pg_batch *batch,
			    struct pg_unit *const *units, size_t n)
{
	size_t count = count_act(units, n, HELD_ACT_TAKEOVER), at = 0, i;
	struct store_takeover *takeovers;

	if (!count)
		return;
	takeovers = arena_new_n(&journal->scratch, struct store_takeover, count);
	for (i = 0; i < n; i++) {
		struct held *held = held_of(units[i]);
		struct store_takeover *takeover;

		if (held->act != HELD_ACT_TAKEOVER)
			continue;
		takeover = &takeovers[at++];
		takeover->run_id = held->run_id;
		takeover->wake = held->wake;
		takeover->from = held->again ? journal->owner : held->from;
		takeover->steps = make_steps(journal, held, &takeover->step_count);
	}
	(void)store_runs_takeover(batch, journal->owner, journal->worker_id, takeovers,
				  count);
}

static size_t count_resumed(struct pg_unit *const *units, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += held_of(units[i])->act == HELD_ACT_TAKEOVER &&
			 held_of(units[i])->resumes;
	return count;
}

/* Behind the takeovers: what is read is younger than their locks. */
static void build_reads(struct journal *journal, struct pg_batch *batch,
			struct pg_unit *const *units, size_t n)
{
	size_t count = count_resumed(units, n), at = 0, i;
	const char **run_ids;

	if (!count)
		return;
	run_ids = arena_new_n(&journal->scratch, const char *, count);
	for (i = 0; i < n; i++) {
		const struct held *held = held_of(units[i]);

		if (held->act != HELD_ACT_TAKEOVER || !held->resumes)
			continue;
		/* units are in order of run id: a second entry of it is the next */
		if (!at || strcmp(run_ids[at - 1], held->run_id) != 0)
			run_ids[at++] = held->run_id;
	}
	(void)store_steps_read(batch, journal->owner, run_ids, at);
	(void)store_waits_read(batch, journal->owner, run_ids, at);
}

/* Of rows that a run of ours wrote: steps, or one that says that it is parked. */
static size_t make_commits(struct journal *journal, struct pg_unit *const *units,
			   size_t n, bool pauses, struct store_commit **ret)
{
	size_t count = count_act(units, n, HELD_ACT_STEPS) +
		       (pauses ? count_act(units, n, HELD_ACT_PAUSE) : 0);
	size_t at = 0, i;
	struct store_commit *commits;

	*ret = NULL;
	if (!count)
		return 0;
	commits = arena_new_n(&journal->scratch, struct store_commit, count);
	for (i = 0; i < n; i++) {
		struct held *held = held_of(units[i]);

		if (held->act != HELD_ACT_STEPS &&
		    (!pauses || held->act != HELD_ACT_PAUSE))
			continue;
		commits[at].run_id = held->run_id;
		commits[at].epoch = held->epoch;
		commits[at].steps = make_steps(journal, held, &commits[at].step_count);
		at++;
	}
	*ret = commits;
	return count;
}

/* The order of the statements, which the readers of the reply follow. */
static void on_build(void *ctx, struct pg_batch *batch, struct pg_unit *const *units,
		     size_t n)
{
	struct journal *journal = ctx;
	struct store_commit *commits;
	size_t count, i;

	for (i = 0; i < n; i++)
		fix_act(held_of(units[i]));
	build_ends(journal, batch, units, n, HELD_ACT_LAZY_END);
	build_takeovers(journal, batch, units, n);
	build_reads(journal, batch, units, n);
	count = make_commits(journal, units, n, false, &commits);
	if (count)
		(void)store_steps_commit(batch, journal->owner, commits, count);
	if (journal_people_changes(units, n))
		store_waits_write(batch, journal->owner, commits, count);
	build_ends(journal, batch, units, n, HELD_ACT_END);
	journal_people_build_ends(&journal->scratch, journal->owner, batch, units, n);
	journal_people_build_pauses(&journal->scratch, journal->owner, batch, units, n,
				    count_act(units, n, HELD_ACT_PAUSE), make_steps_of,
				    journal);
	arena_deinit(&journal->scratch);
}

/*
 * run id -> held, for the rows of a reply, which come in any order. A run may be there by
 * two entries: whoever parked it died before its entry went, and an answer made the next.
 * The newest wake alone can be ours.
 */
static void index_units(struct map *map, struct pg_unit *const *units, size_t n)
{
	size_t i;

	map_init(map);
	for (i = 0; i < n; i++) {
		struct held *held = held_of(units[i]);

		held->in = false;
		held->cancel_asked = false;
		held->answer_waits = false;
		held_index(map, held);
	}
}

static struct held *find(const struct map *map, const char *run_id, enum held_act act)
{
	struct held *held = held_find(map, run_id, act);

	assert(held);
	return held;
}

/* Of two that would take it over the one whose wake it is. */
static struct held *find_taken(const struct map *map, const struct store_taken *taken)
{
	struct held *held = find(map, taken->run_id, HELD_ACT_TAKEOVER);

	while (held && (held->act != HELD_ACT_TAKEOVER || held->wake != taken->wake))
		held = held->twin;
	assert(held);
	return held;
}

static void read_ends(const struct pg_reply *reply, int statement, const struct map *map,
		      enum held_act act)
{
	int rows = store_runs_end_count(reply, statement);
	int row;

	for (row = 0; row < rows; row++) {
		bool cancel;
		struct held *held = find(
			map, store_runs_end_read(reply, statement, row, &cancel), act);

		held->in = true;
		held->cancel_asked = cancel;
	}
}

static void read_takeovers(const struct pg_reply *reply, int statement,
			   const struct map *map)
{
	int rows = store_runs_takeover_count(reply, statement);
	struct store_taken taken;
	int row;

	for (row = 0; row < rows; row++) {
		struct held *held;

		store_runs_takeover_read(reply, statement, row, &taken);
		held = find_taken(map, &taken);
		held->in = true;
		held->epoch = taken.epoch;
		held->cancel_asked = taken.cancel;
		if (taken.session_id && !held->session)
			held->session = mem_dup(taken.session_id);
		if (!held->waits) {
			/* a later epoch: our rows were not written, others' may be */
			held->again = taken.epoch != 1;
			continue;
		}
		held->again = false;
		held_past_reset(held);
		people_unlearn(&held->people);
		held->past.taken_at_ms = taken.now_ms;
		held->past.message = arena_dup(&held->past.arena, taken.input);
		held->past.inputs =
			taken.inputs ? arena_dup(&held->past.arena, taken.inputs) : NULL;
	}
}

static void read_journals(const struct pg_reply *reply, int statement,
			  const struct map *map)
{
	int rows = store_steps_read_count(reply, statement);
	struct store_step step;
	int row;

	for (row = 0; row < rows; row++) {
		struct held *held;

		store_steps_read_row(reply, statement, row, &step);
		held = held_find(map, step.run_id, HELD_ACT_TAKEOVER);
		while (held && !(held->in && held->act == HELD_ACT_TAKEOVER))
			held = held->twin;
		if (!held)
			continue; /* ours, but this takeover was refused */
		held_past_add(held, &(struct fold_row){ .seq = step.seq,
							.path = step.path,
							.step_id = step.step_id,
							.kind = step.kind,
							.delta = step.delta,
							.events = step.events,
							.usage = step.usage,
							.error = step.error });
	}
}

static void read_commits(const struct pg_reply *reply, int statement,
			 const struct map *map)
{
	int rows = store_steps_commit_count(reply, statement);
	struct store_committed committed;
	int row;

	for (row = 0; row < rows; row++) {
		struct held *held;

		store_steps_commit_read(reply, statement, row, &committed);
		held = find(map, committed.run_id, HELD_ACT_STEPS);
		held->in = true;
		held->cancel_asked = committed.cancel;
		held->answer_waits = committed.answers;
	}
}

/* Tell the owner of the run; from here on it may add, free, or want again. */
static void tell(struct journal *journal, struct held *held)
{
	if (held->in)
		held->guarded_mono_ms = held->built_mono_ms;
	if (held->in)
		journal->ops->stored(journal->ctx, held, held->cancel_asked);
	else
		journal->ops->stale(journal->ctx, held);
}

static void on_committed(void *ctx, struct pg_unit *const *units, size_t n,
			 const struct pg_reply *reply)
{
	struct journal *journal = ctx;
	int statement = 0;
	struct map map;
	size_t i;

	index_units(&map, units, n);
	if (count_act(units, n, HELD_ACT_LAZY_END))
		read_ends(reply, statement++, &map, HELD_ACT_LAZY_END);
	if (count_act(units, n, HELD_ACT_TAKEOVER))
		read_takeovers(reply, statement++, &map);
	if (count_resumed(units, n)) {
		read_journals(reply, statement++, &map);
		journal_people_read_waits(reply, statement++, &map);
	}
	if (count_act(units, n, HELD_ACT_STEPS))
		read_commits(reply, statement++, &map);
	if (journal_people_changes(units, n))
		statement += 2; /* nothing comes back */
	if (count_act(units, n, HELD_ACT_END))
		read_ends(reply, statement++, &map, HELD_ACT_END);
	if (journal_people_ends(units, n))
		statement++;
	if (count_act(units, n, HELD_ACT_PAUSE))
		journal_people_read_pauses(reply, statement, &map);
	map_deinit(&map);
	for (i = 0; i < n; i++)
		held_of(units[i])->queued = false;
	for (i = 0; i < n; i++)
		tell(journal, held_of(units[i]));
}

static void on_rejected(void *ctx, struct pg_unit *unit, const struct pg_outcome *outcome)
{
	struct journal *journal = ctx;
	struct held *held = held_of(unit);

	held->queued = false;
	if (!journal->freeing)
		journal->ops->refused(journal->ctx, held, outcome);
}

static bool act_is_step(const struct held *held)
{
	return held->act == HELD_ACT_STEPS || held->act == HELD_ACT_PAUSE;
}

/* Those that wrote rows: one that only asked is in if its answer is, so it asks again. */
static size_t make_checks(struct journal *journal, struct pg_unit *const *units, size_t n,
			  struct store_commit **ret)
{
	size_t count = make_commits(journal, units, n, true, ret), kept = 0, i;

	for (i = 0; i < count; i++)
		if ((*ret)[i].step_count)
			(*ret)[kept++] = (*ret)[i];
	return kept;
}

/* Two statements, always both: a look at the rows of ends and takeovers, and the journal
 * of steps. Either may have nothing to ask. */
static void on_build_check(void *ctx, struct pg_batch *batch,
			   struct pg_unit *const *units, size_t n)
{
	struct journal *journal = ctx;
	struct store_commit *commits;
	const char **run_ids = arena_new_n(&journal->scratch, const char *, n);
	size_t count, at = 0, i;

	for (i = 0; i < n; i++)
		if (!act_is_step(held_of(units[i])))
			run_ids[at++] = held_of(units[i])->run_id;
	(void)store_runs_check(batch, run_ids, at);
	count = make_checks(journal, units, n, &commits);
	(void)store_steps_check(batch, commits, count);
	arena_deinit(&journal->scratch);
}

static void check_look(struct journal *journal, struct held *held,
		       const struct store_run_look *look)
{
	held->cancel_asked = look->cancel;
	switch (held->act) {
	case HELD_ACT_LAZY_END:
		held->in = store_runs_end_is_ours(look, journal->owner, 1);
		return;
	case HELD_ACT_END:
		held->in = store_runs_end_is_ours(look, journal->owner, held->epoch);
		return;
	case HELD_ACT_TAKEOVER:
		held->in = !look->ended && look->wake == held->wake && look->owner &&
			   strcmp(look->owner, journal->owner) == 0;
		if (held->in && held->waits) {
			held->in = false; /* what it should bring is lost */
			held->again = true;
		} else if (held->in) {
			held->epoch = look->epoch;
			held->again = look->epoch != 1;
		}
		return;
	case HELD_ACT_STEPS:
	case HELD_ACT_PAUSE:
	case HELD_ACT_NONE:
		return;
	}
}

static void on_checked(void *ctx, struct pg_unit *const *units, size_t n,
		       const struct pg_reply *reply, bool *in)
{
	struct journal *journal = ctx;
	struct store_run_look look;
	struct map map;
	int rows, row;
	size_t i;

	index_units(&map, units, n);
	rows = store_runs_look_count(reply, 0);
	for (row = 0; row < rows; row++) {
		struct held *held;

		store_runs_look_read(reply, 0, row, &look);
		held = map_get(&map, look.run_id, strlen(look.run_id));
		for (; held; held = held->twin)
			check_look(journal, held, &look);
	}
	rows = store_steps_check_count(reply, 1);
	for (row = 0; row < rows; row++) {
		const char *run_id = store_steps_check_read(reply, 1, row);
		struct held *held = map_get(&map, run_id, strlen(run_id));

		while (held && !act_is_step(held))
			held = held->twin;
		assert(held);
		held->in = true;
		held->parked = true; /* its row says so */
	}
	map_deinit(&map);
	for (i = 0; i < n; i++) {
		in[i] = held_of(units[i])->in;
		if (in[i])
			held_of(units[i])->queued = false;
	}
	for (i = 0; i < n; i++)
		if (in[i])
			tell(journal, held_of(units[i]));
}

static const char *run_id_of(const struct pg_unit *unit)
{
	const char *base = (const char *)unit - offsetof(struct held, unit);

	return ((const struct held *)(const void *)base)->run_id;
}

static int order(const struct pg_unit *a, const struct pg_unit *b)
{
	return strcmp(run_id_of(a), run_id_of(b));
}

static const struct pg_group_ops group_ops = {
	.build = on_build,
	.committed = on_committed,
	.rejected = on_rejected,
	.build_check = on_build_check,
	.checked = on_checked,
	.order = order,
};

struct journal *journal_new(struct ev_loop *loop, struct pg_pool *pool,
			    size_t commit_rows, const char *owner, const char *worker_id,
			    const struct journal_ops *ops, void *ctx)
{
	struct journal *journal = mem_new(struct journal);
	const struct pg_group_options options = { .commit_rows = commit_rows };

	journal->owner = owner;
	journal->worker_id = worker_id;
	journal->ops = ops;
	journal->ctx = ctx;
	arena_init(&journal->scratch);
	journal->group = pg_group_new(loop, pool, &options, &group_ops, journal);
	return journal;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	journal->freeing = true;
	pg_group_free(journal->group);
	arena_deinit(&journal->scratch);
	mem_free(journal);
}

void journal_want(struct journal *journal, struct held *held)
{
	if (held->act == HELD_ACT_NONE)
		held->unit.bytes = held_bytes(held);
	if (held->queued || act_wanted(held) == HELD_ACT_NONE)
		return;
	held->queued = true;
	pg_group_add(journal->group, &held->unit);
}

const struct pg_group_counters *journal_counters(const struct journal *journal)
{
	return pg_group_counters(journal->group);
}
