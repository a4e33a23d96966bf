/* errors.h - every refusal of the API: status, stable code, sentence */
#ifndef API_ERRORS_H
#define API_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

struct jsonw;
struct request;
struct str;

enum errors_code {
	ERRORS_NONE, /* no error */
	ERRORS_NOT_FOUND,
	ERRORS_METHOD,
	ERRORS_NO_KEY,
	ERRORS_BAD_KEY,
	ERRORS_TENANT,
	ERRORS_CROSS_SITE,
	ERRORS_NO_ORCHESTRATION,
	ERRORS_NO_AGENT,
	ERRORS_NO_RUN,
	ERRORS_NO_LETTER,
	ERRORS_NO_QUEUE,
	ERRORS_NO_SCHEDULE,
	ERRORS_NO_API_KEY,
	ERRORS_NO_WORKER,
	ERRORS_WORKER_AWAY,
	ERRORS_SCHEDULE_EXISTS,
	ERRORS_SCALE_ONLY,
	ERRORS_NO_SESSION,
	ERRORS_CHAT_BUSY,
	ERRORS_CHAT_FULL,
	ERRORS_NO_DEFINITION,
	ERRORS_EXISTS,
	ERRORS_CHANGED,
	ERRORS_FORBIDDEN,
	ERRORS_NO_URL,
	ERRORS_NO_BUCKET,
	ERRORS_NO_ADDRESS,
	ERRORS_NO_AGENTS,
	ERRORS_PINNED,
	ERRORS_NOT_APPLIED,
	ERRORS_MISMATCH,
	ERRORS_NOT_FAILED,
	ERRORS_NOT_ENDED,
	ERRORS_ENDED,
	ERRORS_RESOLVED,
	ERRORS_NOT_WAITING,
	ERRORS_NO_CHECKPOINT,
	ERRORS_AMBIGUOUS,
	ERRORS_NO_STEP,
	ERRORS_VALIDATION,
	ERRORS_DEFINITION,
	ERRORS_RATE,
	ERRORS_TENANT_FULL,
	ERRORS_DEPTH,
	ERRORS_REDIS,
	ERRORS_POSTGRES,
	ERRORS_DISK,
	ERRORS_UNKNOWN,
	ERRORS_BUSY,
	ERRORS_DRAINING,
	ERRORS_INTERNAL,
	ERRORS_COUNT,
};

int errors_status(enum errors_code code);
/* The stable word, "run_not_found"; static. */
const char *errors_word(enum errors_code code);
/* The sentence that goes with it when there is no better one; static. */
const char *errors_detail(enum errors_code code);

/*
 * What an API child knows of stores that are away: said behind each refusal that is for
 * want of one. It adds what will come of that to `out`, as the end of a sentence, and may
 * shorten *retry_after_sec; false: none is away. Set once, by who watches them.
 */
typedef bool (*errors_outlook)(void *arg, struct str *out, int *retry_after_sec);
void errors_set_outlook(errors_outlook outlook, void *arg);
/* The same for who tells it otherwise: ": what will come of it", or nothing. */
void errors_add_outlook(struct str *out);

/*
 * Answer with {"detail", "code"} and the headers that belong to it (WWW-Authenticate,
 * Retry-After). detail NULL: errors_detail().
 */
void errors_send(struct request *req, enum errors_code code, const char *detail);
/* The same with a detail that is JSON text (the list of a 422). */
void errors_send_json(struct request *req, enum errors_code code, const char *json,
		      size_t len);

#endif
