/*
 * catalog.c - which orchestrations there are, and whether they can be executed
 *
 * A submission needs three things of a definition: that it is there, its version, and
 * that it can be executed. They are remembered per id (memo.c) so that the hot path reads
 * nothing; a definition is parsed and validated again only when its hash has changed.
 */
#include "api/catalog.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/step_types.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/store_definitions.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX 4096
#define FETCHES_MAX 64
#define FRESH_MS    2000
#define STALE_MS    4000
#define NONE_MS     2000
#define DEADLINE_MS 3000
#define TRIES_MAX   3
#define MORE_MAX    40 /* bytes of "(and n more)" */

struct catalog {
	struct memo *memo; /* id -> struct catalog_entry */
	struct pg_pool *pool;
};

struct fetch {
	struct catalog *catalog;
	int statement;
	int tries;
	char id[IDS_MAX];
};

static void on_fetched(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply);

static int fetch_start(struct fetch *fetch)
{
	struct pg_batch *batch = pg_batch_new();

	fetch->tries++;
	fetch->statement = store_definitions_get(batch, STORE_ORCHESTRATION, fetch->id);
	return pg_pool_submit(fetch->catalog->pool, batch, DEADLINE_MS, on_fetched,
			      fetch);
}

static int on_fetch(void *ctx, const char *key)
{
	struct fetch *fetch;
	int rc;

	fetch = mem_new(struct fetch);
	fetch->catalog = ctx;
	(void)snprintf(fetch->id, sizeof(fetch->id), "%s", key);
	rc = fetch_start(fetch);
	if (rc < 0)
		mem_free(fetch);
	return rc;
}

/* All of them in a sentence, as far as there is room. */
static void tell_problems(const struct problems *problems, char *detail, size_t room)
{
	struct str text = STR_INIT;
	size_t i, len, kept = problems->count;

	if (kept > PROBLEM_MAX)
		kept = PROBLEM_MAX;
	for (i = 0; i < kept && text.len < room; i++) {
		const struct problem *problem = &problems->kept[i];

		len = text.len;
		str_printf(&text, "%s%s%s%s", i ? "; " : "", problem->where,
			   *problem->where ? ": " : "", problem->text);
		if (i && text.len + MORE_MAX >= room) {
			text.len = len;
			break;
		}
	}
	if (i < problems->count) {
		text.data[text.len] = '\0';
		str_printf(&text, " (and %zu more)", problems->count - i);
	}
	len = utf8_cut(str_text(&text), text.len, text.len < room ? text.len : room - 1);
	memcpy(detail, str_text(&text), len);
	detail[len] = '\0';
	str_deinit(&text);
}

bool catalog_check(const char *text, size_t len, char *detail, size_t room)
{
	struct definition *definition = NULL;
	struct problems problems;
	int rc;

	problem_init(&problems);
	rc = definition_parse(text, len, &definition, &problems);
	if (rc == 0)
		rc = definition_validate(definition, step_types_rules(), &problems);
	if (rc < 0)
		tell_problems(&problems, detail, room);
	definition_unref(definition);
	problem_deinit(&problems);
	return rc == 0;
}

static struct catalog_entry *entry_new(const struct store_definition *found,
				       const struct catalog_entry *old)
{
	struct catalog_entry *entry = mem_new(struct catalog_entry);

	if (old && strcmp(old->sha256, found->sha256) == 0) {
		*entry = *old;
		entry->version = found->version;
		return entry;
	}
	entry->version = found->version;
	(void)snprintf(entry->sha256, sizeof(entry->sha256), "%s", found->sha256);
	entry->valid = catalog_check(found->definition, strlen(found->definition),
				     entry->detail, sizeof(entry->detail));
	if (!entry->valid)
		log_warn("definition.invalid", LOG_S("orchestration_id", found->id),
			 LOG_N("version", found->version),
			 LOG_S("problem", (const char *)entry->detail));
	return entry;
}

static void on_fetched(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct fetch *fetch = arg;
	struct catalog *catalog = fetch->catalog;
	struct store_definition found;

	if (outcome->fate != PG_COMMITTED) {
		log_warn("definition.fetch_failed", LOG_S("orchestration_id", fetch->id),
			 LOG_S("error", outcome->err.text));
		memo_fail(catalog->memo, fetch->id);
		mem_free(fetch);
		return;
	}
	switch (store_definitions_get_read(reply, fetch->statement, &found)) {
	case STORE_DEFINITION_AGAIN:
		if (fetch->tries < TRIES_MAX && fetch_start(fetch) == 0)
			return;
		memo_fail(catalog->memo, fetch->id);
		break;
	case STORE_DEFINITION_FOUND:
		memo_put(catalog->memo, fetch->id, clock_mono_ms(),
			 entry_new(&found, memo_peek(catalog->memo, fetch->id)));
		break;
	case STORE_DEFINITION_NONE:
		memo_put(catalog->memo, fetch->id, clock_mono_ms(), NULL);
		break;
	}
	mem_free(fetch);
}

static void entry_free(void *value)
{
	mem_free(value);
}

struct catalog *catalog_new(struct pg_pool *pool)
{
	static const struct memo_ops ops = { on_fetch, entry_free };
	static const struct memo_options options = {
		.entries_max = ENTRIES_MAX,
		.fetches_max = FETCHES_MAX,
		.fresh_ms = FRESH_MS,
		.stale_ms = STALE_MS,
		.none_ms = NONE_MS,
	};
	struct catalog *catalog = mem_new(struct catalog);

	catalog->pool = pool;
	catalog->memo = memo_new(&options, &ops, catalog);
	return catalog;
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	memo_free(catalog->memo);
	mem_free(catalog);
}

enum memo_state catalog_get(struct catalog *catalog, const char *id, int64_t now_mono_ms,
			    struct memo_wait *wait, const struct catalog_entry **entry)
{
	void *value = NULL;
	enum memo_state state;

	if (strlen(id) >= IDS_MAX) /* no column holds it */
		return MEMO_NONE;
	state = memo_get(catalog->memo, id, now_mono_ms, wait, &value);
	if (state == MEMO_HIT)
		*entry = value;
	return state;
}

void catalog_changed(struct catalog *catalog, const char *id)
{
	if (strlen(id) < IDS_MAX)
		memo_outdate(catalog->memo, id);
}
