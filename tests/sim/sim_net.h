/* sim_net.h - the simulated providers of models */
#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

#include <stdbool.h>

struct held;
struct list;
struct llm_call;
struct sim_worker;
struct sim_world;

/* engine_host.llm of a simulated worker. */
void sim_net_call(struct sim_worker *worker, struct held *held, struct llm_call *call);
/* Calls of the run that the gate held back may leave now, if it is open. */
void sim_net_again(struct sim_worker *worker, const struct held *held);
/* A node of worker->calls: whether that run asked. */
bool sim_net_call_is_of(struct list *node, const struct held *held);
/* Free abandoned calls whose events never happened. */
void sim_net_forget(struct sim_world *world);

#endif
