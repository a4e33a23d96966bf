/* sim_graph.h - random definitions */
#ifndef TESTS_SIM_GRAPH_H
#define TESTS_SIM_GRAPH_H

/* What steps may name: agents a0.., of which 2 and 3 run the orchestrations i0 and i1
 * inside, and 4 gives work to others; tools t0.. */
#define SIM_AGENTS   5
#define SIM_TOOLS    2
#define SIM_VERSIONS 2 /* of agents and orchestrations, from 1 */

struct sim_plan;
struct str;

/* JSON text of a definition that is valid, appended: the n-th of the plan. */
void sim_graph_print(const struct sim_plan *plan, int n, struct str *out);
/* The run's inputs: JSON text of an object, appended. */
void sim_graph_inputs(const struct sim_plan *plan, int n, struct str *out);
/* One that agents run inside, 0 or 1, likewise. */
void sim_graph_inner(const struct sim_plan *plan, int n, int version, struct str *out);
/* {"agents_1": [...], "agents_2": [...], "tools": [...]}: what all definitions of the
 * plan find, by version; appended. */
void sim_graph_around(const struct sim_plan *plan, struct str *out);

#endif
