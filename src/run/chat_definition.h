/* chat_definition.h - what a chat turn executes */
#ifndef RUN_CHAT_DEFINITION_H
#define RUN_CHAT_DEFINITION_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct str;

/* Turns of an agent in a chat that says nothing else (CONTRACT 6.1). */
#define CHAT_DEFINITION_TURNS 30

/*
 * Append the definition (JSON text) of a chat with an agent: one step, which is the
 * agent. agent is the agent's own definition. ERR_INPUT when it cannot be read.
 */
int chat_definition_write(struct str *out, const char *agent_id, const char *agent,
			  size_t len, struct err *err);

/*
 * The orchestration that an agent of type orchestrator runs instead; appended, "" for
 * other agents. ERR_INPUT as above, or an orchestrator without one.
 */
int chat_definition_orchestration(struct str *out, const char *agent, size_t len,
				  struct err *err);

#endif
