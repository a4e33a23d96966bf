/*
 * mock_crash.h - a model that ends its own process, in builds with fault injection only
 */
#ifndef LLM_MOCK_CRASH_H
#define LLM_MOCK_CRASH_H

#include "base/loop.h"

struct mock_trap;
struct model;

/*
 * Do what the model (MODEL_MOCK_CRASH) says, in the code of the run that calls it. With
 * `later:<ms>` it returns, and the process dies then, whoever's turn it is: *trap, the
 * mock's own, is armed once and stays so when the call is over.
 */
void mock_crash(struct ev_loop *loop, const struct model *model, struct mock_trap **trap);
/* NULL is fine. */
void mock_trap_free(struct mock_trap *trap);

#endif
