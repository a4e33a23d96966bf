/* answers.h - people who answer questions of runs, from the API's side */
#ifndef API_ANSWERS_H
#define API_ANSWERS_H

#include "api/errors.h"

#include <stddef.h>

struct answers;
struct conf;
struct body_faults;
struct pg_pool;
struct redis_link;
struct redis_scripts;

/* All borrowed for the life of the answers. */
struct answers_parts {
	struct pg_pool *pool;
	struct redis_link *link;
	const struct redis_scripts *scripts;
	const struct conf *conf;
	size_t answer_max; /* bytes of one as JSON text */
};

struct answers_ask {
	const char *run_id;
	const char *tenant_id; /* only if it is this tenant's; NULL: whoever's */
	const char *step; /* its id or the path of the question; NULL: the one there is */
	const char *answer; /* compact JSON text of an object, storable */
	size_t answer_len;
	const char *webhook_url;    /* remembered from now on; NULL: as it was */
	const char *webhook_secret; /* likewise */
};

/* detail: a better sentence, or NULL. faults: with ERRORS_VALIDATION, else NULL. */
typedef void (*answers_cb)(void *arg, enum errors_code error, const char *detail,
			   const struct body_faults *faults);

struct answers *answers_new(const struct answers_parts *parts);
/* After the pool and the link: what was not answered is answered with ERRORS_DRAINING. */
void answers_free(struct answers *answers);

/*
 * Texts are copied. cb comes once, from inside or later, when Postgres has the answer.
 * ERRORS_NO_RUN, ERRORS_NOT_WAITING, ERRORS_AMBIGUOUS, ERRORS_VALIDATION.
 */
void answers_run(struct answers *answers, const struct answers_ask *ask, answers_cb cb,
		 void *arg);

/* Call idle(arg) once, now or from the loop, when nothing is under way. */
void answers_when_idle(struct answers *answers, void (*idle)(void *arg), void *arg);

#endif
