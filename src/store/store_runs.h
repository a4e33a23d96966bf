/* store_runs.h - table orchestration_runs: statements that change and read runs */
#ifndef STORE_STORE_RUNS_H
#define STORE_STORE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_step;

/*
 * No I/O here: each builder adds statements to a batch and returns the index of its
 * result in the reply; the reader of the same name takes that index. Texts that builders
 * take are borrowed for the call, NUL-terminated, storable (valid UTF-8, within the
 * column); NULL is SQL NULL. Texts that readers return are borrowed from the reply.
 * Moments are text as Postgres prints them (UTC): store_time_text() makes what answers
 * show. Rows of one call are given in order of run id (the order in which they are
 * locked); a run is in a call once.
 */

/* ---- accept ---- */

struct store_run_new {
	const char *run_id;
	const char *orchestration_id;
	const char *tenant_id;
	const char *session_id;      /* NULL: none */
	const char *queue;           /* home queue of the tenant */
	const char *lane;            /* "-" or 8 hex */
	const char *input;           /* the message */
	const char *inputs;          /* JSON text of an object; NULL: none */
	const char *metadata;        /* JSON text; NULL: none */
	const char *webhook_url;     /* NULL: none */
	const char *webhook_secret;  /* NULL: none */
	const char *idempotency_key; /* NULL: none */
	const char *body_sha256;     /* 64 hex; with a key */
	const char *parent_run_id;   /* NULL: none */
	const char *trace_id;        /* NULL: none */
	int64_t definition_version;
	int64_t run_at_ms;      /* ready then; 0: now */
	int priority;           /* -10..10 */
	int64_t run_timeout_ms; /* deadline_at = now + this; 0: none */
};

/* What became of one row. */
struct store_run_accept {
	bool in;                   /* the row is stored, this call did it */
	const char *winner_run_id; /* !in: the run that has the idempotency key */
	bool same_body;            /* !in: its body had the same sha256 */
};

/*
 * Insert n runs: queued, wake 1, ready now, and the rows of their idempotency keys (a key
 * older than 24 h is free again). Adds one statement for runs without a key, three more
 * when any has one; two rows with one key in a call: the first wins.
 */
int store_runs_insert(struct pg_batch *batch, const struct store_run_new *runs, size_t n);
/* Into ret[n]; the same runs in the same order as the builder got. */
void store_runs_insert_read(const struct pg_reply *reply, int statement,
			    const struct store_run_new *runs, size_t n,
			    struct store_run_accept *ret);

/* After an unanswered insert: which of these are stored, and who holds their keys. */
int store_runs_insert_check(struct pg_batch *batch, const struct store_run_new *runs,
			    size_t n);
/*
 * A row that is neither in nor has a winner (winner_run_id NULL) was lost: insert again.
 */
void store_runs_insert_check_read(const struct pg_reply *reply, int statement,
				  const struct store_run_new *runs, size_t n,
				  struct store_run_accept *ret);

/* ---- takeover ---- */

struct store_takeover {
	const char *run_id;
	int64_t wake; /* of the entry */
	const char
		*from; /* incarnation off which the entry was taken; NULL or "": nobody */
	/* Journal rows of a fresh run: written only if this takeover is the first (epoch
	 * 1), then with that epoch. Consecutive from seq 1; may be 0. */
	const struct store_step *steps;
	size_t step_count;
};

struct store_taken {
	const char *run_id;
	int64_t wake;
	int64_t epoch; /* 1: fresh, its journal is what rode along */
	int attempt;
	bool cancel; /* cancel was asked for */
	int64_t event_seq;
	const char *orchestration_id;
	int64_t definition_version; /* 0: none pinned (a stock row) */
	const char *tenant_id;
	const char *session_id; /* NULL */
	const char *input;      /* "" if none */
	const char *inputs;     /* JSON text or NULL */
	const char *metadata;   /* JSON text or NULL */
	const char *created_at;
	const char *deadline_at; /* NULL */
	int64_t now_ms;          /* Postgres' clock at takeover, epoch ms */
};

/* Make runs ours. owner: the incarnation; worker_id: the registry row, for stock readers.
 * One statement; its rows are those taken. A run that is not among them was refused:
 * look.
 */
int store_runs_takeover(struct pg_batch *batch, const char *owner, const char *worker_id,
			const struct store_takeover *runs, size_t n);
int store_runs_takeover_count(const struct pg_reply *reply, int statement);
void store_runs_takeover_read(const struct pg_reply *reply, int statement, int row,
			      struct store_taken *ret);

/* ---- who has a run: after a refusal, and after a commit that nobody answered ---- */

struct store_run_look {
	const char *run_id;
	const char *status;
	const char *owner; /* NULL: nobody */
	int64_t wake;
	int64_t epoch;
	int64_t event_seq;
	bool cancel;
	bool ended;
	const char *tenant_id;
};

/* Rows come for runs that exist, in any order. */
int store_runs_look(struct pg_batch *batch, const char *const *run_ids, size_t n);
/* The same, behind every commit that is still under way for these runs (it waits for
 * their row locks): for the check after a commit that nobody answered. Read as a look. */
int store_runs_check(struct pg_batch *batch, const char *const *run_ids, size_t n);
int store_runs_look_count(const struct pg_reply *reply, int statement);
void store_runs_look_read(const struct pg_reply *reply, int statement, int row,
			  struct store_run_look *ret);

/* ---- end ---- */

struct store_end {
	const char *run_id;
	int64_t wake;               /* lazy end: guard */
	int64_t epoch;              /* end: guard */
	const char *status;         /* completed, failed, cancelled */
	const char *final_response; /* text; NULL: none */
	const char *error;          /* JSON text; NULL: none */
	const char *shared_state;   /* JSON text of an object; NULL: {} */
	const char *step_history;   /* JSON text of an array; NULL: [] */
	int64_t total_tokens;
	double total_cost_usd;
	int64_t cache_read_tokens;
	int64_t cache_write_tokens;
	int64_t event_seq;              /* durable events of the run */
	int64_t picked_up_ms;           /* lazy end: ms between the claim and now, >= 0 */
	const struct store_step *steps; /* the journal's last rows, may be 0 */
	size_t step_count;
};

/*
 * One statement; its rows are the runs that were ours, which are ended now with all their
 * rows; of the others nothing is written (stale: drop them).
 *   lazy   queued -> ended, where wake is the entry's, epoch 0 and nobody took it over;
 *          the run gets epoch 1 and its owner, so that a look tells it from another's
 *   end    running -> ended, where epoch and owner are ours
 */
int store_runs_end_lazy(struct pg_batch *batch, const char *owner, const char *worker_id,
			const struct store_end *ends, size_t n);
int store_runs_end(struct pg_batch *batch, const char *owner,
		   const struct store_end *ends, size_t n);
int store_runs_end_count(const struct pg_reply *reply, int statement);
/* The run id of a row; cancel: it was asked for. */
const char *store_runs_end_read(const struct pg_reply *reply, int statement, int row,
				bool *cancel);
/* Does this look say that our end (lazy or not) is in? epoch: 1 for a lazy one. */
bool store_runs_end_is_ours(const struct store_run_look *look, const char *owner,
			    int64_t epoch);

/* ---- answers ---- */

/* One run as the API shows it: CONTRACT 1.3 plus what it lacks. Moments by
 * store_time_text.
 */
struct store_run_status {
	const char *run_id;
	const char *orchestration_id;
	const char *tenant_id;
	const char *session_id; /* NULL */
	const char *status;
	const char *current_step_id; /* NULL */
	bool waiting_for_human;
	const char *human_prompt; /* NULL */
	const char *human_fields; /* JSON text or NULL */
	const char *worker_id;    /* NULL */
	double total_cost_usd;
	int64_t total_tokens_used;
	const char *started_at;     /* NULL */
	const char *ended_at;       /* NULL */
	const char *created_at;     /* NULL */
	const char *picked_up_at;   /* NULL */
	const char *final_response; /* NULL */
	const char *error;          /* JSON text or NULL */
	int64_t definition_version; /* 0: none */
	int64_t wake;
	int64_t epoch;
	int attempt;
	int64_t event_seq;
	const char *queue;  /* NULL: a stock row */
	const char *cursor; /* of a list: pass it as `after` to go on behind this row */
	const char *cancel_requested_at; /* NULL */
	int priority;
	const char *metadata;    /* JSON text or NULL */
	const char *run_at;      /* NULL: at once */
	const char *schedule_id; /* NULL */
	bool chat; /* a turn of a conversation; of one run alone, not in lists */
	int64_t cache_read_tokens; /* in lists alone */
};

int store_runs_get(struct pg_batch *batch, const char *run_id);
/* false: there is no such run. */
bool store_runs_get_read(const struct pg_reply *reply, int statement,
			 struct store_run_status *ret);

/* What whoever wants to follow a run must know of it. */
struct store_run_stand {
	const char *run_id;
	const char *tenant_id;
	const char *orchestration_id;
	bool chat;
	bool ended;
	bool fresh; /* nobody has had it yet: it has no events */
};

/* Rows come for runs that exist, in any order. */
int store_runs_stand(struct pg_batch *batch, const char *const *run_ids, size_t n);
int store_runs_stand_count(const struct pg_reply *reply, int statement);
void store_runs_stand_read(const struct pg_reply *reply, int statement, int row,
			   struct store_run_stand *ret);

struct store_run_filter {
	const char *tenant_id;        /* NULL: all */
	const char *status;           /* NULL: all */
	const char *orchestration_id; /* NULL: all */
	const char *session_id;       /* NULL: all */
	const char *text;             /* in message, answer or error; NULL: all */
	const char *tag_key;          /* with tag_value; NULL: all */
	const char *tag_value;
	int64_t since_ms;  /* created then or later; 0: all */
	int64_t until_ms;  /* created before; 0: all */
	const char *after; /* cursor of the last row seen; NULL: from the newest */
	int limit;         /* 1..1000 */
};

/* Is this text a cursor that store_runs_list may be given? */
bool store_runs_cursor_ok(const char *cursor);
/*
 * Newest first by (created_at, run_id). final_response, error and human_fields are NULL.
 */
int store_runs_list(struct pg_batch *batch, const struct store_run_filter *filter);
int store_runs_list_count(const struct pg_reply *reply, int statement);
void store_runs_list_read(const struct pg_reply *reply, int statement, int row,
			  struct store_run_status *ret);

/* Live runs by status, and unresolved dead letters. */
struct store_counts {
	int64_t queued;
	int64_t running;
	int64_t paused;
	int64_t dead;
};

int store_runs_counts(struct pg_batch *batch);
void store_runs_counts_read(const struct pg_reply *reply, int statement,
			    struct store_counts *ret);

#endif
