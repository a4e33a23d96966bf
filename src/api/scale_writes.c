/*
 * scale_writes.c - tenants and the registry, changed from the settings page
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "pg/pg_batch.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_scale.h"

#include <string.h>

#define TENANT_MAX 255
#define NAME_MAX_  500
#define RUNS_MAX   100000000

struct writing {
	struct api_call *call;
	const char *status; /* of the answer */
	const char *key;    /* and what it names */
	const char *id;
	int code;
};

static void on_written(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct writing *writing = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	(void)reply; /* done is done, whether it was there or not: as stock answers */
	if (error != ERRORS_NONE) {
		errors_send(writing->call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", writing->status);
	jsonw_pair_text(&w, writing->key, writing->id);
	jsonw_object_end(&w);
	response_json(writing->call->req, writing->code, &body);
}

static void start(struct api_call *call, struct pg_batch *batch, int code,
		  const char *status, const char *key, const char *id)
{
	struct writing *writing = arena_new(request_arena(call->req), struct writing);

	*writing = (struct writing){ call, status, key, id, code };
	manage_read(call, batch, on_written, writing);
}

void scale_writes_tenant(struct api_call *call)
{
	struct arena *arena = request_arena(call->req);
	struct body_faults faults = { .count = 0 };
	struct body_at body = { NULL, "body", 0 }, at = { &body, "tenant_id", 0 };
	struct store_tenant_new put;
	struct json *doc = NULL;
	struct pg_batch *batch;
	size_t len;
	const char *text = request_body(call->req, &len);

	if (!manage_of(call))
		return;
	if (body_parse(&faults, text, len, 0, &doc)) {
		put.tenant_id =
			body_text(&faults, &body, doc, "tenant_id", TENANT_MAX, arena);
		put.name = body_text(&faults, &body, doc, "name", NAME_MAX_, arena);
		put.concurrent_max = body_int(&faults, &body, doc, "max_concurrent_runs",
					      1, RUNS_MAX, 100);
		put.queued_max = body_int(&faults, &body, doc, "max_queued_runs", 1,
					  RUNS_MAX, 1000);
		put.priority = body_int(&faults, &body, doc, "priority", -10, 10, 0);
		if (!faults.count && (!put.tenant_id || !*put.tenant_id))
			body_fault(&faults, &at, "missing", "Field required");
	}
	jsonr_free(doc);
	if (faults.count) {
		body_faults_send(call->req, &faults);
		body_faults_deinit(&faults);
		return;
	}
	if (!put.name)
		put.name = "";
	batch = pg_batch_new();
	(void)store_scale_tenant_put(batch, &put);
	start(call, batch, 201, "created", "tenant_id", put.tenant_id);
}

void scale_writes_tenant_delete(struct api_call *call)
{
	struct pg_batch *batch;

	if (!manage_of(call))
		return;
	batch = pg_batch_new();
	(void)store_scale_tenant_delete(batch, call->params[0]);
	start(call, batch, 200, "deleted", "tenant_id", call->params[0]);
}

void scale_writes_worker_delete(struct api_call *call)
{
	struct pg_batch *batch;

	if (!manage_of(call))
		return;
	batch = pg_batch_new();
	(void)store_scale_worker_delete(batch, call->params[0]);
	start(call, batch, 200, "removed", "worker_id", call->params[0]);
}
