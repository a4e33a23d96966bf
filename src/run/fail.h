/* fail.h - the kinds of failure that a step or a run can have */
#ifndef RUN_FAIL_H
#define RUN_FAIL_H

#include <stddef.h>

/* Stored in definitions (retry.on), journal rows and events by name: never renumber. */
enum fail_class {
	FAIL_NONE, /* no failure */
	FAIL_JOB,  /* the definition or the input is at fault: trying again is in vain */
	FAIL_PROVIDER,  /* a model did not answer, or with an error */
	FAIL_TOOL,      /* a tool did not answer, or with an error */
	FAIL_LIMIT,     /* a bound was reached: time, turns, size, cost */
	FAIL_CANCELLED, /* somebody asked for it */
	FAIL_INTERNAL,  /* we are at fault */
	FAIL_NCLASSES,
};

/* "job", "provider"... ("none" for FAIL_NONE); borrowed, static. */
const char *fail_name(enum fail_class class);
/* FAIL_NONE when the name is none of the six. */
enum fail_class fail_parse(const char *name, size_t len);

/* One bit per class, for sets such as retry.on. */
#define FAIL_BIT(class) (1u << (class))

#endif
