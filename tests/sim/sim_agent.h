/* sim_agent.h - agents of a given definition, and the tools that they may use */
#ifndef TESTS_SIM_AGENT_H
#define TESTS_SIM_AGENT_H

struct agent_find;
struct agent_list;
struct definition;
struct definition_find;
struct sim_run;
struct tool_list;

/* Both end at once: the caller marks the op. */
void sim_agent_find(const struct sim_run *run, struct agent_find *find);
void sim_agent_tools(const struct sim_run *run, struct tool_list *list);
void sim_agent_list(const struct sim_run *run, struct agent_list *list);
void sim_agent_orchestration(struct sim_run *run, struct definition_find *find);
/* One that runs inside; NULL: there is none. Borrowed from the run. */
struct definition *sim_agent_inner(struct sim_run *run, const char *id);

#endif
