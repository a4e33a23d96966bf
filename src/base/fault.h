/* fault.h - places where a test lets this program die, stall or fail */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 *	FAULT("takeover.in");                  a pass of this point
 *	FAULT_OF("step.start", step_id);       the same; a rule can ask for this detail
 *	if (FAULT_FAILS("pg.submit")) ...      a point whose call a rule can make fail
 *	FAULT_LOOP("loop.turned");             where a doomed process ends
 *	FAULT_PROCESS("worker");               behind a fork: who this process is
 *	FAULT_OPEN();                          once, before the first fork
 *
 * Compiled in by `configure --enable-fault-injection` only. Otherwise the macros are
 * nothing, their arguments are not evaluated, and the program has no trace of them.
 *
 * Points of FAULT_FAILS and FAULT_LOOP are passed all the time: a rule meets them by
 * their full name only, never by a pattern.
 *
 * Names are literals, noun.participle: what has just happened. Each is a row of the table
 * in tests/fault/README.md.
 */
#ifdef SYN_FAULTS
#define FAULT(name)            fault_pass((name), "")
#define FAULT_OF(name, detail) fault_pass((name), (detail))
#define FAULT_FAILS(name)      fault_fails(name)
#define FAULT_LOOP(name)       fault_loop(name)
#define FAULT_PROCESS(kind)    fault_process(kind)
#define FAULT_OPEN()           fault_open()
#else
#define FAULT(name)            ((void)0)
#define FAULT_OF(name, detail) ((void)0)
#define FAULT_FAILS(name)      (false)
#define FAULT_LOOP(name)       ((void)0)
#define FAULT_PROCESS(kind)    ((void)0)
#define FAULT_OPEN()           ((void)0)
#endif

/*
 * The file that $SYN_FAULTS names, made by the test
 * (tests/blackbox/harness/faults.py writes the same layout) and mapped by all processes
 * of a daemon. T: the test writes it, P: the processes do.
 */
#define FAULT_MAGIC     "SYNFAULT"
#define FAULT_LAYOUT    1
#define FAULT_RULES     32
#define FAULT_POINTS    256
#define FAULT_PROCESSES 512
#define FAULT_NOTES     262144
#define FAULT_NAME_MAX  48
#define FAULT_KIND_MAX  16

enum fault_action {
	FAULT_CRASH = 1, /* SIGKILL to itself: nothing is flushed, nobody is told */
	FAULT_SEGV,      /* SIGSEGV to itself */
	FAULT_STOP,      /* SIGSTOP to itself */
	FAULT_DELAY,     /* sleeps arg ms: the loop stands still */
	FAULT_ERROR, /* the call behaves as if it had failed; other points ignore it */
	FAULT_DOOM,  /* SIGSEGV at the first pass of FAULT_LOOP arg ms later */
	FAULT_NOTE,  /* a line of `notes`: who was here, when, with what detail */
};

/* T writes the fields above the line, `armed` last. */
struct fault_rule {
	char point[FAULT_NAME_MAX];  /* a pattern of fnmatch(3) */
	char kind[FAULT_KIND_MAX];   /* of child; "": any */
	char detail[FAULT_NAME_MAX]; /* a pattern; "": any */
	uint32_t action;             /* enum fault_action */
	uint32_t arg;
	uint32_t nth;   /* acts at this pass that matches, counted over all processes */
	uint32_t times; /* and at those behind it, this often in all; 0: for ever */
	int32_t after;  /* -1, or a rule that has to have acted before, anywhere */
	_Atomic int32_t armed;
	/* ---- */
	_Atomic uint32_t seen;         /* P: passes that matched */
	_Atomic uint32_t acted;        /* P */
	_Atomic int32_t pid;           /* P: the first that it acted on */
	_Atomic int32_t at;            /* P: index of that point; valid when pid is set */
	_Atomic int64_t acted_mono_us; /* P: of the first */
};

struct fault_point {
	_Atomic int32_t state; /* P: 0 free, 1 being named, 2 named */
	int32_t unused;
	_Atomic int64_t passes;
	char name[FAULT_NAME_MAX];
};

/* Where a process was last, so that a test can say where its death has met it. */
struct fault_whereabouts {
	_Atomic int32_t pid;
	_Atomic int32_t point; /* index + 1; 0: none yet */
	_Atomic int64_t passed_mono_us;
	char kind[FAULT_KIND_MAX];
};

struct fault_note {
	int32_t point;
	_Atomic int32_t pid; /* written last; 0: not yet */
	int64_t passed_mono_us;
	char detail[FAULT_NAME_MAX];
};

struct fault_board {
	char magic[8];
	uint32_t layout;
	_Atomic uint32_t process_count; /* ever; the places are used in a ring */
	_Atomic uint32_t note_count;    /* ever; what does not fit is lost */
	uint32_t unused;
	struct fault_rule rules[FAULT_RULES];
	struct fault_point points[FAULT_POINTS];
	struct fault_whereabouts processes[FAULT_PROCESSES];
	struct fault_note notes[FAULT_NOTES];
};

void fault_open(void);
void fault_process(const char *kind);
void fault_pass(const char *name, const char *detail);
bool fault_fails(const char *name);
void fault_loop(const char *name);

#endif
