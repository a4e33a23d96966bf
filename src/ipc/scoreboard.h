/* scoreboard.h - what the processes of a host show each other: one mapped file */
#ifndef IPC_SCOREBOARD_H
#define IPC_SCOREBOARD_H

#include "base/err.h"
#include "base/ids.h"
#include "ipc/score_recent.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The file `scoreboard` in run_dir. The master makes it and every child inherits the
 * mapping; `status`, `top` and tests map it read-only. Each field has one writer: the
 * master (M) or the process of the slot (P). All of it may be read at any time.
 */

#define SCOREBOARD_FILE   "scoreboard"
#define SCOREBOARD_SLOTS  256
#define SCOREBOARD_LAYOUT 4

/*
 * Counters and gauges of a child: enum, name in metrics, sort, help. A counter only goes
 * up while the process lives; a gauge is what is so now.
 */
/* clang-format off */
#define SCORE_COUNTERS(ROW) \
	ROW(ACTIVE_RUNS,      "active_runs",      GAUGE,   "runs in flight") \
	ROW(CONNECTIONS,      "connections",      GAUGE,   "open client connections") \
	ROW(MAX_RUNS,         "max_runs",         GAUGE,   "runs that this child may have in flight") \
	ROW(RUNS_STARTED,     "runs_started",     COUNTER, "runs whose code was entered") \
	ROW(RUNS_ENDED,       "runs_ended",       COUNTER, "runs brought to their end, failed ones included") \
	ROW(RUNS_FAILED,      "runs_failed",      COUNTER, "runs that ended as failed") \
	ROW(RUNS_HANDED_BACK, "runs_handed_back", COUNTER, "runs given back to the queue while draining") \
	ROW(TAKEOVERS,        "takeovers",        COUNTER, "runs made ours in Postgres") \
	ROW(STALE_WRITES,     "stale_writes",     COUNTER, "own writes that Postgres refused because the run has another owner") \
	ROW(STEPS,            "steps",            COUNTER, "steps completed") \
	ROW(COMMITS,          "commits",          COUNTER, "grouped commits") \
	ROW(COMMIT_ROWS,      "commit_rows",      COUNTER, "rows written by grouped commits") \
	ROW(COMMITS_SPLIT,    "commits_split",    COUNTER, "grouped commits that were run again one by one") \
	ROW(COMMITS_UNKNOWN,  "commits_unknown",  COUNTER, "commits whose answer was lost and that were read back") \
	ROW(EVENTS_PUBLISHED, "events_published", COUNTER, "events added to streams") \
	ROW(CLAIMS,           "claims",           COUNTER, "claim scripts called") \
	ROW(JOBS_CLAIMED,     "jobs_claimed",     COUNTER, "queue entries claimed") \
	ROW(JOBS_FINISHED,    "jobs_finished",    COUNTER, "queue entries finished") \
	ROW(JOBS_REQUEUED,    "jobs_requeued",    COUNTER, "queue entries of dead workers put back") \
	ROW(RUNS_ACCEPTED,    "runs_accepted",    COUNTER, "runs accepted by the API") \
	ROW(RUNS_REFUSED,     "runs_refused",     COUNTER, "runs refused by a limit") \
	ROW(REQUESTS,         "requests",         COUNTER, "HTTP requests answered") \
	ROW(REQUESTS_4XX,     "requests_4xx",     COUNTER, "HTTP requests answered with 4xx") \
	ROW(REQUESTS_5XX,     "requests_5xx",     COUNTER, "HTTP requests answered with 5xx") \
	ROW(REDIS_CONNECTS,   "redis_connects",   COUNTER, "connections made to Redis") \
	ROW(REDIS_ERRORS,     "redis_errors",     COUNTER, "commands that Redis did not answer or refused") \
	ROW(PG_CONNECTS,      "pg_connects",      COUNTER, "connections made to Postgres") \
	ROW(PG_ERRORS,        "pg_errors",        COUNTER, "statements that Postgres did not answer or refused") \
	ROW(BEATS,            "beats",            COUNTER, "heartbeats written") \
	ROW(BEATS_LATE,       "beats_late",       COUNTER, "heartbeats that were not written in time") \
	ROW(DEATHS_SETTLED,   "deaths_settled",   COUNTER, "dead workers whose jobs went back") \
	ROW(LEADS,            "leads",            GAUGE,   "1 if this clerk is the fleet's lead") \
	ROW(RUNS_PUSHED,      "runs_pushed",      COUNTER, "queue entries made from rows that had lost theirs") \
	ROW(RECOVERIES,       "recoveries",       COUNTER, "recoveries of a queue after lost writes, or on demand") \
	ROW(DRIFT,            "drift",            COUNTER, "counters in Redis that were wrong and were mended") \
	ROW(PYTHON_CALLS,     "python_calls",     COUNTER, "calls of Python code answered") \
	ROW(PYTHON_HELPERS,   "python_helpers",   GAUGE,   "Python helpers that there are") \
	ROW(PYTHON_WAITING,   "python_waiting",   GAUGE,   "calls of Python code that wait for a helper") \
	ROW(EVENTS_DROPPED,   "events_dropped",   COUNTER, "live events thrown away because Redis did not take them in time") \
	ROW(WAITING,          "waiting",          GAUGE,   "queue entries that wait for a worker; -1: Redis does not say") \
	ROW(OLDEST_MS,        "oldest_ms",        GAUGE,   "age of the queue entry that has waited longest; -1: Redis does not say") \
	ROW(PULSES_LATE,      "pulses_late",      COUNTER, "times that the event loop turned a second or more too late") \
	ROW(PULSE_LATE_MS,    "pulse_late_ms",    GAUGE,   "longest time that the event loop turned later than it should") \
	ROW(COST_MICROS,      "cost_micros",      COUNTER, "cost of the runs that ended, in millionths of a dollar") \
	ROW(STORES_AWAY,      "stores_away",      GAUGE,   "stores that are named and do not answer: 1 Redis, 2 Postgres, 3 both") \
	ROW(STORES_WAITED,    "stores_waited",    GAUGE,   "stores that this child waits for before it is ready, in the same way")
/* clang-format on */

enum score_sort {
	SCORE_COUNTER,
	SCORE_GAUGE,
};

#define SCORE_ENUM(id, name, sort, help) SCORE_##id,
enum score_counter { SCORE_COUNTERS(SCORE_ENUM) SCORE_NCOUNTERS };
#undef SCORE_ENUM
/* Of the layout: appending a counter does not change it. */
#define SCORE_COUNTERS_ROOM 64

struct score_counter_row {
	const char *name;
	enum score_sort sort;
	const char *help;
};
/* SCORE_NCOUNTERS rows, indexed by enum score_counter. */
extern const struct score_counter_row score_counter_rows[];

/* A text that one process writes and others read; odd seq: it is being written. */
#define SCORE_TEXT_WORDS 32
struct score_text {
	_Atomic uint32_t seq;
	uint32_t unused;
	_Atomic uint64_t words[SCORE_TEXT_WORDS]; /* at most 255 bytes and a NUL */
};

enum score_state {
	SCORE_FREE = 0, /* no process */
	SCORE_STARTING, /* forked, has not said "ready" */
	SCORE_READY,
	SCORE_QUIET,
	SCORE_DRAINING,
	SCORE_KILLED, /* got SIGKILL, not reaped yet */
	SCORE_DEAD,   /* reaped; the slot waits until the keeper has settled it */
	SCORE_NSTATES,
};

#define SCORE_STACK_MAX 48 /* frames that are kept */

struct score_slot {
	_Atomic int32_t state;         /* M: enum score_state */
	_Atomic int32_t pid;           /* M */
	_Atomic int32_t number;        /* M: slot of its kind, 0.. */
	_Atomic int32_t generation;    /* M */
	_Atomic int64_t started_at_ms; /* M */
	_Atomic int64_t died_at_ms;    /* M: SCORE_DEAD only */
	struct score_text kind;        /* M */
	struct score_text row_name;    /* M: its row in the registry */
	struct score_text incarnation; /* M */
	struct score_text cause;       /* M: SCORE_DEAD only: "signal SIGSEGV" */

	_Alignas(128) _Atomic int64_t pulse_mono_ms; /* P: its loop turned then */
	_Atomic int32_t suspect_len; /* P: 0: no run's code is on the CPU */
	char suspect[IDS_MAX]; /* P: the job whose code is on the CPU; valid as above */
	struct score_text sandbox; /* P: of Python code: "ready: ...", "failed: ..." */
	struct score_text largest; /* P: the run with the largest arena */
	_Atomic int64_t largest_bytes;      /* P */
	_Atomic int64_t last_start_mono_us; /* P: a fresh run's code was entered then */
	_Atomic int32_t memory_gone; /* P: 1: an allocation failed, and that ends it */
	/*
	 * P, when a fatal signal came: where it stood, and in which step of the suspect.
	 * The addresses are the master's as well, since both are of one fork.
	 */
	_Atomic int32_t stack_count;
	struct score_text step;
	_Atomic uint64_t stack[SCORE_STACK_MAX];
	_Alignas(128) _Atomic int64_t counters[SCORE_COUNTERS_ROOM]; /* P */
	_Alignas(128) struct score_recent recent; /* P: runs entered lately */
};

enum score_master_state {
	SCORE_MASTER_STARTING, /* not every child has been ready once */
	SCORE_MASTER_RUNNING,
	SCORE_MASTER_DEGRADED, /* reason says why */
	SCORE_MASTER_DRAINING,
	SCORE_MASTER_STOPPED,
};

/* A death, for whoever asks later. */
struct score_death {
	_Atomic int64_t at_ms; /* 0: none */
	_Atomic int32_t pid;
	_Atomic int32_t slot; /* of its kind */
	struct score_text kind;
	struct score_text cause;
	struct score_text suspect; /* the job whose code was on the CPU, or "" */
	struct score_text step;    /* of that, if it is known, or "" */
};
#define SCORE_DEATHS 8 /* that are kept */

#define SCOREBOARD_MAGIC "SYNBOARD"
struct scoreboard {
	char magic[8];
	uint32_t layout;     /* SCOREBOARD_LAYOUT */
	uint32_t slot_count; /* SCOREBOARD_SLOTS */
	uint32_t slot_bytes; /* sizeof(struct score_slot) */
	int32_t master_pid;
	uint64_t
		master_start_ticks; /* field 22 of /proc/<pid>/stat: tells a reused pid */
	int64_t started_at_ms;
	char version[32];
	char host_name[IDS_MAX];
	_Atomic int64_t master_pulse_mono_ms; /* each second */
	_Atomic int32_t master_state;         /* enum score_master_state */
	_Atomic int32_t generation;
	_Atomic int32_t succeeded; /* 1: the next master speaks for this host */
	struct score_text reason;  /* of degraded and draining; "" otherwise */
	struct score_text reload;  /* why the last one is not in force; "" when it is */
	_Atomic int64_t reload_at_ms; /* when that was; 0: none yet */
	_Atomic int32_t scale_min;    /* of the kind that scales; 0: it does not */
	_Atomic int32_t scale_max;
	_Atomic int32_t scale_count;  /* how many are wanted now */
	_Atomic int64_t scaled_at_ms; /* the last step; 0: none yet */
	struct score_text scaled;     /* which it was, and why */
	_Atomic uint32_t death_count; /* ever; the newest is at (n - 1) % SCORE_DEATHS */
	struct score_death deaths[SCORE_DEATHS];
	struct score_slot slots[SCOREBOARD_SLOTS];
};

/* Master: make the file (the one of a dead master is replaced). The caller owns the
 * mapping. */
int scoreboard_create(const char *run_dir, const char *host_name, const char *version,
		      struct scoreboard **ret, struct err *err);
/*
 * The master that comes after a living one: the same, but nobody finds the file until it
 * is published, or removed if it never is.
 */
int scoreboard_create_next(const char *run_dir, const char *host_name,
			   const char *version, struct scoreboard **ret, struct err *err);
int scoreboard_publish_next(const char *run_dir, struct err *err);
void scoreboard_unlink_next(const char *run_dir);
/*
 * Anybody: map it read-only. ERR_NOT_FOUND: no file; ERR_INPUT: not ours or of another
 * layout. The master it speaks of may be dead: ask scoreboard_master_alive().
 */
int scoreboard_open_readonly(const char *run_dir, const struct scoreboard **ret,
			     struct err *err);
/* The same, by the path of the file. */
int scoreboard_open_file(const char *path, const struct scoreboard **ret,
			 struct err *err);
/* Unmap; NULL is fine. The file stays. */
void scoreboard_close(const struct scoreboard *board);
/* The pid lives and is the process that made this file. */
bool scoreboard_master_alive(const struct scoreboard *board);

const char *score_state_name(enum score_state state);
const char *score_master_state_name(enum score_master_state state);

/* Cut at 255 bytes. */
void score_text_set(struct score_text *text, const char *value);
/*
 * A consistent copy into buf, always terminated; returns buf. "" if it changes too fast.
 */
char *score_text_get(const struct score_text *text, char buf[IDS_MAX]);

static inline void score_add(struct score_slot *slot, enum score_counter counter,
			     int64_t n)
{
	/* one writer: no locked instruction is needed, readers see whole numbers */
	atomic_store_explicit(
		&slot->counters[counter],
		atomic_load_explicit(&slot->counters[counter], memory_order_relaxed) + n,
		memory_order_relaxed);
}

static inline void score_set(struct score_slot *slot, enum score_counter gauge, int64_t n)
{
	atomic_store_explicit(&slot->counters[gauge], n, memory_order_relaxed);
}

static inline int64_t score_get(const struct score_slot *slot, enum score_counter counter)
{
	return atomic_load_explicit(&slot->counters[counter], memory_order_relaxed);
}

/* Before the loop enters a run's code, and after. job is cut at 255 bytes; whoever reads
 * it does so when the process is dead. */
static inline void score_suspect_set(struct score_slot *slot, const char *job, size_t len)
{
	if (len > sizeof(slot->suspect) - 1)
		len = sizeof(slot->suspect) - 1;
	memcpy(slot->suspect, job, len);
	atomic_store_explicit(&slot->suspect_len, (int32_t)len, memory_order_release);
}

static inline void score_suspect_clear(struct score_slot *slot)
{
	atomic_store_explicit(&slot->suspect_len, 0, memory_order_release);
}

/* Of a dead process: its suspect into buf; false and "" when nobody was on the CPU. */
bool score_suspect_get(const struct score_slot *slot, char buf[IDS_MAX]);

#endif
