/* sim_agent.h - agents of a given definition, and the tools that they may use */
#ifndef TESTS_SIM_AGENT_H
#define TESTS_SIM_AGENT_H

struct agent_find;
struct sim_run;
struct tool_list;

/* Both end at once: the caller marks the op. */
void sim_agent_find(const struct sim_run *run, struct agent_find *find);
void sim_agent_tools(const struct sim_run *run, struct tool_list *list);

#endif
