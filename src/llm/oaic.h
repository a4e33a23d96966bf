/* oaic.h - models of an OpenAI-compatible server: oaic.<name> */
#ifndef LLM_OAIC_H
#define LLM_OAIC_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct llm_call;
struct oaic;

/* Borrowed for the provider's life. */
struct oaic_options {
	const char *base_url; /* "": calls fail and say so */
	const char *key;      /* secret; "": none is sent */
	size_t connections;   /* calls on the wire at the same time */
	int64_t connect_timeout_ms;
	int64_t silence_ms; /* the longest time without a byte of an answer */
	int attempts;       /* of one call, 1.. */
	uint64_t seed;      /* of the jitter between attempts */
};

/* NULL only if the HTTP client cannot be started. */
struct oaic *oaic_new(struct ev_loop *loop, const struct oaic_options *options,
		      struct err *err);
/* No call is in flight any more. NULL is fine. */
void oaic_free(struct oaic *oaic);

/* As models_set_permit() (llm/models.h). */
void oaic_set_permit(struct oaic *oaic,
		     bool (*may_send)(void *arg, struct llm_call *call), void *arg);

/*
 * Serve a call whose model is oaic.<name>. A call that is refused by a server that is
 * busy, or that broke, is sent again with the same Idempotency-Key while its deadline
 * allows; tokens that came before are then shown once more, behind a sign (call_again).
 * Abandoning it closes its connection.
 */
void oaic_call(struct oaic *oaic, struct llm_call *call);

#endif
