/*
 * files_asked.c - the questions to people of a run on files, as its journal tells them
 *
 * Rows open them and close them, records of answers end them: the same acts that scale
 * mode does to rows of run_waits (store/sql/waits_write.sql, answer_put.sql). Whoever
 * reads a journal, or writes one, gets the same list.
 */
#include "store/files_asked.h"

#include "base/mem.h"
#include "store/store_waits.h"

#include <string.h>

static struct files_question *question_at(struct list *node)
{
	return list_entry(node, struct files_question, node);
}

void files_asked_init(struct files_asked *asked)
{
	list_init(&asked->all);
	asked->open = 0;
}

static void question_free(struct files_question *question)
{
	list_remove(&question->node);
	mem_free(question->path);
	mem_free(question->step_id);
	mem_free(question->prompt);
	mem_free(question->fields);
	mem_free(question->context);
	mem_free(question->answer);
	mem_free(question);
}

void files_asked_deinit(struct files_asked *asked)
{
	while (!list_empty(&asked->all))
		question_free(question_at(asked->all.next));
	asked->open = 0;
}

static struct files_question *find_any(const struct files_asked *asked, const char *path,
				       int execution)
{
	list_for_each(node, &asked->all) {
		struct files_question *question = question_at(node);

		if (question->execution == execution && strcmp(question->path, path) == 0)
			return question;
	}
	return NULL;
}

static char *keep(const char *text)
{
	return text ? mem_dup(text) : NULL;
}

static void set_state(struct files_asked *asked, struct files_question *question,
		      enum files_asked_state state)
{
	asked->open -= question->state == FILES_ASKED_OPEN;
	question->state = state;
}

static void open_one(struct files_asked *asked, const struct store_wait_change *change,
		     int64_t at_ms)
{
	struct files_question *before = find_any(asked, change->path, change->execution);
	struct files_question *question = mem_new(struct files_question);

	if (before) {
		set_state(asked, before, FILES_ASKED_CLOSED);
		question_free(before);
	}
	question->state = FILES_ASKED_OPEN;
	question->path = mem_dup(change->path);
	question->execution = change->execution;
	question->step_id = mem_dup(change->step_id);
	question->prompt = keep(change->prompt);
	question->fields = keep(change->fields);
	question->context = keep(change->context);
	question->opened_at_ms = at_ms;
	question->deadline_at_ms =
		change->deadline_ms > 0 ? at_ms + change->deadline_ms : 0;
	question->reminder_ms = change->reminder_ms;
	question->remind_at_ms =
		change->reminder_ms > 0 ? at_ms + change->reminder_ms : 0;
	list_push(&asked->all, &question->node);
	asked->open++;
}

void files_asked_change(struct files_asked *asked, const struct store_wait_change *change,
			int64_t at_ms)
{
	struct files_question *question;

	if (change->opens) {
		open_one(asked, change, at_ms);
		return;
	}
	question = files_asked_find(asked, change->path, change->execution);
	if (!question)
		return;
	if (question->state == FILES_ASKED_OPEN)
		set_state(asked, question, FILES_ASKED_CLOSED);
	question->read = true;
}

bool files_asked_answer(struct files_asked *asked, const struct files_answer *answer)
{
	struct files_question *question =
		files_asked_find(asked, answer->path, answer->execution);

	if (!question || question->state != FILES_ASKED_OPEN)
		return false;
	set_state(asked, question,
		  answer->answer ? FILES_ASKED_ANSWERED : FILES_ASKED_EXPIRED);
	question->answer = keep(answer->answer);
	question->answered_at_ms = answer->at_ms;
	return true;
}

void files_asked_close(struct files_asked *asked)
{
	list_for_each(node, &asked->all) {
		struct files_question *question = question_at(node);

		if (question->state == FILES_ASKED_OPEN)
			set_state(asked, question, FILES_ASKED_CLOSED);
		question->read = true;
	}
}

void files_asked_move(struct files_asked *to, struct files_asked *from)
{
	list_for_each_safe(node, &from->all) {
		struct files_question *question = question_at(node);

		if (question->state != FILES_ASKED_OPEN)
			continue;
		list_remove(node);
		list_push(&to->all, node);
		to->open++;
	}
	files_asked_deinit(from);
}

struct files_question *files_asked_find(const struct files_asked *asked, const char *path,
					int execution)
{
	struct files_question *question = find_any(asked, path, execution);

	return question && !question->read ? question : NULL;
}

struct files_question *files_asked_next(const struct files_asked *asked,
					const struct files_question *behind,
					const char *step)
{
	struct list *node = behind ? behind->node.next : asked->all.next;

	for (; node != &asked->all; node = node->next) {
		struct files_question *question = question_at(node);

		if (question->state == FILES_ASKED_OPEN &&
		    (!step || strcmp(question->step_id, step) == 0 ||
		     strcmp(question->path, step) == 0))
			return question;
	}
	return NULL;
}

bool files_asked_unread(const struct files_asked *asked)
{
	list_for_each(node, &asked->all) {
		const struct files_question *question = question_at(node);

		if (!question->read && question->state != FILES_ASKED_OPEN)
			return true;
	}
	return false;
}

const char *files_asked_word(enum files_asked_state state)
{
	static const char *const words[] = { "open", "answered", "expired", "closed" };

	return words[state];
}
