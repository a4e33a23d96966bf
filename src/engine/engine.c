/*
 * engine.c - all runs of one child: the ready list, the timers, the pump
 *
 * The pump is the one place from which a run's code is entered. A run that has work after
 * its turn goes to the end of the list, and the pump ends after a bounded number of
 * steps, so neither one run nor all of them keep the loop from its descriptors.
 */
#include "engine/engine.h"

#include "base/mem.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/host.h"

#include <assert.h>

struct engine *engine_new(const struct engine_host *host, void *host_data,
			  const struct engine_limits *limits, uint64_t seed)
{
	struct engine *engine = mem_new(struct engine);

	assert(limits->event_max >= EVENT_MAX_LEAST);
	engine->host = host;
	engine->host_data = host_data;
	engine->limits = *limits;
	rng_seed(&engine->rng, seed);
	list_init(&engine->ready);
	timers_init(&engine->timers);
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	assert(engine->runs == 0 && engine->timers.count == 0);
	timers_deinit(&engine->timers);
	mem_free(engine);
}

int64_t engine_pump(struct engine *engine)
{
	int64_t next_ms;
	int steps = 0;

	assert(!engine->pumping);
	engine->pumping = true;
	engine->wanted = false;
	(void)timers_run(&engine->timers, engine_mono_ms(engine));
	while (steps < ENGINE_PUMP_STEPS && !list_empty(&engine->ready)) {
		struct list *node = list_shift(&engine->ready);

		steps += exec_turn(list_entry(node, struct exec, ready));
	}
	/* what became due meanwhile is ready at once */
	next_ms = timers_run(&engine->timers, engine_mono_ms(engine));
	engine->pumping = false;
	return list_empty(&engine->ready) ? next_ms : 0;
}

void engine_drain(struct engine *engine)
{
	engine->draining = true;
}

void engine_want(struct engine *engine)
{
	if (engine->pumping || engine->wanted || !engine->host->wanted)
		return;
	engine->wanted = true;
	engine->host->wanted(engine->host_data);
}

int64_t engine_wall_ms(struct engine *engine)
{
	return engine->host->wall_ms(engine->host_data);
}

int64_t engine_mono_ms(struct engine *engine)
{
	return engine->host->mono_ms(engine->host_data);
}
