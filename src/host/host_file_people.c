/*
 * host_file_people.c - runs on files that wait for people, and what people answer
 *
 * All of it happens on one loop, so there is no race to be lost between a pause and an
 * answer: a run is not paused while an answer is unread. A record of an answer lies in
 * front of all that the run makes of it; who answered hears so when it is durable.
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "host/file_people.h"

void host_file_pause(struct file_run *run, struct engine_pause *pause)
{
	struct exec *exec = run->exec;

	if (run->cancel || files_asked_unread(&run->asked)) {
		row_pause_free(pause);
		exec_unpause(exec);
		return;
	}
	run->pause = pause;
	run->exec = NULL;
	run->resumes = true;
	file_run_add_pause(run, clock_wall_ms());
	exec->job = NULL;
	exec_free(exec);
	file_people_free(run);
	host_file_move(run, FILE_RUN_DOZING);
	host_file_want(run);
}

/* A record, and whoever waits for it. */
static void put(struct file_run *run, const struct files_answer *answer)
{
	struct files_question *question =
		files_asked_find(&run->asked, answer->path, answer->execution);
	struct str body = STR_INIT;

	(void)files_asked_answer(&run->asked, answer);
	files_run_put_answer(&body, answer);
	files_journal_add(&run->journal, FILES_ANSWER, &body);
	str_deinit(&body);
	file_people_tell(run, question);
	run->wakes += run->paused;
	run->paused = false;
	if (run->state == FILE_RUN_DOZING) {
		row_pause_free(run->pause);
		run->pause = NULL;
		host_file_move(run, FILE_RUN_WAITING);
	}
	host_file_want(run);
}

static bool is_open(const struct file_run *run, const struct files_answer *answer)
{
	const struct files_question *question =
		files_asked_find(&run->asked, answer->path, answer->execution);

	return question && question->state == FILES_ASKED_OPEN;
}

int host_file_answer(struct host_file *host, struct file_run *run,
		     const struct files_answer *answer, struct file_ack *ack,
		     struct err *err)
{
	int rc;

	if (host->draining && !host->finish)
		return err_set(err, ERR_CLOSED, "this process leaves");
	if (!host->group.good)
		return err_set(err, ERR_SYS, "the disk takes nothing");
	if (run->state == FILE_RUN_ASLEEP) {
		rc = host_file_wake(&run, err);
		if (rc < 0)
			return rc;
	}
	if (run->state == FILE_RUN_ENDING || !is_open(run, answer))
		return err_set(err, ERR_CONFLICT,
			       "somebody else has answered, or it is too late");
	put(run, answer);
	file_run_wait(run, ack);
	return 0;
}

void host_file_expire(struct file_run *run, int64_t now_ms)
{
	struct files_question *question = NULL, *next;

	next = files_asked_next(&run->asked, NULL, NULL);
	while ((question = next)) {
		next = files_asked_next(&run->asked, question, NULL);
		if (!question->deadline_at_ms || question->deadline_at_ms > now_ms)
			continue;
		log_info("run.answer_late", LOG_S("run", run->head.run_id));
		put(run, &(struct files_answer){
				 .path = question->path,
				 .execution = question->execution,
				 .at_ms = now_ms,
			 });
	}
}

void host_file_asking(const struct host_file *host,
		      bool (*each)(void *arg, const struct file_run *run), void *arg)
{
	map_for_each(slot, &host->by_id) {
		const struct file_run *run = slot->value;

		if (run->asked.open && !each(arg, run))
			return;
	}
}
