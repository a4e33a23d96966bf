/* mock_agent.h - what mock.agent:<turns>:<ms> answers: pure */
#ifndef LLM_MOCK_AGENT_H
#define LLM_MOCK_AGENT_H

#include <stdint.h>

struct llm_call;

/*
 * Fill the call's answer, a function of its request alone. Behind the last user message
 * there are n answers: with n < turns and tools offered it calls tool number n of them
 * (counted round), with arguments that its schema asks for. Otherwise it answers what the
 * last tool said, or, without any, the last user message.
 */
void mock_agent_answer(struct llm_call *call, int64_t turns);

#endif
