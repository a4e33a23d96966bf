/* sim_given.h - what only given definitions ask of a simulated worker: code and tools */
#ifndef TESTS_SIM_GIVEN_H
#define TESTS_SIM_GIVEN_H

struct code_call;
struct exec;
struct tool_find;
struct tool_use;

/* Functions of engine_host; ctx is the worker. */
void sim_given_code(void *ctx, struct exec *exec, struct code_call *call);
void sim_given_tool(void *ctx, struct exec *exec, struct tool_find *find);
void sim_given_use(void *ctx, struct exec *exec, struct tool_use *use);

#endif
