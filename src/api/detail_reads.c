/* detail_reads.c - all that Postgres knows of one run, for the port of scale mode */
#include "api/detail_reads.h"

#include "api/pg_read.h"
#include "base/mem.h"
#include "pg/pg_batch.h"

struct detail_read {
	bool lists;
	int run, story, usage, effects, waits;
	port_detail_cb cb;
	void *arg;
};

static struct store_step *read_steps(const struct pg_reply *reply, int statement,
				     void (*read)(const struct pg_reply *reply,
						  int statement, int row,
						  struct store_step *ret),
				     size_t *ret_count)
{
	size_t n = (size_t)store_detail_count(reply, statement), i;
	struct store_step *steps = mem_new_n(struct store_step, n + 1);

	for (i = 0; i < n; i++)
		read(reply, statement, (int)i, &steps[i]);
	*ret_count = n;
	return steps;
}

static void answer(const struct detail_read *read, const struct pg_reply *reply,
		   struct port_detail *detail)
{
	size_t stories = (size_t)store_detail_count(reply, read->story), i;
	size_t waits = (size_t)store_detail_count(reply, read->waits);
	struct store_told *story = mem_new_n(struct store_told, stories + 1);
	struct store_asked *asked = mem_new_n(struct store_asked, waits + 1);
	struct store_step *usage = read_steps(reply, read->usage, store_detail_usage_read,
					      &detail->usage_count);
	struct store_step *effects = read_steps(
		reply, read->effects, store_detail_effects_read, &detail->effects_count);

	for (i = 0; i < stories; i++)
		store_detail_story_read(reply, read->story, (int)i, &story[i]);
	for (i = 0; i < waits; i++)
		store_detail_waits_read(reply, read->waits, (int)i, &asked[i]);
	detail->story = story;
	detail->story_count = stories;
	detail->usage = usage;
	detail->effects = effects;
	detail->waits = asked;
	detail->waits_count = waits;
	read->cb(read->arg, ERRORS_NONE, detail);
	mem_free(story);
	mem_free(asked);
	mem_free(usage);
	mem_free(effects);
}

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct detail_read *read = arg;
	struct port_detail detail = { .story = NULL };

	if (error == ERRORS_NONE && !store_detail_run_read(reply, read->run, &detail.row))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE && read->lists)
		answer(read, reply, &detail);
	else
		read->cb(read->arg, error, error == ERRORS_NONE ? &detail : NULL);
	mem_free(read);
}

void detail_reads_get(struct pg_pool *pool, const char *run_id, bool lists,
		      port_detail_cb cb, void *arg)
{
	struct detail_read *read = mem_new(struct detail_read);
	struct pg_batch *batch = pg_batch_new();

	read->lists = lists;
	read->cb = cb;
	read->arg = arg;
	read->run = store_detail_run(batch, run_id);
	if (lists) {
		read->story = store_detail_story(batch, run_id, PORT_STORY_MAX + 1);
		read->usage = store_detail_usage(batch, run_id, PORT_ROWS_MAX + 1);
		read->effects = store_detail_effects(batch, run_id, PORT_ROWS_MAX + 1);
		read->waits = store_detail_waits(batch, run_id, PORT_ROWS_MAX + 1);
	}
	pg_read(pool, batch, on_rows, read);
}
