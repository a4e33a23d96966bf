/* store_resumes.h - runs that go on although they failed */
#ifndef STORE_STORE_RESUMES_H
#define STORE_STORE_RESUMES_H

#include <stdbool.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_woken;

/* Builders and readers behave as store_runs.h says. */
struct store_resume_ask {
	const char *run_id;
	const char *tenant_id; /* only if it is this tenant's; NULL: whoever's */
	const char *from_step; /* NULL: with what failed */
};

/* How it stood before. */
struct store_resume_look {
	const char *status;
	int64_t wake;    /* 0: a stock row, which is not ours to resume */
	bool step_known; /* from_step is one of its definition */
};

/* Two statements; the number of the first. In a batch of their own. */
int store_resumes_add(struct pg_batch *batch, const struct store_resume_ask *ask);
/* false: there is no such run. */
bool store_resumes_look(const struct pg_reply *reply, int statement,
			struct store_resume_look *ret);
/* false: it did not go on; the look says why. */
bool store_resumes_read(const struct pg_reply *reply, int statement,
			struct store_woken *ret);

#endif
