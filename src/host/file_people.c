/*
 * file_people.c - steps of a run on files that wait for people
 *
 * Questions and answers are in run->asked, which says what the journal says. A step that
 * is there when its question ends is told at once; one that comes later (a fold put it
 * there) finds the end. A question that was not found is over, since its run had ended:
 * the step asks anew.
 */
#include "host/file_people.h"

#include "base/mem.h"
#include "engine/host.h"
#include "host/file_run.h"
#include "store/files_asked.h"

#include <string.h>

/* A wait of the engine. */
struct file_person {
	struct list node;
	struct human_wait *wait;
};

static struct file_person *person_at(struct list *node)
{
	return list_entry(node, struct file_person, node);
}

static void person_free(struct file_person *person)
{
	list_remove(&person->node);
	mem_free(person);
}

static void on_abandon(struct op *op)
{
	person_free(op->server);
}

static void conclude(struct human_wait *wait, const struct files_question *question)
{
	wait->outcome = !question          ? HUMAN_GONE
			: question->answer ? HUMAN_ANSWERED
					   : HUMAN_LATE;
	str_reset(&wait->json, 4096);
	str_add_text(&wait->json,
		     question && question->answer ? question->answer : "null");
	op_done(&wait->op);
}

void file_people_wait(struct file_run *run, struct human_wait *wait)
{
	const struct files_question *question =
		files_asked_find(&run->asked, wait->path, wait->execution);
	struct file_person *person;

	if (!question || question->state != FILES_ASKED_OPEN) {
		conclude(wait, question);
		return;
	}
	person = mem_new(struct file_person);
	person->wait = wait;
	wait->op.server = person;
	wait->op.abandon = on_abandon;
	list_push(&run->people, &person->node);
}

void file_people_tell(struct file_run *run, const struct files_question *question)
{
	list_for_each_safe(node, &run->people) {
		struct file_person *person = person_at(node);
		struct human_wait *wait = person->wait;

		if (wait->execution != question->execution ||
		    strcmp(wait->path, question->path) != 0)
			continue;
		person_free(person);
		wait->op.abandon = NULL;
		conclude(wait, question);
	}
}

/* Its frame, which is freed when the code of its run is left, takes it back. */
static void forget(struct op *op)
{
	(void)op;
}

void file_people_free(struct file_run *run)
{
	while (!list_empty(&run->people)) {
		struct file_person *person = person_at(run->people.next);

		person->wait->op.abandon = forget;
		person_free(person);
	}
}
