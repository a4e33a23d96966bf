/* files_run.h - the records of a run's journal file */
#ifndef STORE_FILES_RUN_H
#define STORE_FILES_RUN_H

#include "base/str.h"
#include "store/store_steps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_wait_change;

/* Types of records. */
enum files_type {
	FILES_HEAD = 'R',   /* the run as it was accepted: the first record */
	FILES_OWNER = 'O',  /* a process has it from here on */
	FILES_STEP = 'S',   /* a journal row */
	FILES_PIN = 'D',    /* a definition that the run met on its way */
	FILES_CHARGE = 'K', /* a process died in its code */
	FILES_CANCEL = 'C', /* somebody wants it to stop */
	FILES_ANSWER = 'A', /* a question to people has its end */
	FILES_PAUSE = 'P',  /* it waits for people, as a files_end */
	FILES_END = 'E',    /* its end; rows behind it: it was opened again */
};

/* Texts of what readers return are borrowed from the body; NULL is none. */
struct files_head {
	const char *run_id;
	const char *orchestration_id;
	const char *tenant_id;
	const char *session_id;
	const char *message;
	const char *inputs;
	const char *webhook_url;
	const char *webhook_secret;
	const char *idempotency_key;
	const char *body_sha256;
	const char *definition; /* JSON text: what is executed, whatever becomes of it */
	int64_t created_at_ms;
	int64_t priority;
	const char *metadata; /* JSON text of an object */
	int64_t run_at_ms;    /* not before; 0: at once */
	const char *agent_id; /* of a chat turn */
	const char *images;   /* likewise: JSON text of a list */
};

struct files_owner {
	int64_t epoch;
	int64_t at_ms;
	const char *incarnation;
};

struct files_end {
	const char *status;
	const char *response;
	const char *error;
	const char *state;   /* JSON object */
	const char *history; /* JSON list */
	int64_t ended_at_ms;
	int64_t tokens;
	int64_t cache_read_tokens;
	int64_t cache_write_tokens;
	int64_t cache_hits;
	double cost_usd;
	double savings_usd;
};

/* What came of a question: an answer, or that it is too late. */
struct files_answer {
	const char *path; /* with the execution its name */
	int execution;
	const char *answer; /* JSON text; NULL: nobody answered in time */
	int64_t at_ms;
	const char *webhook_url; /* NULL: as it was */
	const char *webhook_secret;
};

enum files_pin_kind {
	FILES_PIN_ORCHESTRATION,
	FILES_PIN_AGENT,
};

struct files_pin {
	enum files_pin_kind kind;
	const char *id;
	int64_t version;
	const char *text;
};

/* Append the body of a record to out, which is empty. */
void files_run_put_head(struct str *out, const struct files_head *head);
void files_run_put_owner(struct str *out, const struct files_owner *owner);
/* at_ms instead of step->at; run_id is not in it, what it does to a question is. */
void files_run_put_step(struct str *out, const struct store_step *step, int64_t at_ms);
void files_run_put_end(struct str *out, const struct files_end *end);

void files_run_put_pin(struct str *out, const struct files_pin *pin);
void files_run_put_answer(struct str *out, const struct files_answer *answer);

/* false: it is no such body. */
bool files_run_get_head(const char *body, size_t len, struct files_head *ret);
bool files_run_get_owner(const char *body, size_t len, struct files_owner *ret);
bool files_run_get_step(const char *body, size_t len, struct store_step *ret,
			int64_t *ret_at_ms);
bool files_run_get_end(const char *body, size_t len, struct files_end *ret);
bool files_run_get_pin(const char *body, size_t len, struct files_pin *ret);
bool files_run_get_answer(const char *body, size_t len, struct files_answer *ret);
/* Of a journal row that files_run_get_step() has read: what it does to a question to
 * people. false: nothing. */
bool files_run_get_wait(const char *body, size_t len, struct store_wait_change *ret);

#endif
