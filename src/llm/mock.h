/* mock.h - models that answer without a provider: for demos, tests and benchmarks */
#ifndef LLM_MOCK_H
#define LLM_MOCK_H

#include "base/loop.h"

struct llm_call;
struct mock;

/* One per child. The loop is borrowed. */
struct mock *mock_new(struct ev_loop *loop);
/* NULL is fine. No call is in flight any more. */
void mock_free(struct mock *mock);

/*
 * Serve a call of a mock.* model (run/model.h says what they do); a name that is none of
 * them is answered with a failure of class job. The call is borrowed until it is done or
 * abandoned. Usage: a token per four bytes, begun ones count; no cost.
 */
void mock_call(struct mock *mock, struct llm_call *call);

#endif
