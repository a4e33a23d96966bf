/* host_scale_in.h - a scale host's insides: for host_scale.c, begin.c and engine_side.c
 * alone */
#ifndef HOST_HOST_SCALE_IN_H
#define HOST_HOST_SCALE_IN_H

#include "base/list.h"
#include "base/loop.h"
#include "engine/drive.h"
#include "engine/host.h"
#include "host/gate.h"
#include "host/host_scale.h"

struct agent_cache;
struct engine;
struct held;
struct inner_source;
struct journal;
struct publish;

struct host_scale {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct redis_link *link;
	struct publisher *publisher;
	struct journal *journal;
	struct engine *engine;
	struct drive drive;
	struct models *models; /* borrowed */
	struct agent_cache *agents;
	struct said *said;
	struct inner_source *inner;
	struct gate gate;
	bool gate_said; /* that it is closed */
	struct host_scale_options options;
	struct list lazy; /* struct held, oldest first */
	struct list all;  /* struct held */
	struct cancel_watch *watch;
	struct people_desk *desk;
	size_t count;
	ev_timer sweep; /* while lazy is not empty */
	ev_timer leaf;  /* while draining: then steps in flight are cut */
	bool draining;
	const struct held
		*largest;      /* the run named in the scoreboard, while it is here */
	int64_t largest_bytes; /* its own */
};

/* engine_side.c: what the engine asks; its host is a struct host_scale. */
extern const struct engine_host engine_side;
/* The same asks a provider before it sends: models_set_permit(), arg is the host. */
bool engine_side_may_send(void *arg, struct llm_call *call);
/* And a toolbox: toolbox_set_permit(). */
bool engine_side_may_act(void *arg, struct exec *exec);

/* Events of it that may leave do so. */
void host_scale_publish(struct held *held);
/* Those that were sent are in: the next ones, or the end of the run here. */
void host_scale_on_published(struct publish *publish);
/* Nothing of a run that is to leave is under way any more, or will be: it goes back.
 * True: held is gone. */
bool host_scale_leave_if_ready(struct held *held);

#endif
