/* keeper.h - the child that keeps a host's word in Redis and Postgres */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

struct child_env;

/* The entry function of its kind (ipc/kind.h). Returns the exit code. */
int keeper_enter(struct child_env *env);

#endif
