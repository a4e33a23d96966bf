/*
 * event.c - the texts of events, each built once (CONTRACT 11.3)
 *
 * An event is written straight into the row (or the buffer) that carries it, and never
 * parsed or copied into another form. Its own fields come first and in CONTRACT's order,
 * then `truncated` if so, then ts, seq and epoch (DECISIONS 9).
 *
 * Cutting: a heavy field may take what the fields before it left of the bound, less the
 * room for all that follows and is not heavy (TAIL_MAX). The bytes that a text takes as
 * JSON are counted before it is written, so nothing is written twice.
 */
#include "engine/event.h"

#include "base/jsonw.h"
#include "base/utf8.h"
#include "run/definition.h"
#include "run/history.h"

#include <assert.h>
#include <string.h>

/* What may follow a heavy field: a run id of 255 characters that are written as \u00XX,
 * and some 300 bytes of keys, flags and numbers. */
#define TAIL_MAX 2048

static_assert(TAIL_MAX < EVENT_MAX_LEAST, "the least event has room for a heavy field");

struct event {
	struct jsonw w;
	struct str *out;
	size_t start; /* where in out the event begins */
	size_t max;
	bool cut;
};

static void begin(struct event *event, struct str *out, const struct event_stamp *stamp,
		  const char *type)
{
	event->out = out;
	event->start = out->len;
	event->max = stamp->max;
	event->cut = false;
	jsonw_init(&event->w, out);
	jsonw_object(&event->w);
	jsonw_pair_text(&event->w, "type", type);
}

static void finish(struct event *event, const struct event_stamp *stamp)
{
	if (event->cut)
		jsonw_pair_bool(&event->w, "truncated", true);
	jsonw_pair_int(&event->w, "ts", stamp->at_ms);
}

void event_close(struct str *out, uint64_t seq, uint64_t epoch, uint64_t sub)
{
	str_add_text(out, ",\"seq\":");
	str_add_int(out, (int64_t)seq);
	str_add_text(out, ",\"epoch\":");
	str_add_int(out, (int64_t)epoch);
	if (sub) {
		str_add_text(out, ",\"sub\":");
		str_add_int(out, (int64_t)sub);
	}
	str_add_char(out, '}');
}

static size_t quoted_bytes(unsigned char c)
{
	if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t')
		return 2;
	return c < 0x20 || c == 0x7f ? 6 : 1;
}

/* How much of the text fits into room bytes of JSON, between two characters. */
static size_t fitting(struct event_text text, size_t room)
{
	size_t used = 2, i;

	if (text.len <= room / 6)
		return text.len;
	for (i = 0; i < text.len; i++) {
		used += quoted_bytes((unsigned char)text.text[i]);
		if (used > room)
			return utf8_cut(text.text, text.len, i);
	}
	return text.len;
}

/* Bytes that the next heavy field may take, behind its key. */
static size_t room(const struct event *event)
{
	size_t used = event->out->len - event->start + TAIL_MAX;

	return event->max > used ? event->max - used : 0;
}

/* share: how much of the room this field may take, as a divisor. */
static void heavy_text(struct event *event, const char *key, struct event_text text,
		       size_t share)
{
	size_t len;

	jsonw_key(&event->w, key);
	len = fitting(text, room(event) / share);
	event->cut |= len < text.len;
	jsonw_text_n(&event->w, text.text, len);
}

static void heavy_json(struct event *event, const char *key, struct event_text json)
{
	bool fits;

	jsonw_key(&event->w, key);
	fits = json.len <= room(event);
	event->cut |= !fits;
	jsonw_raw(&event->w,
		  fits                  ? json.text
		  : json.text[0] == '[' ? "[]"
					: "{}",
		  fits ? json.len : 2);
}

static void step_fields(struct event *event, const struct definition_step *step)
{
	jsonw_pair_text(&event->w, "orch_step_id", step->id);
	jsonw_pair_text(&event->w, "step_name", step->name);
}

void event_worker_picked_up(struct str *out, const struct event_stamp *stamp,
			    const char *worker_id, const char *run_id)
{
	struct event event;

	begin(&event, out, stamp, "worker_picked_up");
	jsonw_pair_text(&event.w, "worker_id", worker_id);
	jsonw_pair_text(&event.w, "run_id", run_id);
	finish(&event, stamp);
}

void event_orchestration_start(struct str *out, const struct event_stamp *stamp,
			       const char *run_id, const struct definition *definition)
{
	struct event event;

	begin(&event, out, stamp, "orchestration_start");
	jsonw_pair_text(&event.w, "run_id", run_id);
	jsonw_pair_text(&event.w, "orchestration_id", definition->id);
	jsonw_pair_text(&event.w, "orchestration_name", definition->name);
	finish(&event, stamp);
}

void event_step_start(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step)
{
	struct event event;

	begin(&event, out, stamp, "step_start");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "step_type", step->type_name);
	finish(&event, stamp);
}

void event_step_complete(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, int64_t duration_ms)
{
	char seconds[HISTORY_SECONDS_MAX];
	struct event event;

	begin(&event, out, stamp, "step_complete");
	step_fields(&event, step);
	(void)history_seconds(duration_ms, seconds);
	jsonw_pair_raw(&event.w, "duration_seconds", seconds, strlen(seconds));
	finish(&event, stamp);
}

void event_step_error(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, enum fail_class class,
		      const char *code, struct event_text text, int attempt,
		      int64_t retry_in_ms)
{
	struct event event;

	begin(&event, out, stamp, "step_error");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	heavy_text(&event, "error", text, 1);
	jsonw_pair_text(&event.w, "error_class", fail_name(class));
	if (code)
		jsonw_pair_text(&event.w, "error_code", code);
	jsonw_pair_int(&event.w, "attempt", attempt);
	if (retry_in_ms >= 0)
		jsonw_pair_int(&event.w, "retry_in_ms", retry_in_ms);
	finish(&event, stamp);
}

void event_step_warning(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, const char *message)
{
	struct event event;

	begin(&event, out, stamp, "step_warning");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_text(&event.w, "message", message);
	finish(&event, stamp);
}

void event_thinking(struct str *out, const struct event_stamp *stamp,
		    const struct definition_step *step, const char *message)
{
	struct event event;

	begin(&event, out, stamp, "thinking");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "message", message);
	finish(&event, stamp);
}

void event_llm_token(struct str *out, const struct event_stamp *stamp,
		     const struct definition_step *step, struct event_text text)
{
	struct event event;

	begin(&event, out, stamp, "llm_token");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	heavy_text(&event, "text", text, 1);
	finish(&event, stamp);
}

void event_step_final(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, struct event_text response)
{
	struct event event;

	begin(&event, out, stamp, "final");
	step_fields(&event, step);
	heavy_text(&event, "response", response, 1);
	finish(&event, stamp);
}

/* One event of a step with one number. */
static void numbered(struct str *out, const struct event_stamp *stamp, const char *type,
		     const struct definition_step *step, const char *key, int64_t n)
{
	struct event event;

	begin(&event, out, stamp, type);
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_int(&event.w, key, n);
	finish(&event, stamp);
}

void event_parallel_start(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step)
{
	numbered(out, stamp, "parallel_start", step, "branch_count",
		 (int64_t)step->branches_count);
}

/* Its index comes with the place that the row adds (row_set_place()). */
void event_branch_start(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step)
{
	numbered(out, stamp, "branch_start", step, "branch_count",
		 (int64_t)step->branches_count);
}

void event_parallel_complete(struct str *out, const struct event_stamp *stamp,
			     const struct definition_step *step)
{
	numbered(out, stamp, "parallel_complete", step, "branch_count",
		 (int64_t)step->branches_count);
}

void event_loop_iteration(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, int64_t iteration,
			  int64_t total)
{
	struct event event;

	begin(&event, out, stamp, "loop_iteration");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_int(&event.w, "iteration", iteration);
	jsonw_pair_int(&event.w, "total", total);
	finish(&event, stamp);
}

void event_loop_complete(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, int64_t completed)
{
	numbered(out, stamp, "loop_complete", step, "iterations_completed", completed);
}

void event_merge_complete(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, size_t input_count)
{
	struct event event;

	begin(&event, out, stamp, "merge_complete");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_int(&event.w, "input_count", (int64_t)input_count);
	jsonw_pair_text(&event.w, "strategy",
			definition_merge_name(step->merge_strategy));
	finish(&event, stamp);
}

void event_transform_result(struct str *out, const struct event_stamp *stamp,
			    const struct definition_step *step,
			    const struct event_text *result)
{
	struct event event;

	begin(&event, out, stamp, "transform_result");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	if (result) {
		heavy_text(&event, "result", *result, 1);
	} else {
		jsonw_key(&event.w, "result");
		jsonw_null(&event.w);
	}
	finish(&event, stamp);
}

static struct event_text text_of(const char *text)
{
	return (struct event_text){ text ? text : "", text ? strlen(text) : 0 };
}

void event_if_decided(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, bool truth)
{
	struct event event;

	begin(&event, out, stamp, "if_decision");
	step_fields(&event, step);
	heavy_text(&event, "condition", text_of(step->if_condition), 1);
	jsonw_pair_text(&event.w, "result", truth ? "true" : "false");
	finish(&event, stamp);
}

void event_switch_decided(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, struct event_text value,
			  const char *matched)
{
	struct event event;

	begin(&event, out, stamp, "switch_decision");
	step_fields(&event, step);
	heavy_text(&event, "expression", text_of(step->switch_expression), 2);
	heavy_text(&event, "value", value, 1);
	jsonw_pair_text(&event.w, "matched_case", matched);
	finish(&event, stamp);
}

void event_if_routed(struct str *out, const struct event_stamp *stamp,
		     const struct definition_step *step, bool truth, const char *target)
{
	struct event event;

	begin(&event, out, stamp, "if_decision");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_text(&event.w, "decision", truth ? "true" : "false");
	jsonw_pair_text(&event.w, "target_step_id", target);
	finish(&event, stamp);
}

void event_switch_routed(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *matched,
			 const char *target)
{
	struct event event;

	begin(&event, out, stamp, "switch_decision");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_text(&event.w, "matched_case", matched);
	jsonw_pair_text(&event.w, "target_step_id", target);
	finish(&event, stamp);
}

void event_route_decided(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *label,
			 struct event_text reasoning)
{
	struct str tool = STR_INIT;
	struct event event;

	str_printf(&tool, "route_%s", label);
	begin(&event, out, stamp, "routing_decision");
	jsonw_pair_text(&event.w, "tool_name", str_text(&tool));
	jsonw_key(&event.w, "arguments");
	jsonw_object(&event.w);
	heavy_text(&event, "reasoning", reasoning, 1);
	jsonw_object_end(&event.w);
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	finish(&event, stamp);
	str_deinit(&tool);
}

void event_route_routed(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, const char *label,
			const char *target, struct event_text reasoning)
{
	struct event event;

	begin(&event, out, stamp, "routing_decision");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_text(&event.w, "decision", label);
	jsonw_pair_text(&event.w, "target_step_id", target);
	heavy_text(&event, "reasoning", reasoning, 1);
	finish(&event, stamp);
}

void event_tool_execution(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, const char *tool,
			  struct event_text args)
{
	struct event event;

	begin(&event, out, stamp, "tool_execution");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "tool_name", tool);
	heavy_json(&event, "args", args);
	finish(&event, stamp);
}

void event_tool_result(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, const char *tool,
		       struct event_text preview)
{
	event_subtask_result(out, stamp, step, tool, preview, NULL);
}

void event_subtask_result(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, const char *tool,
			  struct event_text preview, const char *subtask)
{
	struct event event;

	begin(&event, out, stamp, "tool_result");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "tool_name", tool);
	heavy_text(&event, "preview", preview, 1);
	if (subtask)
		jsonw_pair_text(&event.w, "subtask_name", subtask);
	finish(&event, stamp);
}

void event_human_input_required(struct str *out, const struct event_stamp *stamp,
				const struct definition_step *step, const char *run_id,
				struct event_text prompt,
				const struct event_text *context)
{
	struct event event;

	begin(&event, out, stamp, "human_input_required");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	heavy_text(&event, "prompt", prompt, 2);
	heavy_json(&event, "fields",
		   (struct event_text){ step->human_fields, step->human_fields_len });
	jsonw_pair_text(&event.w, "run_id", run_id);
	if (context)
		heavy_text(&event, "agent_context", *context, 1);
	else
		jsonw_pair_text(&event.w, "agent_context", NULL);
	jsonw_pair_text(&event.w, "channel_id", step->human_channel_id);
	finish(&event, stamp);
}

void event_human_timeout(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *target)
{
	struct event event;

	begin(&event, out, stamp, "human_timeout");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "target_step_id", target);
	finish(&event, stamp);
}

void event_human_reminder(struct str *out, const struct event_stamp *stamp,
			  const char *step_id, const char *path, const char *prompt,
			  int64_t nth)
{
	struct event event;

	begin(&event, out, stamp, "human_reminder");
	jsonw_pair_text(&event.w, "orch_step_id", step_id);
	jsonw_pair_text(&event.w, "wait", path);
	heavy_text(&event, "prompt", (struct event_text){ prompt, strlen(prompt) }, 1);
	jsonw_pair_int(&event.w, "reminder", nth);
	finish(&event, stamp);
}

void event_paused(struct str *out, const struct event_stamp *stamp)
{
	struct event event;

	begin(&event, out, stamp, "paused");
	finish(&event, stamp);
}

static void turn_event(struct str *out, const struct event_stamp *stamp, const char *type,
		       const struct definition_step *step, const char *key,
		       struct event_text text, int turn)
{
	struct event event;

	begin(&event, out, stamp, type);
	step_fields(&event, step);
	heavy_text(&event, key, text, 1);
	jsonw_pair_int(&event.w, "turn", turn);
	finish(&event, stamp);
}

void event_llm_reasoning(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, struct event_text reasoning,
			 int turn)
{
	turn_event(out, stamp, "llm_reasoning", step, "reasoning", reasoning, turn);
}

void event_llm_thought(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, struct event_text thought,
		       int turn)
{
	turn_event(out, stamp, "llm_thought", step, "thought", thought, turn);
}

/* The original is in the journal, so there is no archive to name. */
void event_context_compact(struct str *out, const struct event_stamp *stamp,
			   const struct definition_step *step, const char *stage,
			   size_t chars_before, size_t chars_after)
{
	int64_t before = (int64_t)chars_before, after = (int64_t)chars_after;
	struct event event;

	begin(&event, out, stamp, "context_compact");
	step_fields(&event, step);
	jsonw_pair_text(&event.w, "stage", stage);
	jsonw_pair_int(&event.w, "chars_before", before);
	jsonw_pair_int(&event.w, "chars_after", after);
	jsonw_pair_int(&event.w, "reduction_pct",
		       before ? (before - after) * 100 / before : 0);
	jsonw_pair_text(&event.w, "archive_path", NULL);
	finish(&event, stamp);
}

static void chat_final(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, struct event_text response,
		       const char *intent, const char *tool)
{
	struct event event;

	begin(&event, out, stamp, "final");
	step_fields(&event, step);
	heavy_text(&event, "response", response, 1);
	jsonw_pair_text(&event.w, "intent", intent);
	jsonw_key(&event.w, "data");
	jsonw_null(&event.w);
	jsonw_pair_text(&event.w, "tool_name", tool);
	finish(&event, stamp);
}

void event_nested_final(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, struct event_text response)
{
	chat_final(out, stamp, step, response, "orchestration", NULL);
}

void event_agent_final(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, struct event_text response,
		       const char *tool)
{
	chat_final(out, stamp, step, response, "chat", tool);
}

void event_loop_limit_reached(struct str *out, const struct event_stamp *stamp,
			      const struct definition_step *step, int iterations)
{
	struct event event;

	begin(&event, out, stamp, "loop_limit_reached");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	jsonw_pair_int(&event.w, "iterations", iterations);
	jsonw_pair_int(&event.w, "max_iterations", step->max_iterations);
	finish(&event, stamp);
}

void event_orchestration_end(struct str *out, const struct event_stamp *stamp,
			     const struct definition_step *step)
{
	struct event event;

	begin(&event, out, stamp, "orchestration_end");
	jsonw_pair_text(&event.w, "orch_step_id", step->id);
	finish(&event, stamp);
}

void event_orchestration_error(struct str *out, const struct event_stamp *stamp,
			       const char *error)
{
	struct event event;

	begin(&event, out, stamp, "orchestration_error");
	heavy_text(&event, "error", (struct event_text){ error, strlen(error) }, 1);
	finish(&event, stamp);
}

void event_orchestration_complete(struct str *out, const struct event_stamp *stamp,
				  const char *run_id, enum run_status status,
				  struct event_text state)
{
	struct event event;

	begin(&event, out, stamp, "orchestration_complete");
	jsonw_pair_text(&event.w, "run_id", run_id);
	jsonw_pair_text(&event.w, "status", row_status_name(status));
	heavy_json(&event, "final_state", state);
	finish(&event, stamp);
}

void event_run_final(struct str *out, const struct event_stamp *stamp, const char *run_id,
		     enum run_status status, struct event_text response,
		     struct event_text history, struct event_text state)
{
	struct event event;

	begin(&event, out, stamp, "final");
	heavy_text(&event, "response", response, 2);
	jsonw_pair_text(&event.w, "intent", "orchestration");
	jsonw_key(&event.w, "data");
	jsonw_object(&event.w);
	jsonw_pair_text(&event.w, "run_id", run_id);
	jsonw_pair_text(&event.w, "status", row_status_name(status));
	heavy_json(&event, "step_history", history);
	heavy_json(&event, "shared_state", state);
	jsonw_object_end(&event.w);
	jsonw_pair_text(&event.w, "tool_name", NULL);
	finish(&event, stamp);
}

void event_done(struct str *out, const struct event_stamp *stamp)
{
	struct event event;

	begin(&event, out, stamp, "done");
	finish(&event, stamp);
}
