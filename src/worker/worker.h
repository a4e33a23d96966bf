/* worker.h - the child that claims jobs and executes runs */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

struct child_env;

/* The entry function of its kind (ipc/kind.h). Returns the exit code. */
int worker_enter(struct child_env *env);

#endif
