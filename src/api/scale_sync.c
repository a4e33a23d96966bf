/*
 * scale_sync.c - POST /api/scale/sync and its status
 *
 * The folder is read on the loop: local files of at most 16 MiB, when a person asks. The
 * rest is one batch; a sync that another one is under way for is refused after the lock's
 * time, with what the server says.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/manage.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "defs/defs_sync.h"
#include "engine/step_types.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "server/request.h"
#include "server/response.h"
#include "store/store_syncs.h"
#include "store/store_time.h"

#include <string.h>

#define DEADLINE_MS    30000
#define LOCK_TIMED_OUT "55P03"

struct syncing {
	struct api_call *call;
	struct defs_sync *sync;
	int statement;
};

static struct syncing *syncing_new(struct api_call *call)
{
	struct syncing *syncing = arena_new(request_arena(call->req), struct syncing);
	struct err err;

	syncing->call = call;
	if (defs_sync_read(call->port->manage->conf->data_dir, step_types_rules(),
			   &syncing->sync, &err) == 0)
		return syncing;
	log_error("sync.folder_unreadable", LOG_S("error", err.text));
	errors_send(call->req, ERRORS_INTERNAL, err.text);
	return NULL;
}

static void on_synced(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct syncing *syncing = arg;
	struct request *req = syncing->call->req;
	struct str body = STR_INIT;
	size_t errors;

	if (outcome->fate == PG_COMMITTED) {
		errors = defs_sync_report(syncing->sync, reply, &body);
		log_info("sync.done", LOG_S("by", "api"), LOG_N("errors", errors));
		response_json(req, 200, &body);
	} else {
		log_warn("sync.failed", LOG_S("by", "api"),
			 LOG_S("error", outcome->err.text));
		errors_send(req,
			    strcmp(outcome->sqlstate, LOCK_TIMED_OUT) == 0
				    ? ERRORS_BUSY
				    : ERRORS_POSTGRES,
			    outcome->err.text);
	}
	defs_sync_free(syncing->sync);
}

void scale_sync_post(struct api_call *call)
{
	const char *force = request_query(call->req, "force");
	const struct manage *manage = call->port->manage;
	struct syncing *syncing;
	struct pg_batch *batch;
	int rc;

	if (!manage || pg_pool_links_up(manage->pool) == 0) {
		errors_send(call->req, ERRORS_POSTGRES, NULL);
		return;
	}
	syncing = syncing_new(call);
	if (!syncing)
		return;
	batch = pg_batch_new();
	defs_sync_build(syncing->sync, call->default_tenant,
			force && (strcmp(force, "true") == 0 || strcmp(force, "1") == 0),
			batch);
	rc = pg_pool_submit(manage->pool, batch, DEADLINE_MS, on_synced, syncing);
	if (rc < 0) {
		defs_sync_free(syncing->sync);
		errors_send(call->req, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES,
			    NULL);
	}
}

/* -- status -- */

static void send_away(struct request *req)
{
	static const char text[] =
		"{\"available\":false,\"message\":\"Postgres is not connected\"}";

	response_text(req, 200, "application/json", text, strlen(text));
}

static void on_status(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct syncing *syncing = arg;
	struct store_sync_status status;
	struct str body = STR_INIT;
	char moment[STORE_TIME_MAX];
	struct jsonw w;

	if (error != ERRORS_NONE) {
		send_away(syncing->call->req);
		defs_sync_free(syncing->sync);
		return;
	}
	store_syncs_status_read(reply, syncing->statement, &status);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_bool(&w, "available", true);
	jsonw_key(&w, "counts");
	jsonw_object(&w);
	jsonw_pair_int(&w, "orchestrations", status.counts[STORE_ORCHESTRATION]);
	jsonw_pair_int(&w, "agents", status.counts[STORE_AGENT]);
	jsonw_pair_int(&w, "tools", status.counts[STORE_TOOL]);
	jsonw_pair_int(&w, "mcp_servers", status.counts[STORE_MCP_SERVER]);
	jsonw_pair_int(&w, "settings", status.settings);
	jsonw_object_end(&w);
	jsonw_pair_int(&w, "deleted", status.tombstones);
	jsonw_pair_text(&w, "last_synced_at", store_time_text(status.synced_at, moment));
	jsonw_pair_bool(&w, "auto_sync",
			syncing->call->port->manage->conf->definitions.auto_sync);
	jsonw_key(&w, "files");
	defs_sync_files(syncing->sync, status.files, &w);
	jsonw_object_end(&w);
	response_json(syncing->call->req, 200, &body);
	defs_sync_free(syncing->sync);
}

void scale_sync_status(struct api_call *call)
{
	struct syncing *syncing;
	struct pg_batch *batch;

	if (!call->port->manage) {
		send_away(call->req);
		return;
	}
	syncing = syncing_new(call);
	if (!syncing)
		return;
	batch = pg_batch_new();
	syncing->statement = store_syncs_status(batch, defs_sync_source(syncing->sync));
	manage_read(call, batch, on_status, syncing);
}
