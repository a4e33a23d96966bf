/* sim_given.h - what only given definitions ask of a simulated worker: code, tools,
 * agents */
#ifndef TESTS_SIM_GIVEN_H
#define TESTS_SIM_GIVEN_H

struct agent_find;
struct agent_list;
struct definition_find;
struct code_call;
struct exec;
struct tool_find;
struct tool_list;
struct tool_use;

/* Functions of engine_host; ctx is the worker. */
void sim_given_code(void *ctx, struct exec *exec, struct code_call *call);
void sim_given_tool(void *ctx, struct exec *exec, struct tool_find *find);
void sim_given_use(void *ctx, struct exec *exec, struct tool_use *use);
void sim_given_agent(void *ctx, struct exec *exec, struct agent_find *find);
void sim_given_agents(void *ctx, struct exec *exec, struct agent_list *list);
void sim_given_orchestration(void *ctx, struct exec *exec, struct definition_find *find);
void sim_given_tools(void *ctx, struct exec *exec, struct tool_list *list);

#endif
