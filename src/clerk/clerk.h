/* clerk.h - the child that sees to what Redis has lost: the kind's entry */
#ifndef CLERK_CLERK_H
#define CLERK_CLERK_H

struct child_env;

/* The entry function of its kind (ipc/kind.h). Returns the exit code. */
int clerk_enter(struct child_env *env);

#endif
