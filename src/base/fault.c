/*
 * fault.c - places where a test lets this program die, stall or fail
 *
 * Only in builds with --enable-fault-injection. Without $SYN_FAULTS a point costs
 * one comparison there. One file is mapped shared before the first fork, so "the third
 * pass" is the third of the whole daemon, whichever process makes it, and a rule outlives
 * the process that it has ended.
 *
 * What is wrong here is wrong in the test: it ends the process with a message.
 */
#include "base/fault.h"

#include "base/clock.h"
#include "base/log.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct fault_board *board;     /* inherited by the children */
static struct fault_whereabouts *own; /* each process its own */
static char own_kind[FAULT_KIND_MAX];
static int64_t doom_mono_us; /* 0: not doomed */
/* names by their address: a point is looked up once in a process */
static struct {
	const char *name;
	int index;
} known[FAULT_POINTS];
static int known_count;

static _Noreturn void broken(const char *what)
{
	log_error("fault.broken", LOG_S("what", what));
	abort();
}

void fault_open(void)
{
	const char *path = getenv("SYN_FAULTS");
	struct stat st;
	void *map;
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		broken("SYN_FAULTS cannot be opened");
	if (st.st_size != (off_t)sizeof(*board))
		broken("SYN_FAULTS has another size");
	map = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd); /* the mapping stays */
	if (map == MAP_FAILED)
		broken("SYN_FAULTS cannot be mapped");
	board = map;
	if (memcmp(board->magic, FAULT_MAGIC, sizeof(board->magic)) != 0 ||
	    board->layout != FAULT_LAYOUT)
		broken("SYN_FAULTS has another layout");
}

void fault_process(const char *kind)
{
	uint32_t place;

	if (!board)
		return;
	(void)snprintf(own_kind, sizeof(own_kind), "%s", kind);
	place = atomic_fetch_add(&board->process_count, 1) % FAULT_PROCESSES;
	own = &board->processes[place];
	(void)snprintf(own->kind, sizeof(own->kind), "%s", kind);
	atomic_store(&own->point, 0);
	atomic_store(&own->pid, (int32_t)getpid());
}

/* The point of that name; another process may be naming it just now. */
static int find_or_add(const char *name)
{
	int i;

	for (i = 0; i < FAULT_POINTS; i++) {
		struct fault_point *point = &board->points[i];
		int32_t state = 0;

		if (atomic_compare_exchange_strong(&point->state, &state, 1)) {
			(void)snprintf(point->name, sizeof(point->name), "%s", name);
			atomic_store(&point->state, 2);
			return i;
		}
		while (atomic_load(&point->state) != 2)
			; /* a few instructions of another process */
		if (strcmp(point->name, name) == 0)
			return i;
	}
	broken("too many points");
}

static int index_of(const char *name)
{
	int i;

	for (i = 0; i < known_count; i++)
		if (known[i].name == name)
			return known[i].index;
	i = find_or_add(name);
	if (known_count < FAULT_POINTS) {
		known[known_count].name = name;
		known[known_count++].index = i;
	}
	return i;
}

static bool matches(const struct fault_rule *rule, const char *name, const char *detail,
		    bool busy)
{
	if (rule->kind[0] && strcmp(rule->kind, own_kind) != 0)
		return false;
	if (busy ? strcmp(rule->point, name) != 0 : fnmatch(rule->point, name, 0) != 0)
		return false;
	return !rule->detail[0] || fnmatch(rule->detail, detail, 0) == 0;
}

/* In another process than the rule that this one waits for. */
static bool may_begin(const struct fault_rule *rule)
{
	const struct fault_rule *first;

	if (rule->after < 0)
		return true;
	first = &board->rules[rule->after % FAULT_RULES];
	return atomic_load(&first->acted) > 0 &&
	       atomic_load(&first->pid) != (int32_t)getpid();
}

/* Is this pass one of those that the rule acts on? */
static bool falls_due(struct fault_rule *rule, int point)
{
	uint32_t pass = atomic_fetch_add(&rule->seen, 1) + 1;
	int32_t nobody = 0;

	if (pass < rule->nth || (rule->times && pass >= rule->nth + rule->times))
		return false;
	if (atomic_compare_exchange_strong(&rule->pid, &nobody, (int32_t)getpid())) {
		atomic_store(&rule->at, point);
		atomic_store(&rule->acted_mono_us, clock_mono_us());
	}
	(void)atomic_fetch_add(&rule->acted, 1);
	return true;
}

static void delay(uint32_t ms)
{
	struct timespec left = { .tv_sec = ms / 1000,
				 .tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) < 0)
		; /* a signal */
}

static void note(int point, const char *detail)
{
	uint32_t at = atomic_fetch_add(&board->note_count, 1);

	if (at >= FAULT_NOTES)
		return;
	board->notes[at].point = point;
	board->notes[at].passed_mono_us = clock_mono_us();
	(void)snprintf(board->notes[at].detail, sizeof(board->notes[at].detail), "%s",
		       detail);
	atomic_store(&board->notes[at].pid, (int32_t)getpid());
}

/* By our own hand and not by a handler, whatever a sanitizer has installed. */
static void die(int sig)
{
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* True: the call is to fail. */
static bool act(const struct fault_rule *rule, int point, const char *detail)
{
	switch ((enum fault_action)rule->action) {
	case FAULT_CRASH:
		(void)kill(getpid(), SIGKILL);
		return false;
	case FAULT_SEGV:
		die(SIGSEGV);
		return false;
	case FAULT_STOP:
		(void)raise(SIGSTOP);
		return false;
	case FAULT_DELAY:
		delay(rule->arg);
		return false;
	case FAULT_ERROR:
		return true;
	case FAULT_DOOM:
		doom_mono_us = clock_mono_us() + (int64_t)rule->arg * 1000;
		return false;
	case FAULT_NOTE:
		note(point, detail);
		return false;
	}
	broken("a rule has an unknown action");
}

/* busy: a point that is passed all the time. */
static bool pass(const char *name, const char *detail, bool busy)
{
	bool fails = false;
	int point, i;

	point = index_of(name);
	(void)atomic_fetch_add(&board->points[point].passes, 1);
	if (own && !busy) {
		atomic_store(&own->passed_mono_us, clock_mono_us());
		atomic_store(&own->point, point + 1);
	}
	for (i = 0; i < FAULT_RULES; i++) {
		struct fault_rule *rule = &board->rules[i];

		if (atomic_load_explicit(&rule->armed, memory_order_acquire) &&
		    matches(rule, name, detail, busy) && may_begin(rule) &&
		    falls_due(rule, point))
			fails = act(rule, point, detail) || fails;
	}
	return fails;
}

void fault_pass(const char *name, const char *detail)
{
	if (board)
		(void)pass(name, detail, false);
}

bool fault_fails(const char *name)
{
	return board && pass(name, "", true);
}

void fault_loop(const char *name)
{
	if (!board)
		return;
	(void)pass(name, "", true);
	if (doom_mono_us && clock_mono_us() >= doom_mono_us)
		die(SIGSEGV);
}
