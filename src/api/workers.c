/*
 * workers.c - the registry of workers, as the keepers write it
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/response.h"
#include "store/store_time.h"

#include <string.h>

static void print_worker(struct jsonw *w, const struct store_worker *worker)
{
	const char *disabled = worker->mcp_disabled ? worker->mcp_disabled : "[]";
	char buf[STORE_TIME_MAX];

	jsonw_object(w);
	jsonw_pair_text(w, "worker_id", worker->worker_id);
	jsonw_pair_text(w, "hostname", worker->hostname);
	jsonw_pair_text(w, "address", worker->address);
	jsonw_pair_text(w, "status", worker->status);
	jsonw_pair_int(w, "active_jobs", worker->active_jobs);
	jsonw_pair_int(w, "max_jobs", worker->max_jobs);
	jsonw_pair_text(w, "last_heartbeat",
			store_time_text(worker->last_heartbeat, buf));
	jsonw_pair_raw(w, "mcp_disabled", disabled, strlen(disabled));
	jsonw_pair_text(w, "state", worker->state);
	jsonw_pair_text(w, "version", worker->version);
	jsonw_pair_int(w, "generation", worker->generation);
	jsonw_pair_int(w, "memory_bytes", worker->memory_bytes);
	jsonw_pair_text(w, "last_death_cause", worker->last_death_cause);
	jsonw_pair_text(w, "last_death_at", store_time_text(worker->last_death_at, buf));
	jsonw_object_end(w);
}

static void on_workers(void *arg, enum errors_code error,
		       const struct store_worker *workers, size_t count)
{
	struct api_call *call = arg;
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	if (error != ERRORS_NONE) {
		errors_send(call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	jsonw_array(&w);
	for (i = 0; i < count; i++)
		print_worker(&w, &workers[i]);
	jsonw_array_end(&w);
	response_json(call->req, 200, &body);
}

void workers_list(struct api_call *call)
{
	call->port->fleet->workers(call->port->fleet->self, on_workers, call);
}
