/*
 * models.c - who serves a model
 *
 * A provider is a file of its own and a case here; which names there are is run/model.c's
 * business, so that a definition is judged by the same rules as a call.
 */
#include "llm/models.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/call.h"
#include "llm/mock.h"
#include "run/model.h"

struct models {
	struct mock *mock;
	struct oaic *oaic;
};

struct models *models_new(struct ev_loop *loop, const struct oaic_options *oaic,
			  struct err *err)
{
	struct oaic *provider = oaic_new(loop, oaic, err);
	struct models *models;

	if (!provider)
		return NULL;
	models = mem_new(struct models);
	models->oaic = provider;
	models->mock = mock_new(loop);
	return models;
}

void models_free(struct models *models)
{
	if (!models)
		return;
	mock_free(models->mock);
	oaic_free(models->oaic);
	mem_free(models);
}

void models_set_permit(struct models *models,
		       bool (*may_send)(void *arg, struct llm_call *call), void *arg)
{
	oaic_set_permit(models->oaic, may_send, arg);
}

void models_call(struct models *models, struct llm_call *call)
{
	struct model model;
	struct err err;

	if (model_parse(call->request.model, &model, &err) < 0) {
		call->answer.class = FAIL_JOB;
		str_add_text(&call->answer.text, err.text);
		op_done(&call->op);
		return;
	}
	switch (model.kind) {
	case MODEL_MOCK_ECHO:
	case MODEL_MOCK_SLEEP:
	case MODEL_MOCK_TOKENS:
	case MODEL_MOCK_FAIL:
	case MODEL_MOCK_AGENT:
#ifdef SYN_FAULTS
	case MODEL_MOCK_CRASH:
#endif
		mock_call(models->mock, call);
		break;
	case MODEL_OAIC:
		oaic_call(models->oaic, call);
		break;
	}
}
