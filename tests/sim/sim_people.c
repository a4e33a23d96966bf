/*
 * sim_people.c - people of a simulated fleet: questions, answers, and who waits
 *
 * Each question that is asked is answered some day, in time or late; in a steady seed
 * what is answered, and whether it is late, follows from the question alone. An answer
 * wakes a run that is parked. The owner of one that runs learns of it by mail, which
 * gets lost, with its commits, and by a look a second, as host/people.c does it; what
 * came of a question is to be in the journal once.
 */
#include "sim_people.h"

#include "base/mem.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "engine/row.h"
#include "host/held.h"
#include "run/definition.h"
#include "sim_case.h"
#include "sim_store.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <inttypes.h>
#include <string.h>

#define LOOK_MS 1000
#define READ_MS 8
#define PUSH_MS 20
#define LATE_MS 500 /* between a deadline and the clerk who sees it */

/* ---- questions ---- */

struct sim_change *sim_people_change(const struct row_wait *wait)
{
	struct sim_change *change;

	if (!wait)
		return NULL;
	change = mem_new(struct sim_change);
	change->opens = wait->opens;
	change->path = mem_dup(wait->path);
	change->step_id = mem_dup(wait->step_id);
	change->execution = wait->execution;
	change->deadline_ms = wait->opens ? wait->deadline_ms : 0;
	return change;
}

void sim_people_change_free(struct sim_change *change)
{
	if (!change)
		return;
	mem_free(change->path);
	mem_free(change->step_id);
	mem_free(change);
}

static struct sim_question *find(struct sim_run *run, const char *path, int execution)
{
	size_t i;

	for (i = 0; i < run->questions_count; i++)
		if (run->questions[i].execution == execution &&
		    strcmp(run->questions[i].path, path) == 0)
			return &run->questions[i];
	return NULL;
}

static struct sim_question *add(struct sim_run *run, const struct sim_change *change)
{
	struct sim_question *question;

	run->questions = mem_resize(run->questions,
				    (run->questions_count + 1) * sizeof(*run->questions));
	question = &run->questions[run->questions_count++];
	*question = (struct sim_question){
		.path = mem_dup(change->path),
		.step_id = mem_dup(change->step_id),
		.execution = change->execution,
	};
	return question;
}

bool sim_people_unread(const struct sim_run *run)
{
	size_t i;

	for (i = 0; i < run->questions_count; i++)
		if (!run->questions[i].read && (run->questions[i].state == SIM_ANSWERED ||
						run->questions[i].state == SIM_EXPIRED))
			return true;
	return false;
}

bool sim_people_open(const struct sim_run *run)
{
	size_t i;

	for (i = 0; i < run->questions_count; i++)
		if (run->questions[i].state == SIM_OPEN)
			return true;
	return false;
}

void sim_people_free(struct sim_run *run)
{
	sim_people_copy_free(run->questions, run->questions_count);
	run->questions = NULL;
	run->questions_count = 0;
}

void sim_people_end(struct sim_run *run)
{
	size_t i;

	for (i = 0; i < run->questions_count; i++) {
		if (run->questions[i].state == SIM_OPEN)
			run->questions[i].state = SIM_CLOSED;
		run->questions[i].read = true;
	}
}

/* ---- answers ---- */

static void on_pushed(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;

	if (run->wake == n)
		sim_worker_put_back(world, run, 0);
}

/* What came of a question is stored: who waits for that? */
static void wake(struct sim_world *world, struct sim_run *run)
{
	int i;

	if (run->status == SIM_PAUSED) {
		run->status = SIM_QUEUED;
		run->wake++;
		/* the entry of the wake before is nothing that anybody could have */
		run->entry = SIM_HELD;
		run->holder = 0;
		run->entry_wake = run->wake;
		sim_after(world, 1 + sim_latency(world, PUSH_MS), on_pushed, run,
			  run->wake);
		return;
	}
	for (i = 0; i < world->plan.workers; i++)
		if (sim_any(world, 3))
			sim_people_mail(world->workers[i], run);
}

/* n: which question, and which time it was asked. */
#define ASKED_MAX 1000

static struct sim_question *still_open(struct sim_run *run, int64_t n)
{
	struct sim_question *question = &run->questions[n / ASKED_MAX];

	if (question->state != SIM_OPEN || question->asked != n % ASKED_MAX ||
	    sim_run_ended(run))
		return NULL;
	return question;
}

static uint64_t what_of(const struct sim_world *world, const struct sim_run *run,
			const struct sim_question *question)
{
	uint64_t what = sim_plan_stream(&world->plan, SIM_STREAM_ANSWER,
					900 + (uint64_t)run->number);

	what = sim_mix_text(what, question->path, strlen(question->path));
	return sim_mix(what, (uint64_t)question->execution);
}

static void answer(struct sim_world *world, struct sim_run *run,
		   struct sim_question *question)
{
	uint64_t what = what_of(world, run, question);
	struct str text = STR_INIT;

	if (run->given)
		sim_case_people(run->given, question->step_id, question->path,
				question->execution, &text);
	else if (what % 3 == 0)
		str_printf(&text, "{\"response\":\"%s\"}", what % 2 ? "yes" : "no");
	else
		str_printf(&text, "{\"ok\":true,\"n\":%d}", (int)(what / 3 % 9));
	question->answer = str_take(&text);
	question->state = SIM_ANSWERED;
	world->counts->answers++;
	sim_say(world, "%s: %s/%d is answered: %s", run->run_id, question->path,
		question->execution, question->answer);
	wake(world, run);
}

static void on_answer(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;
	struct sim_question *question = still_open(run, n);

	if (question)
		answer(world, run, question);
}

static void on_deadline(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_run *run = arg;
	struct sim_question *question = still_open(run, n);

	if (!question)
		return;
	question->state = SIM_EXPIRED;
	sim_say(world, "%s: %s/%d is late", run->run_id, question->path,
		question->execution);
	wake(world, run);
}

static bool is_silent(const struct sim_world *world, const struct sim_run *run,
		      const struct sim_question *question)
{
	if (run->given)
		return !sim_case_people(run->given, question->step_id, question->path,
					question->execution, NULL);
	return what_of(world, run, question) / 64 % 4 == 0;
}

static void ask(struct sim_world *world, struct sim_run *run,
		const struct sim_question *question, int64_t deadline_ms)
{
	int64_t n = (question - run->questions) * ASKED_MAX + question->asked;
	int64_t late_ms = deadline_ms + sim_latency(world, LATE_MS);

	world->counts->questions++;
	if (deadline_ms)
		sim_after(world, late_ms, on_deadline, run, n);
	if (run->given || world->plan.steady) {
		if (!deadline_ms || !is_silent(world, run, question))
			sim_after(world, sim_any(world, 3) ? sim_any(world, 200) : 5000,
				  on_answer, run, n);
		return;
	}
	if (!deadline_ms || sim_any(world, 4))
		sim_after(world, sim_latency(world, sim_any(world, 2) ? 50 : 3000),
			  on_answer, run, n);
}

void sim_people_apply(struct sim_world *world, struct sim_run *run,
		      const struct sim_change *change, bool answers)
{
	struct sim_question *question = find(run, change->path, change->execution);

	if (change->opens) {
		if (!question)
			question = add(run, change);
		mem_free(question->answer);
		question->answer = NULL;
		question->state = SIM_OPEN;
		question->read = false;
		question->asked++;
		ask(world, run, question, change->deadline_ms);
		return;
	}
	if (answers &&
	    (!question || question->read ||
	     (question->state != SIM_ANSWERED && question->state != SIM_EXPIRED)))
		sim_broken(world, "%s: %s/%d has an answer that nobody gave, or twice",
			   run->run_id, change->path, change->execution);
	if (!question || question->read)
		return;
	if (question->state == SIM_OPEN)
		question->state = SIM_CLOSED;
	question->read = true;
}

/* ---- copies ---- */

struct sim_question *sim_people_copy(const struct sim_run *run, size_t *count)
{
	struct sim_question *copy =
		mem_new_n(struct sim_question, run->questions_count + 1);
	size_t i, n = 0;

	for (i = 0; i < run->questions_count; i++) {
		const struct sim_question *from = &run->questions[i];

		if (from->read || from->state == SIM_CLOSED)
			continue;
		copy[n] = *from;
		copy[n].path = mem_dup(from->path);
		copy[n].step_id = mem_dup(from->step_id);
		copy[n].answer = from->answer ? mem_dup(from->answer) : NULL;
		n++;
	}
	*count = n;
	return copy;
}

void sim_people_copy_free(struct sim_question *questions, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		mem_free(questions[i].path);
		mem_free(questions[i].step_id);
		mem_free(questions[i].answer);
	}
	mem_free(questions);
}

/* ---- who waits ---- */

/* A wait of the engine. */
struct wait {
	struct list node; /* in job->waits */
	struct human_wait *wait;
};

/* A read under way; its answer may come when the worker is gone. */
struct read {
	struct list node; /* in world->reads */
	struct sim_worker *worker;
	int incarnation;
	int64_t serial; /* of the job */
	struct sim_run *run;
	struct sim_question *questions; /* owned; NULL: it is not there yet */
	size_t count;
};

void sim_people_init(struct sim_job *job)
{
	list_init(&job->waits);
}

static void forget_known(struct sim_job *job)
{
	sim_people_copy_free(job->known, job->known_count);
	job->known = NULL;
	job->known_count = 0;
}

static void wait_free(struct wait *own)
{
	list_remove(&own->node);
	mem_free(own);
}

void sim_people_deinit(struct sim_job *job)
{
	forget_known(job);
}

void sim_people_learn(struct sim_job *job, const struct sim_question *questions, size_t n)
{
	const struct sim_run of = { .questions =
					    (struct sim_question *)(uintptr_t)questions,
				    .questions_count = n };

	forget_known(job);
	job->known = sim_people_copy(&of, &job->known_count);
}

static void conclude(struct human_wait *wait, const struct sim_question *question)
{
	wait->outcome = !question                         ? HUMAN_GONE
			: question->state == SIM_ANSWERED ? HUMAN_ANSWERED
							  : HUMAN_LATE;
	str_reset(&wait->json, 4096);
	str_add_text(&wait->json,
		     question && question->answer ? question->answer : "null");
	wait->op.abandon = NULL;
	op_done(&wait->op);
}

static void on_abandon(struct op *op)
{
	wait_free(op->server);
}

static void on_look(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;
	int64_t till_ms;
	bool any = false;

	if (worker->life == SIM_DOWN || worker->incarnation != n)
		return;
	if (sim_worker_sleeps(worker, &till_ms)) {
		sim_after(world, till_ms - world->now_ms, on_look, worker, n);
		return;
	}
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		any |= !list_empty(&((struct sim_job *)held->slot)->waits);
		sim_people_look(worker, held);
	}
	worker->looks = any;
	if (any)
		sim_after(world, LOOK_MS, on_look, worker, n);
}

static void keep(struct sim_worker *worker, struct sim_job *job, struct human_wait *wait)
{
	struct wait *own = mem_new(struct wait);

	own->wait = wait;
	list_push(&job->waits, &own->node);
	wait->op.server = own;
	wait->op.abandon = on_abandon;
	if (!worker->looks)
		sim_after(worker->world, LOOK_MS, on_look, worker, worker->incarnation);
	worker->looks = true;
}

static bool is_of(const struct sim_question *question, const struct human_wait *wait)
{
	return question->execution == wait->execution &&
	       strcmp(question->path, wait->path) == 0;
}

static const struct sim_question *known_of(const struct sim_job *job,
					   const struct human_wait *wait)
{
	size_t i;

	for (i = 0; i < job->known_count; i++)
		if (is_of(&job->known[i], wait))
			return &job->known[i];
	return NULL;
}

void sim_people_wait(void *ctx, struct exec *exec, struct human_wait *wait)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;
	struct sim_job *job = held->slot;
	const struct sim_question *known = wait->found ? known_of(job, wait) : NULL;

	sim_say(worker->world, "%s: #%d waits for %s/%d%s", held->run_id,
		worker->incarnation, wait->path, wait->execution,
		!wait->found ? ""
		: known      ? ", which is known"
			     : ", which is not there");
	if (wait->found && !known)
		conclude(wait, NULL);
	else if (known && known->state != SIM_OPEN)
		conclude(wait, known);
	else
		keep(worker, job, wait);
	(void)sim_crash_point(worker, "people waited for");
}

/* ---- reads ---- */

static void read_free(struct read *read)
{
	list_remove(&read->node);
	sim_people_copy_free(read->questions, read->count);
	mem_free(read);
}

void sim_people_forget(struct sim_world *world)
{
	while (!list_empty(&world->reads))
		read_free(list_entry(world->reads.next, struct read, node));
}

static struct held *held_of(const struct read *read)
{
	const struct sim_worker *worker = read->worker;

	if (worker->life == SIM_DOWN || worker->incarnation != read->incarnation)
		return NULL;
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (((struct sim_job *)held->slot)->serial == read->serial)
			return held;
	}
	return NULL;
}

static bool deliver(struct sim_job *job, const struct sim_question *question)
{
	list_for_each_safe(node, &job->waits) {
		struct wait *own = list_entry(node, struct wait, node);
		struct human_wait *wait = own->wait;

		if (!is_of(question, wait))
			continue;
		wait_free(own);
		conclude(wait, question);
		return true;
	}
	return false;
}

static void on_read(struct sim_world *world, void *arg, int64_t n)
{
	struct read *read = arg;
	struct sim_worker *worker = read->worker;
	struct held *held = held_of(read);
	bool delivered = false;
	int64_t till_ms;
	size_t i;

	(void)n;
	if (held && sim_worker_sleeps(worker, &till_ms)) {
		sim_after(world, till_ms - world->now_ms, on_read, read, 0);
		return;
	}
	if (held && !sim_crash_point(worker, "answers read")) {
		for (i = 0; i < read->count; i++)
			if (read->questions[i].state != SIM_OPEN)
				delivered |= deliver(held->slot, &read->questions[i]);
		if (!delivered && held->exec && !held->pause)
			exec_look(held->exec);
		sim_worker_wake(worker);
	}
	read_free(read);
}

static void on_asked(struct sim_world *world, void *arg, int64_t n)
{
	struct read *read = arg;

	(void)n;
	if (read->run->owner == read->incarnation)
		read->questions = sim_people_copy(read->run, &read->count);
	sim_after(world, sim_latency(world, READ_MS), on_read, read, 0);
}

void sim_people_look(struct sim_worker *worker, struct held *held)
{
	struct sim_job *job = held->slot;
	struct read *read;

	if (list_empty(&job->waits) || held->state != HELD_OWNED)
		return;
	read = mem_new(struct read);
	read->worker = worker;
	read->incarnation = worker->incarnation;
	read->serial = job->serial;
	read->run = job->run;
	list_push(&worker->world->reads, &read->node);
	sim_after(worker->world, sim_latency(worker->world, READ_MS), on_asked, read, 0);
}

void sim_people_mail(struct sim_worker *worker, const struct sim_run *run)
{
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (((struct sim_job *)held->slot)->run == run)
			sim_people_look(worker, held);
	}
}
