/* models.h - who serves a model */
#ifndef LLM_MODELS_H
#define LLM_MODELS_H

#include "llm/oaic.h"

struct llm_call;
struct models;

/* All providers of one child. loop is borrowed for their life. NULL only if the HTTP
 * client cannot be started. */
struct models *models_new(struct ev_loop *loop, const struct oaic_options *oaic,
			  struct err *err);
/* No call is in flight any more. NULL is fine. */
void models_free(struct models *models);

/* Serve the call: to its provider by the name of its model. One that nobody serves fails
 * with class job. */
void models_call(struct models *models, struct llm_call *call);

#endif
