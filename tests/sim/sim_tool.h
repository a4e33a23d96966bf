/* sim_tool.h - custom tools, and what their server answers */
#ifndef TESTS_SIM_TOOL_H
#define TESTS_SIM_TOOL_H

struct sim_run;
struct sim_world;
struct tool_find;
struct tool_use;

/* Both end at once: the caller marks the op. */
void sim_tool_find(const struct sim_run *run, struct tool_find *find);
/* The request is added to what a report tells of the run. */
void sim_tool_use(struct sim_world *world, struct sim_run *run, struct tool_use *use);

#endif
