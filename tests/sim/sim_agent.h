/* sim_agent.h - agents, what runs inside of them, and their tools */
#ifndef TESTS_SIM_AGENT_H
#define TESTS_SIM_AGENT_H

#include <stdint.h>

struct agent_find;
struct agent_list;
struct definition;
struct definition_find;
struct sim_run;
struct sim_world;
struct tool_list;

/* All end at once: the caller marks the op. */
void sim_agent_find(const struct sim_world *world, const struct sim_run *run,
		    struct agent_find *find);
void sim_agent_tools(const struct sim_run *run, struct tool_list *list);
void sim_agent_list(const struct sim_world *world, const struct sim_run *run,
		    struct agent_list *list);
void sim_agent_orchestration(const struct sim_world *world, struct sim_run *run,
			     struct definition_find *find);
/* One that runs inside; NULL: there is none. Borrowed from the run. */
struct definition *sim_agent_inner(const struct sim_world *world, struct sim_run *run,
				   const char *id, int64_t version);

#endif
