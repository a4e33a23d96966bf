/*
 * run_router.c - the run_port of a host that has files of runs, and stores beside them
 *
 * owner_of() says who answers for a run; each act goes there as it came.
 */
#include "api/run_router.h"

#include "api/file_reads.h"
#include "events/tail.h"
#include "host/host_file.h"
#include "run/chat_run.h"

/*
 * Files answer for what there is a file of. Turns are counted anew in each mode, so that
 * a conversation which was held in both has two of a number: in scale mode its rows are
 * meant, but for a turn that goes on here.
 */
static const struct run_port *owner_of(const struct run_router *router,
				       const char *run_id)
{
	if (router->scale && chat_run_turn(run_id) &&
	    !(router->host && host_file_find(router->host, run_id)))
		return router->rows;
	return file_reads_has(router->reads, run_id) ? router->files : router->rows;
}

static void route_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->get(owner->self, run_id, cb, arg);
}

static void route_stand(void *self, struct run_stand *stand)
{
	const struct run_port *owner = owner_of(self, stand->run_id);

	owner->stand(owner->self, stand);
}

static void route_events(void *self, const char *run_id, const char *start,
			 const char *end, int limit, port_events_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->events(owner->self, run_id, start, end, limit, cb, arg);
}

static int route_follow(void *self, struct request *req, const struct tails_ask *ask,
			struct err *err)
{
	const struct run_port *owner = owner_of(self, ask->run_id);

	return owner->follow(owner->self, req, ask, err);
}

static void route_newest(void *self, const char *run_id, port_newest_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->newest(owner->self, run_id, cb, arg);
}

static void route_outcome(void *self, const char *run_id, port_outcome_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->outcome(owner->self, run_id, cb, arg);
}

static void route_steps(void *self, const char *run_id, int64_t from_seq, int limit,
			port_steps_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->steps(owner->self, run_id, from_seq, limit, cb, arg);
}

static void route_detail(void *self, const char *run_id, bool lists, port_detail_cb cb,
			 void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->detail(owner->self, run_id, lists, cb, arg);
}

static void route_why(void *self, const char *run_id, port_why_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->why(owner->self, run_id, cb, arg);
}

static void route_erase(void *self, const char *run_id, const char *tenant_id,
			port_erase_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->erase(owner->self, run_id, tenant_id, cb, arg);
}

static void route_cancel(void *self, const char *run_id, const char *tenant_id,
			 port_cancel_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->cancel(owner->self, run_id, tenant_id, cb, arg);
}

static void route_resume_failed(void *self, const char *run_id, const char *tenant_id,
				const char *from_step, port_resume_cb cb, void *arg)
{
	const struct run_port *owner = owner_of(self, run_id);

	owner->resume_failed(owner->self, run_id, tenant_id, from_step, cb, arg);
}

static void route_answer(void *self, const struct answers_ask *ask, answers_cb cb,
			 void *arg)
{
	const struct run_port *owner = owner_of(self, ask->run_id);

	owner->answer(owner->self, ask, cb, arg);
}

void run_router_init(struct run_router *router, const struct run_port *files,
		     const struct run_port *rows, const struct file_reads *reads,
		     const struct host_file *host, bool scale)
{
	*router = (struct run_router){
		.files = files,
		.rows = rows,
		.reads = reads,
		.host = host,
		.scale = scale,
	};
	router->port = (struct run_port){
		.self = router,
		.get = route_get,
		.stand = route_stand,
		.events = route_events,
		.follow = route_follow,
		.newest = route_newest,
		.outcome = route_outcome,
		.steps = route_steps,
		.detail = route_detail,
		.why = route_why,
		.erase = route_erase,
		.cancel = route_cancel,
		.resume_failed = route_resume_failed,
		.answer = route_answer,
	};
}
