/* sim_side.h - what runs ask of a simulated worker beside models: code, tools, agents */
#ifndef TESTS_SIM_SIDE_H
#define TESTS_SIM_SIDE_H

#include <stdbool.h>

struct agent_find;
struct agent_list;
struct code_call;
struct definition_find;
struct exec;
struct held;
struct list;
struct sim_worker;
struct sim_world;
struct tool_find;
struct tool_list;
struct tool_use;

/* Functions of engine_host; ctx is the worker. */
void sim_side_code(void *ctx, struct exec *exec, struct code_call *call);
void sim_side_tool(void *ctx, struct exec *exec, struct tool_find *find);
void sim_side_use(void *ctx, struct exec *exec, struct tool_use *use);
void sim_side_agent(void *ctx, struct exec *exec, struct agent_find *find);
void sim_side_agents(void *ctx, struct exec *exec, struct agent_list *list);
void sim_side_orchestration(void *ctx, struct exec *exec, struct definition_find *find);
void sim_side_tools(void *ctx, struct exec *exec, struct tool_list *list);

/* Uses of tools that the gate held back may begin now, if it is open. */
void sim_side_again(struct sim_worker *worker, const struct held *held);
/* A node of worker->sides: whether that run asked. */
bool sim_side_is_of(struct list *node, const struct held *held);
/* Free abandoned ones whose events never happened. */
void sim_side_forget(struct sim_world *world);

#endif
