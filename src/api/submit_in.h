/* submit_in.h - submissions under way: for the submit files alone */
#ifndef API_SUBMIT_IN_H
#define API_SUBMIT_IN_H

#include "api/errors.h"
#include "api/memo.h"
#include "api/submit.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/str.h"
#include "ipc/scoreboard.h"
#include "pg/pg_group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port_run;
struct queue;

#define SUBMIT_RUN_ID_MAX 64
#define SUBMIT_WAKE_FIRST 1 /* of an entry whose run was just accepted */

/* A queue that submissions went to. Lives as long as the process. */
struct home {
	struct list node; /* of submit->homes */
	struct submit *submit;
	struct queue *queue;
	struct list admits;   /* submissions of this turn */
	struct list enqueues; /* committed, not in the queue yet */
	struct list releases; /* places to give back */
};

struct submission {
	struct pg_unit unit; /* first: by_run_id() of submit_insert.c */
	struct list node;    /* of one list of its home */
	struct submit *submit;
	struct home *home;
	struct port_run *run; /* NULL once answered: its texts are gone then */
	struct memo_wait wait;
	int64_t version;
	int64_t queued_max;
	int64_t running_max;
	int priority;
	char run_id[SUBMIT_RUN_ID_MAX];
	char job_id[SUBMIT_RUN_ID_MAX];
	struct str tenant;  /* key form */
	struct str payload; /* packed when committed */
};

struct submit {
	struct submit_parts parts;
	struct pg_group *inserts;
	struct map by_name; /* queue name -> struct home */
	struct list homes;  /* the same; a walk may meet new ones */
	ev_prepare flush;
	ev_timer retry; /* Redis refused entries: not before it has run */
	bool dirty;     /* a home's list is not empty */
	size_t open;    /* submissions that exist */
	void (*idle)(void *arg);
	void *idle_arg;
};

/* ---- submit.c: what all stages do ---- */

/* Answer; sub->run is the caller's again. */
void submit_answer(struct submission *sub, enum errors_code error);
/* Nothing is left to be done for it. */
void submit_drop(struct submission *sub);
/* Both, with a better sentence than the error's own, or NULL. */
void submit_refuse(struct submission *sub, enum errors_code error, const char *detail);
void submit_tally(struct submit *submit, enum score_counter counter);

/* ---- submit_insert.c ---- */

/* Of submit->inserts, whose units are submissions that are admitted. */
const struct pg_group_ops *submit_insert_ops(void);

/* ---- submit_queue.c: a batch of one list of the home, which is not empty ---- */

void submit_send_admits(struct home *home);
void submit_send_enqueue(struct home *home);
void submit_send_releases(struct home *home);

#endif
