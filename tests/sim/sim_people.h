/* sim_people.h - people of a simulated fleet: questions, answers, and who waits */
#ifndef TESTS_SIM_PEOPLE_H
#define TESTS_SIM_PEOPLE_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exec;
struct held;
struct human_wait;
struct row_wait;
struct sim_job;
struct sim_row;
struct sim_run;
struct sim_worker;
struct sim_world;

enum sim_asked {
	SIM_OPEN,
	SIM_ANSWERED,
	SIM_EXPIRED,
	SIM_CLOSED,
};

/* A row of run_waits. */
struct sim_question {
	char *path; /* owned, as the next two */
	char *step_id;
	char *answer; /* NULL: none */
	int execution;
	enum sim_asked state;
	bool read; /* what came of it is in the run's journal, or nobody wants it */
	int asked; /* how often it was */
};

/* What a row of the journal does to one; texts are owned. */
struct sim_change {
	bool opens;
	char *path;
	char *step_id;
	int execution;
	int64_t deadline_ms;
};

/* ---- durable (the statements of store/sql/waits_*.sql, answer_put.sql) ---- */

struct sim_change *sim_people_change(const struct row_wait *wait);
void sim_people_change_free(struct sim_change *change);
/* The row is stored: what it does. answers: it tells what came of the question. */
void sim_people_apply(struct sim_world *world, struct sim_run *run,
		      const struct sim_change *change, bool answers);
/* The run has ended. */
void sim_people_end(struct sim_run *run);
/* Somebody has answered, or a deadline has passed, and nobody has read it. */
bool sim_people_unread(const struct sim_run *run);
bool sim_people_open(const struct sim_run *run);
void sim_people_free(struct sim_run *run);

/* ---- of a worker (host/people.c) ---- */

void sim_people_init(struct sim_job *job);
void sim_people_deinit(struct sim_job *job);
/* engine_host.wait; ctx is the worker. */
void sim_people_wait(void *ctx, struct exec *exec, struct human_wait *wait);
/* A takeover brings what nobody has read. */
void sim_people_learn(struct sim_job *job, const struct sim_question *questions,
		      size_t n);
/* Somebody may have answered. */
void sim_people_look(struct sim_worker *worker, struct held *held);
/* The same for whatever it has of the run. */
void sim_people_mail(struct sim_worker *worker, const struct sim_run *run);
/* Copies of the run's questions that nobody has read the end of; owned. */
struct sim_question *sim_people_copy(const struct sim_run *run, size_t *count);
void sim_people_copy_free(struct sim_question *questions, size_t n);
/* Free reads whose events never happened. */
void sim_people_forget(struct sim_world *world);

#endif
