/* event.h - the texts of events, each built once (CONTRACT 11.3) */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "base/str.h"
#include "engine/row.h"
#include "run/fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct definition_step;

/* What every event is built with. */
struct event_stamp {
	int64_t at_ms; /* "ts" */
	size_t max;    /* bytes of the event; heavy fields are cut to fit */
};

/* A text that may be long. */
struct event_text {
	const char *text;
	size_t len;
};

/* The least that stamp->max may be. */
#define EVENT_MAX_LEAST 4096

/*
 * Each appends one JSON object to out, left open behind "ts": its number in the run is
 * known only when the row that it rides in is handed out (parallel paths build theirs at
 * the same time). row_add_event() marks its end in a row, event_close() closes it.
 *
 * Fields marked heavy are cut (texts) or emptied (objects, lists) when the event would
 * exceed stamp->max, and "truncated":true is added. Ids and names are never cut: an
 * event exceeds a small max when they alone do.
 */
void event_worker_picked_up(struct str *out, const struct event_stamp *stamp,
			    const char *worker_id, const char *run_id);
void event_orchestration_start(struct str *out, const struct event_stamp *stamp,
			       const char *run_id, const struct definition *definition);
void event_step_start(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step);
void event_step_complete(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, int64_t duration_ms);
/* text is heavy. code: NULL, or what failed within its class. retry_in_ms < 0: it is
 * final; else it will be tried again. */
void event_step_error(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, enum fail_class class,
		      const char *code, struct event_text text, int attempt,
		      int64_t retry_in_ms);
void event_step_warning(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, const char *message);
/* live */
void event_thinking(struct str *out, const struct event_stamp *stamp,
		    const struct definition_step *step, const char *message);
/* live; text is heavy */
void event_llm_token(struct str *out, const struct event_stamp *stamp,
		     const struct definition_step *step, struct event_text text);
/* A step's own final; response is heavy. */
void event_step_final(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, struct event_text response);
void event_parallel_start(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step);
void event_branch_start(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step);
void event_parallel_complete(struct str *out, const struct event_stamp *stamp,
			     const struct definition_step *step);
/* iteration is from 1 */
void event_loop_iteration(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, int64_t iteration,
			  int64_t total);
void event_loop_complete(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, int64_t completed);
void event_merge_complete(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, size_t input_count);
/* What a transform made: its text is heavy; NULL is null. */
void event_transform_result(struct str *out, const struct event_stamp *stamp,
			    const struct definition_step *step,
			    const struct event_text *result);
/* What a step that decides found out; its condition or expression and value are heavy. */
void event_if_decided(struct str *out, const struct event_stamp *stamp,
		      const struct definition_step *step, bool truth);
void event_switch_decided(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, struct event_text value,
			  const char *matched);
/* Where the path goes on for it: the same types, with the target (NULL: it ends). */
void event_if_routed(struct str *out, const struct event_stamp *stamp,
		     const struct definition_step *step, bool truth, const char *target);
void event_switch_routed(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *matched,
			 const char *target);
/* An evaluator's decision, and where the path goes on for it; reasoning is heavy. */
void event_route_decided(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *label,
			 struct event_text reasoning);
void event_route_routed(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, const char *label,
			const char *target, struct event_text reasoning);
/* A tool is used: args is JSON text and heavy, preview is heavy. */
void event_tool_execution(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, const char *tool,
			  struct event_text args);
void event_tool_result(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, const char *tool,
		       struct event_text preview);
/* The same of a subtask of that name. */
void event_subtask_result(struct str *out, const struct event_stamp *stamp,
			  const struct definition_step *step, const char *tool,
			  struct event_text preview, const char *subtask);
/* What an agent's model thought (what its provider calls reasoning), and what it said
 * beside its calls, in its nth turn; the texts are heavy. */
void event_llm_reasoning(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, struct event_text reasoning,
			 int turn);
void event_llm_thought(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, struct event_text thought,
		       int turn);
/* A conversation was made smaller. */
void event_context_compact(struct str *out, const struct event_stamp *stamp,
			   const struct definition_step *step, const char *stage,
			   size_t chars_before, size_t chars_after);
/* An agent's final; response is heavy, tool is the one that it used last or NULL. */
void event_agent_final(struct str *out, const struct event_stamp *stamp,
		       const struct definition_step *step, struct event_text response,
		       const char *tool);
/* People are asked: prompt and context are heavy (context NULL: none), fields are
 * JSON text and heavy. */
void event_human_input_required(struct str *out, const struct event_stamp *stamp,
				const struct definition_step *step, const char *run_id,
				struct event_text prompt,
				const struct event_text *context);
/* Nobody answered in time: where the path goes on for it. */
void event_human_timeout(struct str *out, const struct event_stamp *stamp,
			 const struct definition_step *step, const char *target);
/* live; nobody has answered so far, and is reminded for the nth time; prompt is heavy */
void event_human_reminder(struct str *out, const struct event_stamp *stamp,
			  const char *step_id, const char *path, const char *prompt,
			  int64_t nth);
void event_paused(struct str *out, const struct event_stamp *stamp);
/* What a nested orchestration, which the step runs, came to; response is heavy. */
void event_nested_final(struct str *out, const struct event_stamp *stamp,
			const struct definition_step *step, struct event_text response);
void event_loop_limit_reached(struct str *out, const struct event_stamp *stamp,
			      const struct definition_step *step, int iterations);
void event_orchestration_end(struct str *out, const struct event_stamp *stamp,
			     const struct definition_step *step);
void event_orchestration_error(struct str *out, const struct event_stamp *stamp,
			       const char *error);
/* state is JSON text and heavy */
void event_orchestration_complete(struct str *out, const struct event_stamp *stamp,
				  const char *run_id, enum run_status status,
				  struct event_text state);
/* The run's final; response, history and state (JSON text) are heavy. */
void event_run_final(struct str *out, const struct event_stamp *stamp, const char *run_id,
		     enum run_status status, struct event_text response,
		     struct event_text history, struct event_text state);
void event_done(struct str *out, const struct event_stamp *stamp);

/* The end: `,"seq":n,"epoch":n}`, for a live event (sub > 0) with `"sub":n` too. */
void event_close(struct str *out, uint64_t seq, uint64_t epoch, uint64_t sub);

#endif
