/* validate_graph.h - what is odd about where the steps of a definition lead */
#ifndef RUN_VALIDATE_GRAPH_H
#define RUN_VALIDATE_GRAPH_H

struct definition;
struct problems;

/* Warnings: steps that cannot be reached, cycles that nothing leads out of. Its targets
 * are all there. */
void validate_graph(const struct definition *definition, struct problems *problems);

#endif
