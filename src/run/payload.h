/* payload.h - what an entry of the queue carries, so that a fresh run needs no read */
#ifndef RUN_PAYLOAD_H
#define RUN_PAYLOAD_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* Message and inputs together, in bytes; more, and the worker reads the run's row. */
#define PAYLOAD_INPUT_MAX_BYTES ((size_t)8192)

struct payload {
	const char *definition_id;
	int64_t definition_version; /* >= 1 */
	/* The three below are all of the run's input. False: they are not here. */
	bool whole;
	const char *message;    /* "" if none; valid UTF-8 without NUL */
	const char *inputs;     /* JSON text of an object; NULL: none */
	const char *session_id; /* NULL: none */
};

/*
 * Append the payload as compact JSON: {"d":id,"v":version,"m":message,"i":inputs,"s":
 * session}; absent members are left out. Input beyond the bound is left out and said so
 * ("r":true), whatever payload->whole is.
 */
void payload_pack(const struct payload *payload, struct str *out);

/*
 * Read one; texts are put into the arena. ERR_INPUT for what payload_pack() does not
 * write; members that we do not know are ignored.
 */
int payload_unpack(const char *text, size_t len, struct arena *arena, struct payload *ret,
		   struct err *err);

#endif
