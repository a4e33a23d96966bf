/*
 * stock_keys.c - keys of the stock file of the data folder become the fleet's
 *
 * A stock server has its keys in a file beside it, so they open one host. Here each API
 * child of any host must know them, and the page signs in with them: what the file has is
 * put into Postgres when it changes, and at the start. A key that was ended in either
 * place is ended: the file may end it, and does not bring it back.
 */
#include "keeper/stock_keys.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/files_list.h"
#include "store/store_keys.h"

#include <stdbool.h>
#include <string.h>

#define EACH_S      2.0
#define DEADLINE_MS 10000
#define KEYS_MAX    1000 /* of one file: more than a hand makes */

struct stock_keys {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct files_list *list;
	ev_timer timer;
	char known[DIGEST_HEX_SIZE];   /* what is in the store */
	char storing[DIGEST_HEX_SIZE]; /* "": nothing is under way */
};

static void digest_of(const struct files_list *list, char hex[DIGEST_HEX_SIZE])
{
	struct str all = STR_INIT;
	size_t i;

	for (i = 0; i < files_list_count(list); i++)
		str_add_text(&all, files_list_at(list, i)->sha256);
	(void)digest_sha256(str_text(&all), all.len, hex);
	str_deinit(&all);
}

static void on_stored(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct stock_keys *keys = arg;

	(void)reply;
	if (outcome->fate == PG_COMMITTED) {
		memcpy(keys->known, keys->storing, sizeof(keys->known));
		log_info("key.imported", LOG_N("keys", files_list_count(keys->list)));
	} else if (outcome->err.code != ERR_CLOSED) {
		log_warn("key.not_imported", LOG_S("error", outcome->err.text));
	}
	keys->storing[0] = '\0';
}

static void add_key(struct pg_batch *batch, const struct files_item *item)
{
	struct json *doc = NULL;
	const char *at, *prefix;
	struct store_key key;
	int64_t at_ms;

	if (strlen(item->id) != DIGEST_HEX_SIZE - 1 ||
	    jsonr_parse(item->text, item->len, &doc, NULL, NULL, NULL) < 0)
		return; /* no hash: nobody can have such a key */
	at = jsonr_get_text(doc, "created_at");
	prefix = jsonr_get_text(doc, "key_prefix");
	key = (struct store_key){
		.id = jsonr_get_text(doc, "id"),
		.name = item->name,
		.key_prefix = prefix ? prefix : "",
		.tenant_id = jsonr_get_text(doc, "tenant_id"),
		.created_at = at && moment_parse(at, &at_ms) ? at : NULL,
		.is_active = jsonr_bool(jsonr_get(doc, "is_active")),
	};
	if (key.id)
		store_keys_import(batch, &key, item->id);
	jsonr_free(doc);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct stock_keys *keys = w->data;
	char now[DIGEST_HEX_SIZE];
	struct pg_batch *batch;
	size_t i, n;

	(void)loop;
	(void)revents;
	files_list_look(keys->list, clock_mono_ms());
	n = files_list_count(keys->list);
	digest_of(keys->list, now);
	if (!n || n > KEYS_MAX || keys->storing[0] || strcmp(now, keys->known) == 0 ||
	    pg_pool_links_up(keys->pool) == 0)
		return;
	memcpy(keys->storing, now, sizeof(now));
	batch = pg_batch_new();
	for (i = 0; i < n; i++)
		add_key(batch, files_list_at(keys->list, i));
	if (pg_pool_submit(keys->pool, batch, DEADLINE_MS, on_stored, keys) < 0)
		keys->storing[0] = '\0'; /* the next look */
}

struct stock_keys *stock_keys_new(struct ev_loop *loop, const struct child_env *env,
				  struct pg_pool *pool)
{
	struct stock_keys *keys = mem_new(struct stock_keys);

	keys->loop = loop;
	keys->pool = pool;
	keys->list = files_list_new(env->conf->data_dir, "api_keys.json", "key_hash");
	ev_timer_init(&keys->timer, on_time, 0., EACH_S);
	keys->timer.data = keys;
	ev_timer_start(loop, &keys->timer);
	return keys;
}

void stock_keys_free(struct stock_keys *keys)
{
	if (!keys)
		return;
	ev_timer_stop(keys->loop, &keys->timer);
	files_list_free(keys->list);
	mem_free(keys);
}
