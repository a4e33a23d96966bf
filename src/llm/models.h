/* models.h - who serves a model */
#ifndef LLM_MODELS_H
#define LLM_MODELS_H

#include "llm/oaic.h"

#include <stdbool.h>

struct llm_call;
struct models;

/* All providers of one child. loop is borrowed for their life. NULL only if the HTTP
 * client cannot be started. */
struct models *models_new(struct ev_loop *loop, const struct oaic_options *oaic,
			  struct err *err);
/* No call is in flight any more. NULL is fine. */
void models_free(struct models *models);

/*
 * Ask before each attempt of a call that leaves the process; false: not now, and it will
 * be asked again. Without one every attempt may leave.
 */
void models_set_permit(struct models *models,
		       bool (*may_send)(void *arg, struct llm_call *call), void *arg);

/* Serve the call: to its provider by the name of its model. One that nobody serves fails
 * with class job. */
void models_call(struct models *models, struct llm_call *call);

#endif
