/*
 * sim_store.c - what is durable: the rows of the runs, their journals, their entries
 *
 * The statements of store/sql/ in a few lines: each locks the run by being alone in this
 * thread, proves owner and epoch, and does all or nothing. What a row does to the
 * invariants is asked when it is stored, and nowhere else.
 */
#include "sim_store.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "run/definition.h"
#include "sim_bugs.h"
#include "sim_case.h"
#include "sim_graph.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct definition *parse(const struct sim_world *world, const struct str *text)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	if (definition_parse(str_text(text), text->len, &definition, &problems) < 0)
		sim_broken(world, "the simulator made a definition that is none: %s: %s",
			   problems.kept[0].where, problems.kept[0].text);
	problem_deinit(&problems);
	return definition;
}

static void find_around(const struct sim_world *world, struct sim_run *run)
{
	struct str text = STR_INIT;
	struct err err;

	if (run->given) {
		run->around = run->given->doc;
		return;
	}
	sim_graph_around(&world->plan, &text);
	if (jsonr_parse(str_text(&text), text.len, &run->around_own, NULL, NULL, &err) <
	    0)
		sim_broken(world, "the simulator made agents that are none: %s",
			   err.text);
	run->around = run->around_own;
	sim_say(world, "%s: around it %s", run->run_id, str_text(&text));
	str_deinit(&text);
}

void sim_run_init(struct sim_world *world, struct sim_run *run, int number)
{
	const struct sim_case *given = world->plan.given;
	struct str text = STR_INIT, inputs = STR_INIT;

	memset(run, 0, sizeof(*run));
	run->number = number;
	run->given = given;
	(void)snprintf(run->run_id, sizeof(run->run_id), "run_%d", number);
	if (given) {
		str_add_text(&text, given->definition);
		str_add_text(&inputs, given->inputs);
	} else {
		sim_graph_print(&world->plan, number, &text);
		sim_graph_inputs(&world->plan, number, &inputs);
	}
	run->definition = parse(world, &text);
	run->wake = run->entry_wake = 1;
	run->message = mem_dup(given ? given->message : "What is to be done?");
	run->inputs = str_take(&inputs);
	if (world->plan.faults & 1U << SIM_RESUME)
		run->reopens = (int)(sim_plan_stream(&world->plan, SIM_STREAM_FAULT,
						     (uint64_t)(1000 + number)) %
				     3);
	sim_watch_init(&run->watch);
	sim_say(world, "%s: %s", run->run_id, str_text(&text));
	sim_say(world, "%s: inputs %s", run->run_id, run->inputs);
	find_around(world, run);
	str_deinit(&text);
}

void sim_row_deinit(struct sim_row *row)
{
	mem_free(row->row.path);
	mem_free(row->row.step_id);
	mem_free(row->row.delta);
	mem_free(row->row.events);
	mem_free(row->row.usage);
	mem_free(row->row.error);
	sim_people_change_free(row->change);
}

void sim_run_deinit(struct sim_run *run)
{
	size_t i;

	for (i = 0; i < run->rows_count; i++)
		sim_row_deinit(&run->rows[i]);
	mem_free(run->rows);
	sim_watch_deinit(&run->watch);
	definition_unref(run->definition);
	for (i = 0; i < SIM_INNER_MAX; i++)
		definition_unref(run->inner[i].definition);
	jsonr_free(run->around_own);
	sim_people_free(run);
	mem_free(run->once);
	mem_free(run->message);
	mem_free(run->inputs);
	mem_free(run->final_state);
	mem_free(run->final_text);
	mem_free(run->final_history);
	str_deinit(&run->calls);
	str_deinit(&run->requests);
}

bool sim_run_ended(const struct sim_run *run)
{
	return run->status > SIM_RUNNING;
}

void sim_unit_deinit(struct sim_unit *unit)
{
	size_t i;

	for (i = 0; i < unit->rows_count; i++)
		sim_row_deinit(&unit->rows[i]);
	mem_free(unit->rows);
	mem_free(unit->state);
	mem_free(unit->text);
	mem_free(unit->history);
	sim_people_copy_free(unit->questions, unit->questions_count);
}

static void digest(struct sim_world *world, const struct fold_row *row)
{
	const char *texts[] = { row->path, row->delta, row->events, row->error };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i])
			world->digest =
				sim_mix_text(world->digest, texts[i], strlen(texts[i]));
}

static void room_for(struct sim_run *run, size_t more)
{
	if (run->rows_count + more <= run->rows_room)
		return;
	run->rows_room = (run->rows_count + more) * 2;
	run->rows = mem_resize(run->rows, run->rows_room * sizeof(*run->rows));
}

static void store_rows(struct sim_world *world, struct sim_run *run,
		       struct sim_unit *unit)
{
	size_t i;

	room_for(run, unit->rows_count);
	for (i = 0; i < unit->rows_count; i++) {
		struct sim_row *row = &run->rows[run->rows_count++];

		*row = unit->rows[i];
		digest(world, &row->row);
		world->counts->rows++;
		sim_watch_row(world, run, row);
		if (row->change && unit->act == HELD_ACT_TAKEOVER)
			sim_broken(world, "%s: people are asked in a takeover",
				   run->run_id);
		if (row->change)
			sim_people_apply(world, run, row->change,
					 strcmp(row->row.kind, "answer") == 0);
	}
	unit->rows_count = 0;
}

static void on_reopen(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;

	(void)n;
	if (run->entry != SIM_GONE) { /* its last owner is about to let go of it */
		sim_after(world, 50, on_reopen, run, 0);
		return;
	}
	sim_store_reopen(world, run);
	run->entry_wake = ++run->wake;
	sim_worker_put_back(world, run, 0);
}

void sim_store_reopen(struct sim_world *world, struct sim_run *run)
{
	const struct definition *definition = run->definition;
	struct str delta = STR_INIT;
	uint64_t any = sim_plan_stream(&world->plan, SIM_STREAM_GRAPH,
				       (uint64_t)(1000 + run->number * 8 + run->reopens));
	struct sim_row *row;

	if (any % 4)
		str_add_text(&delta, "{\"from_step\":null}");
	else
		str_printf(&delta, "{\"from_step\":\"%s\"}",
			   definition->steps[any / 4 % definition->steps_count].id);
	room_for(run, 1);
	row = &run->rows[run->rows_count++];
	memset(row, 0, sizeof(*row));
	row->epoch = (uint64_t)run->epoch;
	row->row = (struct fold_row){
		.seq = (int64_t)run->rows_count,
		.path = mem_dup(""),
		.step_id = mem_dup(""),
		.kind = "resume",
		.delta = str_take(&delta),
	};
	sim_say(world, "%s: it is to go on: %s", run->run_id, row->row.delta);
	world->counts->reopens++;
	mem_free(run->final_state);
	mem_free(run->final_text);
	mem_free(run->final_history);
	run->final_state = run->final_text = run->final_history = NULL;
	run->status = SIM_QUEUED;
	run->owner = 0;
	run->cancel = false;
	run->reopening = false;
	sim_watch_reopen(&run->watch);
}

static bool is_mine(const struct sim_run *run, const struct sim_unit *unit,
		    int incarnation)
{
	if (sim_bug(SIM_BUG_UNFENCED))
		return run->status == SIM_RUNNING;
	return run->status == SIM_RUNNING && run->owner == incarnation &&
	       run->epoch == unit->epoch;
}

static void take_over(struct sim_world *world, struct sim_unit *unit, int incarnation)
{
	struct sim_run *run = unit->run;

	if (sim_run_ended(run) || run->status == SIM_PAUSED || run->wake != unit->wake ||
	    (run->owner && run->owner != unit->from))
		return;
	run->epoch++;
	run->owner = incarnation;
	run->status = SIM_RUNNING;
	unit->in = true;
	unit->taken_epoch = run->epoch;
	unit->past = run->rows_count;
	if (run->epoch == 1)
		store_rows(world, run, unit);
	if (run->epoch > 1)
		world->counts->takeovers++;
	unit->questions = sim_people_copy(run, &unit->questions_count);
}

/* store/sql/runs_pause.sql */
static void pause_run(struct sim_world *world, struct sim_run *run, struct sim_unit *unit)
{
	unit->in = true;
	unit->parked = !sim_people_unread(run) && sim_people_open(run) && !run->cancel;
	if (!unit->parked)
		return;
	store_rows(world, run, unit);
	run->status = SIM_PAUSED;
	run->owner = 0;
	world->counts->pauses++;
}

static void end_run(struct sim_world *world, struct sim_run *run, struct sim_unit *unit)
{
	run->status = unit->status;
	run->final_state = unit->state;
	run->final_text = unit->text;
	run->final_history = unit->history;
	unit->state = unit->text = unit->history = NULL;
	sim_people_end(run);
	if (run->status == SIM_FAILED && run->reopens > 0) {
		run->reopens--;
		run->reopening = true;
		sim_after(world, sim_any(world, 3000), on_reopen, run, 0);
	}
}

void sim_store_apply(struct sim_world *world, struct sim_unit *unit, int incarnation)
{
	struct sim_run *run = unit->run;

	unit->in = false;
	unit->cancel = run->cancel;
	switch (unit->act) {
	case HELD_ACT_TAKEOVER:
		take_over(world, unit, incarnation);
		break;
	case HELD_ACT_LAZY_END:
		if (run->epoch || run->status != SIM_QUEUED || run->wake != unit->wake)
			break;
		run->epoch = 1;
		run->owner = incarnation;
		unit->in = true;
		store_rows(world, run, unit);
		end_run(world, run, unit);
		break;
	case HELD_ACT_STEPS:
	case HELD_ACT_END:
		if (!is_mine(run, unit, incarnation))
			break;
		unit->in = true;
		store_rows(world, run, unit);
		if (unit->act == HELD_ACT_END)
			end_run(world, run, unit);
		break;
	case HELD_ACT_PAUSE:
		if (is_mine(run, unit, incarnation))
			pause_run(world, run, unit);
		break;
	case HELD_ACT_NONE:
		assert(false);
	}
	unit->answered = sim_people_unread(run);
	if (!unit->in)
		world->counts->stale++;
	sim_say(world, "%s: store: act %d of #%d %s, epoch %" PRId64 ", %zu rows",
		run->run_id, (int)unit->act, incarnation,
		unit->in ? "is in" : "is refused", run->epoch, run->rows_count);
}

void sim_store_cancel(struct sim_world *world, struct sim_run *run)
{
	if (sim_run_ended(run) || run->cancel)
		return;
	run->cancel = true;
	run->cancel_at_ms = world->now_ms;
	sim_say(world, "%s: somebody wants it to stop", run->run_id);
	if (run->status == SIM_QUEUED || run->status == SIM_PAUSED) {
		run->status = SIM_CANCELLED; /* at once: its events are the clerk's */
		sim_people_end(run);
	}
}
