/*
 * errands.c - what somebody elsewhere wants of this worker, asked of its master
 *
 * `worker quiet` and `worker stop` are acts of a host's master. Who wants them of a
 * worker on another host writes to that worker (queue/queue_mail.h), and it asks its own
 * master over the control socket, as the verb does: so the master has one way to be
 * asked, and its log says who did what in either case.
 */
#include "worker/errands.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/control_ask.h"
#include "ipc/control_frame.h"
#include "ipc/kind.h"

/* A refusal comes at once; a stop outlives this process, so its end is not waited for. */
#define ANSWER_MS 5000

struct errand {
	enum errands_act act;
	struct control_ask *ask; /* NULL: not under way */
};

struct errands {
	struct ev_loop *loop;
	const struct child_env *env;
	struct errand list[ERRANDS_ACTS];
};

static int control_act(enum errands_act act)
{
	return act == ERRANDS_QUIET ? CONTROL_WORKER_QUIET : CONTROL_WORKER_STOP;
}

static void refused(enum errands_act act, const char *why)
{
	log_warn("worker.errand_refused",
		 LOG_S("act", control_frame_act_name(control_act(act))),
		 LOG_S("error", why));
}

static void on_end(void *arg, int rc, int64_t number, const struct err *err)
{
	struct errand *errand = arg;

	(void)number;
	errand->ask = NULL;
	if (rc < 0 && rc != ERR_TIMEOUT)
		refused(errand->act, err->text);
}

struct errands *errands_new(struct ev_loop *loop, const struct child_env *env)
{
	struct errands *errands = mem_new(struct errands);
	int i;

	errands->loop = loop;
	errands->env = env;
	for (i = 0; i < ERRANDS_ACTS; i++)
		errands->list[i].act = (enum errands_act)i;
	return errands;
}

void errands_free(struct errands *errands)
{
	int i;

	if (!errands)
		return;
	for (i = 0; i < ERRANDS_ACTS; i++)
		control_ask_abandon(errands->list[i].ask);
	mem_free(errands);
}

void errands_do(struct errands *errands, enum errands_act act)
{
	struct errand *errand = &errands->list[act];
	const struct child_env *env = errands->env;
	struct err err;

	if (errand->ask)
		return;
	log_info("worker.errand", LOG_S("act", control_frame_act_name(control_act(act))));
	if (env->quarantine) /* comes and goes as there are suspects, not as people wish */
		refused(act, "this is the worker of the quarantine lane");
	else if (control_ask_start(errands->loop, env->conf->run_dir, control_act(act),
				   env->slot, ANSWER_MS, on_end, errand, &errand->ask,
				   &err) < 0)
		refused(act, err.text);
}
