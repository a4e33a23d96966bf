/*
 * key_store.c - the API keys of Postgres behind auth
 *
 * Looks keys up for auth.c and notes, every few seconds and in one statement, which of
 * them were used. A note that does not get in is lost: last_used_at is for people.
 */
#include "api/key_store.h"

#include "api/auth.h"
#include "api/key_files.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/store_keys.h"

#include <stdio.h>

#define FIND_DEADLINE_MS 3000
#define NOTE_SEC         5.0
#define NOTE_DEADLINE_MS 5000
#define NOTES_MAX        256

struct key_store {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct auth *auth;
	struct key_files *files; /* NULL: none */
	struct list away;        /* struct find: those files alone are asked about */
	ev_timer note;
	ev_timer later; /* auth wants its answer later, not inside */
};

struct find {
	struct key_store *store;
	struct list node;
	int statement;
	char hash[DIGEST_HEX_SIZE];
};

/*
 * Whether the host's own keys have it: then auth knows. A session without a key is good
 * while there is no key at all, which the host's own file cannot say of a fleet.
 */
static bool found_in_files(struct find *find)
{
	struct key_store *store = find->store;
	char *id, *tenant_id;
	bool with_key;

	if (!store->files || !key_files_find(store->files, find->hash, &id, &tenant_id))
		return false;
	with_key = *id != '\0';
	if (with_key)
		auth_found(store->auth, find->hash, clock_mono_ms(), id, tenant_id);
	mem_free(id);
	mem_free(tenant_id);
	return with_key;
}

static void on_later(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct key_store *store = w->data;
	struct list *node;

	(void)loop;
	(void)revents;
	while ((node = list_shift(&store->away))) {
		struct find *find = list_entry(node, struct find, node);

		if (!found_in_files(find))
			auth_failed(store->auth, find->hash);
		mem_free(find);
	}
}

static int ask_files(struct key_store *store, const char *hash)
{
	struct find *find;

	if (!store->files)
		return ERR_CONN;
	find = mem_new(struct find);
	find->store = store;
	(void)snprintf(find->hash, sizeof(find->hash), "%s", hash);
	list_push(&store->away, &find->node);
	ev_timer_set(&store->later, 0., 0.);
	ev_timer_start(store->loop, &store->later);
	return 0;
}

static void on_found(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct find *find = arg;
	struct auth *auth = find->store->auth;
	struct store_key key;

	if (outcome->fate != PG_COMMITTED) {
		log_warn("key.find_failed", LOG_S("error", outcome->err.text));
		if (!found_in_files(find))
			auth_failed(auth, find->hash);
	} else if (store_keys_count(reply, find->statement) == 0) {
		if (!found_in_files(find))
			auth_found(auth, find->hash, clock_mono_ms(), NULL, NULL);
	} else {
		store_keys_read(reply, find->statement, 0, &key);
		/* no key in Postgres, where the host's own has not come yet */
		if (!*key.id && find->store->files && key_files_any(find->store->files))
			key.is_active = false;
		auth_found(auth, find->hash, clock_mono_ms(),
			   key.is_active ? key.id : NULL, key.tenant_id);
	}
	mem_free(find);
}

static int on_fetch(void *ctx, const char *hash)
{
	struct key_store *store = ctx;
	struct pg_batch *batch;
	struct find *find;
	int rc;

	if (pg_pool_links_up(store->pool) == 0)
		return ask_files(store, hash);
	batch = pg_batch_new();
	find = mem_new(struct find);
	find->store = store;
	(void)snprintf(find->hash, sizeof(find->hash), "%s", hash);
	find->statement = store_keys_find(batch, hash);
	rc = pg_pool_submit(store->pool, batch, FIND_DEADLINE_MS, on_found, find);
	if (rc < 0)
		mem_free(find);
	return rc;
}

static void on_noted(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	(void)arg;
	(void)reply;
	if (outcome->fate != PG_COMMITTED)
		log_warn("key.note_failed", LOG_S("error", outcome->err.text));
}

static void on_note_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct key_store *store = w->data;
	const char *ids[NOTES_MAX];
	struct pg_batch *batch;
	size_t count;

	(void)loop;
	(void)revents;
	if (pg_pool_links_up(store->pool) == 0)
		return;
	count = auth_used(store->auth, clock_mono_ms(), ids, NOTES_MAX);
	if (count == 0)
		return;
	batch = pg_batch_new();
	(void)store_keys_used(batch, ids, count);
	/* a full queue: the next time will do */
	(void)pg_pool_submit(store->pool, batch, NOTE_DEADLINE_MS, on_noted, NULL);
}

struct key_store *key_store_new(struct ev_loop *loop, struct pg_pool *pool,
				struct key_files *files)
{
	struct key_store *store = mem_new(struct key_store);

	store->loop = loop;
	store->pool = pool;
	store->files = files;
	list_init(&store->away);
	ev_timer_init(&store->later, on_later, 0., 0.);
	store->later.data = store;
	store->auth = auth_new(on_fetch, store);
	ev_timer_init(&store->note, on_note_time, NOTE_SEC, NOTE_SEC);
	store->note.data = store;
	ev_timer_start(loop, &store->note);
	return store;
}

void key_store_free(struct key_store *store)
{
	if (!store)
		return;
	ev_timer_stop(store->loop, &store->note);
	ev_timer_stop(store->loop, &store->later);
	on_later(store->loop, &store->later, 0); /* those requests are answered */
	auth_free(store->auth);
	mem_free(store);
}

struct auth *key_store_auth(struct key_store *store)
{
	return store->auth;
}
