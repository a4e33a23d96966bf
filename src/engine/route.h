/* route.h - where a path goes on behind a step that completed */
#ifndef ENGINE_ROUTE_H
#define ENGINE_ROUTE_H

struct definition_step;
struct engine_row;
struct exec;
struct state;

/* Keys of the state, with the step's id behind them: what the step decided. */
#define ROUTE_IF_KEY        "_if_decision_"
#define ROUTE_SWITCH_KEY    "_switch_decision_"
#define ROUTE_LABEL_KEY     "_routing_decision_"
#define ROUTE_REASONING_KEY "_routing_reasoning_"
/* Of a human step with a route for that: whether its deadline passed, a bool. */
#define ROUTE_LATE_KEY "_human_late_"

/*
 * The id of the step that follows, NULL at the path's end; of a step that decides its
 * decision is read from the path's state, and the event that tells it is added to the
 * row. linear is the step behind it on its path, which it goes to unless it decides
 * otherwise. Whether that step may be executed once more is the caller's question.
 */
const char *route_behind(struct exec *exec, const struct state *state,
			 const struct definition_step *step, const char *linear,
			 struct engine_row *row);

#endif
