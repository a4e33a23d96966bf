/* earlier.h - what an agent was asked and answered earlier in the same run */
#ifndef ENGINE_EARLIER_H
#define ENGINE_EARLIER_H

struct step;
struct str;

/* The key of the state, with the step's id behind it: a list, the newest last. */
#define EARLIER_KEY "_agent_turns_"
/* Turns that an agent is told of: of the run and, before those, of its session. */
#define EARLIER_MAX 10

/* Remember the turn that ends here (keep_add()), if the run may come to this agent
 * again. */
void earlier_add(struct step *step, const char *agent_id, const struct str *task,
		 const struct str *answer);

/*
 * What the agent is told of, as conversation_start.history: the newest turns of its
 * session (a list of the same form, or "") and behind them those of the run, in the order
 * of its history. Nothing is appended when there are none.
 */
void earlier_list(const struct step *step, const char *agent_id,
		  const struct str *session, struct str *out);

#endif
