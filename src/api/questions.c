/* questions.c - what runs wait for people for, in Postgres, for the port of scale mode */
#include "api/questions.h"

#include "api/pg_read.h"
#include "api/read_gate.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

struct ask {
	questions_cb cb;
	void *arg;
	int statement;
	int limit;
};

static void on_list(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct ask *ask = arg;
	struct store_open_question *questions = NULL;
	const char *next = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		/* one more than asked for tells whether there is another page */
		count = (size_t)store_questions_list_count(reply, ask->statement);
		questions = mem_new_n(struct store_open_question, count + 1);
		for (i = 0; i < count; i++)
			store_questions_list_read(reply, ask->statement, (int)i,
						  &questions[i]);
		if (count > (size_t)ask->limit) {
			count = (size_t)ask->limit;
			next = questions[count - 1].cursor;
		}
	}
	ask->cb(ask->arg, error, questions, count, next);
	mem_free(questions);
	mem_free(ask);
}

void questions_list(struct read_gate *gate, const struct store_questions_filter *filter,
		    questions_cb cb, void *arg)
{
	struct pg_batch *batch = pg_batch_new();
	struct store_questions_filter wider = *filter;
	struct ask *ask = mem_new(struct ask);

	wider.limit = filter->limit + 1;
	ask->limit = filter->limit;
	ask->cb = cb;
	ask->arg = arg;
	ask->statement = store_questions_list(batch, &wider);
	read_gate_read(gate, READ_GATE_SHORT, batch, on_list, ask);
}
