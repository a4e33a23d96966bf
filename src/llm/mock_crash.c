/*
 * mock_crash.c - a model that ends its own process, in builds with fault injection only
 *
 * What a run in bad luck does to its worker by a defect of ours, on demand.
 */
#include "llm/mock_crash.h"

#include "base/mem.h"
#include "run/model.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct mock_trap {
	struct ev_loop *loop;
	ev_timer timer;
};

/* As a defect does: the handler that a sanitizer may have is not asked. */
static void fault(void)
{
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	fault();
}

static struct mock_trap *trap_new(struct ev_loop *loop, int64_t ms)
{
	struct mock_trap *trap = mem_new(struct mock_trap);

	trap->loop = loop;
	ev_timer_init(&trap->timer, on_time, (double)ms / 1e3, 0.);
	ev_timer_start(loop, &trap->timer);
	return trap;
}

/* Megabyte by megabyte, written to, as a run that grows. What it has got stays. */
static void grow(int64_t megabytes)
{
	const size_t piece = 1024u * 1024u;

	for (int64_t i = 0; i < megabytes; i++)
		memset(mem_alloc(piece), 1, piece);
}

void mock_crash(struct ev_loop *loop, const struct model *model, struct mock_trap **trap)
{
	switch (model->crash) {
	case MODEL_CRASH_SEGV:
		fault();
		return;
	case MODEL_CRASH_ABORT:
		(void)signal(SIGABRT, SIG_DFL);
		abort();
	case MODEL_CRASH_HANG:
		for (volatile int turns = 0;; turns = !turns)
			continue;
	case MODEL_CRASH_ALLOC:
		grow(model->tokens);
		return;
	case MODEL_CRASH_LATER:
		if (!*trap)
			*trap = trap_new(loop, model->ms);
		return;
	}
}

void mock_trap_free(struct mock_trap *trap)
{
	if (trap)
		ev_timer_stop(trap->loop, &trap->timer);
	mem_free(trap);
}
