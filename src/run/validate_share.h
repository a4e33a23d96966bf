/* validate_share.h - branches of a parallel step that count on one another */
#ifndef RUN_VALIDATE_SHARE_H
#define RUN_VALIDATE_SHARE_H

struct definition;
struct problems;

/* Warnings: a branch that reads a key which another one writes and it does not: it sees
 * the value from before the parallel step. */
void validate_share(const struct definition *definition, struct problems *problems);

#endif
