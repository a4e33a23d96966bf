/* run_body.h - the body of a submission (CONTRACT 1.3), read and checked */
#ifndef API_RUN_BODY_H
#define API_RUN_BODY_H

#include "api/body.h"
#include "base/arena.h"

struct json;
struct port_run;

#define RUN_BODY_URL_MAX    2048
#define RUN_BODY_SECRET_MAX 1024
#define RUN_BODY_INPUTS_MAX 256 /* keys */
#define RUN_BODY_TAGS_MAX   32  /* keys of metadata */
#define RUN_BODY_TAG_MAX    256 /* bytes of a value */

/* All texts are in the arena that it was read into. */
struct run_body {
	const char *message;        /* "" if none */
	const char *inputs;         /* JSON text of an object; NULL: none */
	const char *metadata;       /* JSON text of an object; NULL: none */
	const char *session_id;     /* NULL: none */
	const char *webhook_url;    /* NULL: none */
	const char *webhook_secret; /* NULL: none */
	const char *tenant_id;      /* NULL: the caller's own */
	int priority;
	int64_t run_at_ms; /* 0: at once */
};

/* The fields webhook_url and webhook_secret alone; NULL: not there. */
void run_body_read_webhook(struct body_faults *faults, const struct body_at *at,
			   const struct json *object, struct arena *arena,
			   const char **url, const char **secret);

/* object: the parsed body. Faults are added; *ret is whole only if there are none. */
void run_body_read(struct body_faults *faults, const struct body_at *at,
		   const struct json *object, struct arena *arena, struct run_body *ret);

/* Copy what the body says into a submission (tenant excepted). */
void run_body_fill(const struct run_body *body, struct port_run *run);

#endif
