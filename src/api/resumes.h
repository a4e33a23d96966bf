/* resumes.h - failed runs that somebody wants to go on, from the API's side */
#ifndef API_RESUMES_H
#define API_RESUMES_H

#include "api/errors.h"

#include <stdint.h>

struct ev_loop;
struct pg_pool;
struct redis_link;
struct redis_scripts;
struct resumes;

/* All borrowed for the life of the resumes. */
struct resumes_parts {
	struct pg_pool *pool;
	struct redis_link *link;
	const struct redis_scripts *scripts;
};

/* attempt: the number of the one that begins. detail: a better sentence, or NULL. */
typedef void (*resumes_cb)(void *arg, enum errors_code error, const char *detail,
			   int64_t attempt);

struct resumes *resumes_new(const struct resumes_parts *parts);
/* After the pool and the link: what was not answered is answered with ERRORS_DRAINING. */
void resumes_free(struct resumes *resumes);

/*
 * A run that failed goes on: with what failed, or (from_step) at that step of its own
 * path. tenant_id: only if it is this tenant's; NULL: whoever's. Texts are copied. cb
 * comes once, from inside or later, when Postgres has it. ERRORS_NO_RUN,
 * ERRORS_NOT_FAILED, ERRORS_NO_STEP.
 */
void resumes_run(struct resumes *resumes, const char *run_id, const char *tenant_id,
		 const char *from_step, resumes_cb cb, void *arg);

/* Call idle(arg) once, now or from the loop, when nothing is under way. */
void resumes_when_idle(struct resumes *resumes, void (*idle)(void *arg), void *arg);

#endif
