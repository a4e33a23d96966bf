/* row.h - what the engine hands out to be stored: journal rows, and a run's end */
#ifndef ENGINE_ROW_H
#define ENGINE_ROW_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Column `kind` of run_steps, by name. */
enum row_kind {
	ROW_START,
	ROW_STEP,
	ROW_TURN,
	ROW_JOIN,
	ROW_ANSWER,
	ROW_EFFECT,
	ROW_SNAPSHOT,
	ROW_WAIT, /* people were asked, or a run is parked until they answer */
};

/* Column `status` of orchestration_runs, by name. */
enum run_status {
	RUN_RUNNING,
	RUN_COMPLETED,
	RUN_FAILED,
	RUN_CANCELLED,
};

/*
 * What the row does to a question to people: kept by the host beside the journal, in the
 * commit that stores the row. A question is known by path and execution.
 */
struct row_wait {
	bool opens;       /* it is asked, anew if it was before; false: it is over */
	const char *path; /* walk_key_path(); all texts are the struct's own */
	int execution;
	const char *step_id;
	/* only of one that opens */
	const char *prompt;
	const char *fields;  /* JSON text */
	const char *context; /* NULL: none */
	int64_t deadline_ms; /* from now on; 0: none */
	int64_t reminder_ms; /* likewise, again and again */
};

struct row_event {
	size_t at; /* in engine_row.texts */
	size_t len;
};

/*
 * One journal row to be, on the heap, self-contained: whoever takes it keeps or frees it
 * (row_free) whatever becomes of the run. Texts of the struct are its own. All fields are
 * for readers; the engine alone writes them.
 */
struct engine_row {
	enum row_kind kind;
	const char *path; /* of the frame, ids percent-encoded; "" for the run itself */
	const char *step_id; /* "" for a start row */
	int execution;       /* of the step, from 1; 0 for a start row */
	/*
	 * What starts when this row is in sends something outside: the run must be taken
	 * over and this row (and all before it) durable before its op completes.
	 * Otherwise a lazy run's op may complete at once.
	 */
	bool next_outside;
	struct str
		delta; /* JSON list of ["set",k,v], ["del",k], ["append",k,v]; "" is [] */
	struct str usage; /* JSON list, one object a model call; "" is [] */
	struct str error; /* JSON object {"class","step_id","message"}; "" is none */
	/* The durable events in order, each a JSON object text without newline. */
	struct str texts;
	struct str place;      /* what row_add_event() adds to each */
	struct row_wait *wait; /* owned; NULL: it is about none */
	struct row_event *events;
	size_t events_count;
	size_t events_room;
	struct row_event few[10]; /* where events are as long as they fit */
	uint64_t first_seq;       /* of events[0]; the others follow without a gap */
	char names[];             /* path and step_id */
};

struct engine_row *row_new(enum row_kind kind, const char *path, const char *step_id,
			   int execution);
void row_free(struct engine_row *row);
/* The texts of all events, one behind the other; borrowed. */
const char *row_event_texts(const struct engine_row *row, size_t *len);
/* Text of event i; not NUL-terminated, borrowed. */
const char *row_event_text(const struct engine_row *row, size_t i, size_t *len);
/* For its taker, who has copied the events: they are gone, and their memory. */
void row_drop_events(struct engine_row *row);
/* For the engine: the path that the events from here on are of, told in each of them
 * (fields that row_print_place() wrote). NULL: the run's own, which none tells. */
void row_set_place(struct engine_row *row, const char *place);
/* `,"path":"p1#0","branch_index":0`; branch_index < 0: it is in none. */
void row_print_place(struct str *out, const char *path, int branch_index);
/* For the engine: what texts holds beyond the last event is one more, still open. */
void row_add_event(struct engine_row *row);
/* For the engine: one act more in the delta. */
void row_add_set(struct engine_row *row, const char *key, const char *json, size_t len);
void row_add_append(struct engine_row *row, const char *key, const char *json,
		    size_t len);
void row_add_del(struct engine_row *row, const char *key);
/* For the engine: the row opens or ends this question; texts are copied. What it was
 * to do to one before is forgotten. */
void row_set_wait(struct engine_row *row, const struct row_wait *wait);
/* Nothing is in it: no event, no act, no usage, no error, no question. */
bool row_is_empty(const struct engine_row *row);
/* For the engine: number and close the events, close the lists. Once, before it is handed
 * out. */
void row_seal(struct engine_row *row, uint64_t first_seq, uint64_t epoch);
/* "start", "step"...; borrowed, static. */
const char *row_kind_name(enum row_kind kind);
const char *row_status_name(enum run_status status);

/* Sums over a run; each call is a record in its row's usage as well. */
struct usage {
	int64_t calls;
	int64_t input_tokens;
	int64_t output_tokens;
	int64_t cache_read_tokens;
	int64_t cache_write_tokens;
	int64_t cache_hits;
	double cost_usd;
	double savings_usd;
};

/* A run that ended: on the heap, self-contained, the taker's (row_final_free). */
struct engine_final {
	enum run_status status; /* never RUN_RUNNING */
	struct str response;    /* text, at most limits->output_max bytes */
	struct str error;       /* as engine_row.error; "" unless failed or cancelled */
	struct str state;       /* JSON object */
	struct str history;     /* JSON list, CONTRACT 5.3 */
	struct usage usage;
	/* The run's last row: its last events are orchestration_complete, final, done.
	 * Owned by the final; a taker may take it out (set NULL). */
	struct engine_row *row;
};

/*
 * A run that waits for people on all its paths: on the heap, self-contained, the taker's
 * (row_pause_free).
 */
struct engine_pause {
	struct str state;   /* JSON object: what its root's path sees */
	struct str history; /* JSON list */
	struct usage usage;
	struct engine_row *row; /* the event `paused`; as engine_final.row */
};

struct engine_pause *row_pause_new(void);
void row_pause_free(struct engine_pause *pause);

struct engine_final *row_final_new(void);
void row_final_free(struct engine_final *final);

#endif
