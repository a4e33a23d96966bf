/*
 * key_ends.c - keys that have ended in Postgres end in the host's own file as well
 *
 * The file is what is asked while Postgres is away, and sessions of the page that were
 * opened here live by it alone: a key that was revoked in Postgres would go on opening
 * this host. Each host with an API child looks for itself, since the file is its own.
 */
#include "api/key_ends.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/files_keys.h"
#include "store/files_list.h"
#include "store/store_keys.h"

#include <stdbool.h>
#include <string.h>

#define EACH_S      2.0
#define DEADLINE_MS 5000
#define KEYS_MAX    1000 /* of one file: more than a hand makes */

struct key_ends {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct files_list *list;
	const char *data_dir;
	int statement;
	bool asking;
	ev_timer timer;
};

/* The item if its key is active, the caller's (jsonr_free); NULL: it is not. */
static struct json *active(const struct files_item *item)
{
	struct json *doc = NULL;

	if (jsonr_parse(item->text, item->len, &doc, NULL, NULL, NULL) < 0)
		return NULL;
	if (jsonr_bool(jsonr_get(doc, "is_active")) && jsonr_get_text(doc, "id"))
		return doc;
	jsonr_free(doc);
	return NULL;
}

static void end_one(struct key_ends *ends, const char *hash)
{
	const struct files_item *item = files_list_find(ends->list, hash);
	struct json *doc = item ? active(item) : NULL;
	struct err err;
	const char *id;
	int rc;

	if (!doc)
		return;
	id = jsonr_get_text(doc, "id");
	/* one write for each key that ends; no waiting for who is in the folder now */
	rc = files_keys_revoke(ends->data_dir, 0, id, &err);
	if (rc > 0)
		log_info("key.ended", LOG_S("key", id));
	else if (rc < 0 && rc != ERR_CONFLICT)
		log_warn("key.not_ended", LOG_S("key", id), LOG_S("error", err.text));
	jsonr_free(doc);
}

static void on_asked(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct key_ends *ends = arg;
	int i;

	ends->asking = false;
	if (outcome->fate != PG_COMMITTED) {
		if (outcome->err.code != ERR_CLOSED)
			log_warn("key.ends_unknown", LOG_S("error", outcome->err.text));
		return;
	}
	for (i = 0; i < store_keys_count(reply, ends->statement); i++)
		end_one(ends, store_keys_ended_read(reply, ends->statement, i));
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct key_ends *ends = w->data;
	const char *hashes[KEYS_MAX];
	struct pg_batch *batch;
	size_t i, count, n = 0;

	(void)loop;
	(void)revents;
	if (ends->asking || pg_pool_links_up(ends->pool) == 0)
		return;
	files_list_look(ends->list, clock_mono_ms());
	count = files_list_count(ends->list);
	for (i = 0; i < count && n < KEYS_MAX; i++) {
		const struct files_item *item = files_list_at(ends->list, i);
		struct json *doc = active(item);

		if (doc && strlen(item->id) == DIGEST_HEX_SIZE - 1)
			hashes[n++] = item->id;
		jsonr_free(doc);
	}
	if (n == 0)
		return;
	batch = pg_batch_new();
	ends->statement = store_keys_ended(batch, hashes, n);
	/* a full queue: the next look */
	ends->asking =
		pg_pool_submit(ends->pool, batch, DEADLINE_MS, on_asked, ends) == 0;
}

struct key_ends *key_ends_new(struct ev_loop *loop, struct pg_pool *pool,
			      const char *data_dir)
{
	struct key_ends *ends = mem_new(struct key_ends);

	ends->loop = loop;
	ends->pool = pool;
	ends->data_dir = data_dir;
	ends->list = files_list_new(data_dir, "api_keys.json", "key_hash");
	ev_timer_init(&ends->timer, on_time, 0., EACH_S);
	ends->timer.data = ends;
	ev_timer_start(loop, &ends->timer);
	return ends;
}

void key_ends_free(struct key_ends *ends)
{
	if (!ends)
		return;
	ev_timer_stop(ends->loop, &ends->timer);
	files_list_free(ends->list);
	mem_free(ends);
}
