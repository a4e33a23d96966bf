/*
 * stack.c - where a child stood when a fatal signal came
 *
 * The handler runs on a stack of its own, since the other one may be what is wrong. It
 * stores bare addresses in shared memory and nothing else: no lock, no allocation, no
 * descriptor that could block it. backtrace() is safe there once its library is loaded,
 * which the master does before it forks. Names are the master's business, when the child
 * is dead: both are images of one fork, so the addresses are the same in it.
 *
 * A child whose loop does not turn gets SIGABRT from the master; a failed assertion and
 * a fault come the same way. The handler stands for one signal only: raised again, it
 * does what it would have done, core file and exit status included. One that comes
 * inside the handler, since memory is ruined, ends the process at once.
 */
#include "ipc/stack.h"

#include "base/str.h"
#include "ipc/scoreboard.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

/* The unwinder needs a few KiB of it. */
#define STACK_BYTES ((size_t)64 * 1024)
#define STEP_MAX    200

/* In children, for the handler. */
static struct score_slot *watched;
static stack_step_fn step_fn;
static void *step_arg;
static char handler_stack[STACK_BYTES] __attribute__((aligned(64)));

static const int fatal[] = {
	SIGABRT,
#ifndef SYN_SANITIZED /* sanitizers report faults themselves, with more than a stack */
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP,
#endif
};

static void keep_step(struct score_slot *slot)
{
	char text[STEP_MAX + 1];
	size_t len;

	if (!step_fn)
		return;
	len = step_fn(step_arg, text, STEP_MAX);
	text[len < STEP_MAX ? len : STEP_MAX] = '\0';
	score_text_set(&slot->step, text);
}

static void on_fatal(int number)
{
	void *frames[SCORE_STACK_MAX];
	int count = watched ? backtrace(frames, SCORE_STACK_MAX) : 0, i;

	for (i = 0; i < count; i++)
		atomic_store_explicit(&watched->stack[i], (uint64_t)(uintptr_t)frames[i],
				      memory_order_relaxed);
	if (watched) {
		atomic_store_explicit(&watched->stack_count, count, memory_order_release);
		keep_step(watched); /* behind it: this reads what may be ruined */
	}
	(void)raise(number); /* blocked until we return; then as without us */
}

void stack_preload(void)
{
	void *frame;

	(void)backtrace(&frame, 1); /* what it finds is all the same */
}

void stack_watch(struct score_slot *slot)
{
	stack_t stack = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
	struct sigaction action = { .sa_handler = on_fatal,
				    .sa_flags = SA_ONSTACK | (int)SA_RESETHAND };
	size_t i;

	watched = slot;
	step_fn = NULL;
	(void)sigemptyset(&action.sa_mask); /* legal arguments all: none can fail */
	(void)sigaltstack(&stack, NULL);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)sigaction(fatal[i], &action, NULL);
}

void stack_on_step(stack_step_fn fn, void *arg)
{
	step_arg = arg;
	step_fn = fn;
}

static void describe_frame(uint64_t address, struct str *out)
{
	/* the instruction before the one that it would have returned to */
	const void *at = (const void *)(uintptr_t)(address - 1);
	const char *slash;
	Dl_info info;

	if (!dladdr(at, &info) || !info.dli_fname) {
		str_printf(out, "0x%llx", (unsigned long long)address);
		return;
	}
	if (info.dli_sname) {
		str_printf(out, "%.80s+0x%llx", info.dli_sname,
			   (unsigned long long)(address - (uintptr_t)info.dli_saddr));
		return;
	}
	slash = strrchr(info.dli_fname, '/');
	str_printf(out, "%.80s+0x%llx", slash ? slash + 1 : info.dli_fname,
		   (unsigned long long)(address - (uintptr_t)info.dli_fbase));
}

void stack_describe(const struct score_slot *slot, struct str *out)
{
	int count = atomic_load_explicit(&slot->stack_count, memory_order_acquire), i;

	/* the first one is the handler */
	for (i = 1; i < count && i < SCORE_STACK_MAX; i++) {
		if (i > 1)
			str_add_text(out, " < ");
		describe_frame(
			atomic_load_explicit(&slot->stack[i], memory_order_relaxed), out);
	}
}
