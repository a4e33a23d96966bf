/* errands.h - what somebody elsewhere wants of this worker, asked of its master */
#ifndef WORKER_ERRANDS_H
#define WORKER_ERRANDS_H

struct child_env;
struct errands;
struct ev_loop;

enum errands_act {
	ERRANDS_QUIET, /* claim nothing new */
	ERRANDS_STOP,  /* drain; another one takes its place */
	ERRANDS_ACTS,
};

/* All is borrowed. */
struct errands *errands_new(struct ev_loop *loop, const struct child_env *env);
void errands_free(struct errands *errands);

/* One of each is under way at most: who asks again meanwhile has asked once. */
void errands_do(struct errands *errands, enum errands_act act);

#endif
