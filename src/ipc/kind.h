/* kind.h - what the master knows about a kind of child, and what a child gets from it */
#ifndef IPC_KIND_H
#define IPC_KIND_H

#include "base/ids.h"

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct conf_inputs;
struct scoreboard;
struct score_slot;

/*
 * Everything a child starts with. It lives until the entry function returns; the child
 * owns nothing in it and closes nothing of it.
 */
struct child_env {
	const struct conf *conf;
	/* What it was made of, for who tells what a reload would read. NULL: not known */
	const struct conf_inputs *inputs;
	struct scoreboard *board;
	/* After an upgrade: that of the old master, which may still drain; else NULL. */
	const struct scoreboard *board_before;
	struct score_slot *score;  /* of this process, in board */
	int master_fd;             /* for lifeline_init() */
	int slot;                  /* which one of its kind, 0.. */
	int generation;            /* of the configuration */
	int64_t drain_deadline_ms; /* for a drain that the master did not ask for */
	int api_listen_fd;    /* bound, listening, non-blocking; -1 without the flag */
	int health_listen_fd; /* the same */
	bool quarantine;      /* of a kind on demand: suspects only */
	bool candidate;       /* of a reload, which is taken back when it dies */
	bool beside; /* another generation serves: take no connection before "ready" */
	/* Set what ps shows behind the program's name. NULL: nothing is to be set. */
	void (*title)(const char *text);
	char host_name[IDS_MAX];
	char row_name[IDS_MAX];    /* the registry row: DECISIONS 6 */
	char incarnation[IDS_MAX]; /* row_name + "." + 8 hex, never reused */
};

enum kind_flag {
	KIND_HOLDS_JOBS = 1,       /* its deaths are told to the kind below */
	KIND_TAKES_OBITUARIES = 2, /* one process at most; settles deaths */
	KIND_LISTENS_API = 4,      /* gets api_listen_fd */
	KIND_LISTENS_HEALTH = 8,   /* gets health_listen_fd */
	KIND_SCALES = 32,    /* one kind at most: a person may have more of it, or less */
	KIND_ON_DEMAND = 16, /* runs while the keeper wants it: the quarantine lane */
	KIND_NEEDS_STORES = 64, /* never ready while one of them is away */
};

/*
 * One row of the table in kinds.c. The master knows kinds by these fields and by nothing
 * else.
 */
struct kind {
	const char *name;  /* in logs and on the scoreboard: "worker" */
	const char *title; /* one line for people */
	/*
	 * Runs in the child and returns its exit code (enum exit_code). It starts with an
	 * empty loop of its own to make, SIGTERM blocked until lifeline_init(), terminal
	 * signals and SIGPIPE ignored.
	 */
	int (*enter)(struct child_env *env);
	/* How many of them this host runs; 0: none. */
	int (*processes)(const struct conf *conf);
	/* Whether that may become more than 0 while the daemon runs; NULL: it may not. */
	bool (*may_come)(const struct conf *conf);
	/* enum conf_reader: what it reads besides readers with this configuration; NULL:
	 * nothing. */
	unsigned (*also_reads)(const struct conf *conf);
	/* With this configuration, whoever a reload replaces may take as long as it likes
	 * to finish what it has; NULL: it may not. */
	bool (*unhurried)(const struct conf *conf);
	/* KIND_SCALES: between which numbers the master changes that by itself. */
	int (*fewest)(const struct conf *conf);
	int (*most)(const struct conf *conf);
	int64_t ready_timeout_ms; /* one that has not said "ready" by then is killed */
	int oom_score_adj; /* at least: the greater, the sooner the kernel ends it */
	int order;         /* start order; the stop is the other way round */
	unsigned flags;    /* enum kind_flag, or-ed */
	unsigned readers;  /* enum conf_reader: a changed option replaces it */
};

#endif
