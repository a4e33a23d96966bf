/*
 * schedule_body.c - the body of a schedule
 *
 * What its runs are started with is read as the body of a submission is, and kept as JSON
 * (message, inputs, metadata, session_id, priority), so that it is refused here and not
 * in the night.
 */
#include "api/schedule_body.h"

#include "api/api_call.h"
#include "api/run_body.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "base/zone.h"
#include "run/cron.h"
#include "run/fires.h"
#include "server/request.h"

#include <string.h>

#define CRON_MAX   200
#define ZONE_MAX   64
#define MISSED_MAX 100

static const struct body_at root = { NULL, "body", 0 };

static void wrong(struct body_faults *faults, const char *key, const char *type,
		  const char *message)
{
	const struct body_at here = { &root, key, 0 };

	body_fault(faults, &here, type, message);
}

static bool overlap_ok(const char *word)
{
	return strcmp(word, "allow") == 0 || strcmp(word, "skip") == 0 ||
	       strcmp(word, "queue") == 0;
}

/* When it comes round. */
static void read_when(struct body_faults *faults, const struct json *doc,
		      struct arena *arena, struct store_schedule *ret)
{
	const char *zone = body_text(faults, &root, doc, "zone", ZONE_MAX, arena);
	struct cron cron;
	struct err err;

	ret->cron = body_text(faults, &root, doc, "cron", CRON_MAX, arena);
	ret->zone = zone ? zone : "UTC";
	ret->next_sec = -1;
	if (!ret->cron)
		wrong(faults, "cron", "missing", "Field required");
	else if (cron_parse(ret->cron, &cron, &err) < 0)
		wrong(faults, "cron", "cron", err.text);
	else if (!zone_ok(ret->zone))
		wrong(faults, "zone", "zone",
		      "Input should be UTC or a time zone that this host knows, as "
		      "Europe/Berlin");
	else
		ret->next_sec = cron_next(&cron, ret->zone, clock_wall_ms() / 1000);
	if (!faults->count && ret->next_sec < 0)
		wrong(faults, "cron", "cron",
		      "no moment of the next eight years fits, as on 30 February");
}

static void read_policies(struct body_faults *faults, const struct json *doc,
			  struct arena *arena, struct store_schedule *ret)
{
	const char *missed = body_text(faults, &root, doc, "missed", 16, arena);
	const char *overlap = body_text(faults, &root, doc, "overlap", 16, arena);
	const struct json *paused = jsonr_get(doc, "paused");

	ret->missed = missed ? missed : "once";
	ret->overlap = overlap ? overlap : "allow";
	ret->missed_max =
		body_int(faults, &root, doc, "missed_max", 1, FIRES_MAX, MISSED_MAX);
	ret->paused = jsonr_bool(paused);
	if (jsonr_type(paused) != JSONR_BOOL && jsonr_type(paused) != JSONR_NULL)
		wrong(faults, "paused", "bool_type", "Input should be a valid boolean");
	if (fires_missed_find(ret->missed) == FIRES_MISSED_COUNT)
		wrong(faults, "missed", "enum",
		      "Input should be 'skip', 'once' or 'all'");
	if (!overlap_ok(ret->overlap))
		wrong(faults, "overlap", "enum",
		      "Input should be 'allow', 'skip' or 'queue'");
	if (ret->paused)
		ret->next_sec = -1;
}

static const char *pack(const struct run_body *body, struct arena *arena)
{
	struct str text = STR_INIT;
	const char *copy;
	struct jsonw w;

	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_text(&w, "message", body->message);
	if (body->inputs)
		jsonw_pair_raw(&w, "inputs", body->inputs, strlen(body->inputs));
	if (body->metadata)
		jsonw_pair_raw(&w, "metadata", body->metadata, strlen(body->metadata));
	if (body->session_id)
		jsonw_pair_text(&w, "session_id", body->session_id);
	jsonw_pair_int(&w, "priority", body->priority);
	jsonw_object_end(&w);
	copy = arena_dup_n(arena, text.data, text.len);
	str_deinit(&text);
	return copy;
}

static const char *read_id(struct body_faults *faults, const struct json *doc,
			   const char *key, struct arena *arena)
{
	const char *id = body_text(faults, &root, doc, key, 255, arena);

	if (id && !api_call_id_ok(id))
		wrong(faults, key, "string_length", "Id should have 1 to 255 bytes");
	return id;
}

void schedule_body_read(struct body_faults *faults, struct api_call *call,
			struct store_schedule *ret)
{
	struct arena *arena = request_arena(call->req);
	struct json *doc = NULL;
	struct run_body body;
	const char *text;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	text = request_body(call->req, &len);
	if (!body_parse(faults, text, len, 0, &doc))
		return;
	run_body_read(faults, &root, doc, arena, &body);
	if (jsonr_type(doc) == JSONR_OBJECT) {
		ret->id = read_id(faults, doc, "id", arena);
		ret->orchestration_id = read_id(faults, doc, "orchestration_id", arena);
		ret->tenant_id = api_call_tenant(call, body.tenant_id);
		read_when(faults, doc, arena, ret);
		read_policies(faults, doc, arena, ret);
		if (!ret->orchestration_id)
			wrong(faults, "orchestration_id", "missing", "Field required");
		if (body.run_at_ms)
			wrong(faults, "run_at", "forbidden",
			      "a schedule says itself when its runs begin");
		if (body.webhook_url)
			wrong(faults, "webhook_url", "forbidden",
			      "runs of schedules have no webhook of their own");
	}
	if (!faults->count)
		ret->body = pack(&body, arena);
	jsonr_free(doc);
}
