/* sim_graph.h - random definitions */
#ifndef TESTS_SIM_GRAPH_H
#define TESTS_SIM_GRAPH_H

struct sim_plan;
struct str;

/* JSON text of a definition that is valid, appended: the n-th of the plan. */
void sim_graph_print(const struct sim_plan *plan, int n, struct str *out);
/* The run's inputs: JSON text of an object, appended. */
void sim_graph_inputs(const struct sim_plan *plan, int n, struct str *out);

#endif
