/*
 * workers.c - the registry of workers, as the keepers write it
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/pairs.h"
#include "api/runs_port.h"
#include "base/jsonw.h"

static void print_worker(struct jsonw *w, const struct store_worker *worker)
{
	const char *disabled = worker->mcp_disabled;

	jsonw_object(w);
	jsonw_pair_text(w, "worker_id", worker->worker_id);
	jsonw_pair_text(w, "hostname", worker->hostname);
	jsonw_pair_text(w, "address", worker->address);
	jsonw_pair_text(w, "status", worker->status);
	jsonw_pair_int(w, "active_jobs", worker->active_jobs);
	jsonw_pair_int(w, "max_jobs", worker->max_jobs);
	pairs_moment(w, "last_heartbeat", worker->last_heartbeat);
	pairs_json(w, "mcp_disabled", disabled ? disabled : "[]");
	jsonw_pair_text(w, "state", worker->state);
	jsonw_pair_text(w, "version", worker->version);
	jsonw_pair_int(w, "generation", worker->generation);
	jsonw_pair_int(w, "memory_bytes", worker->memory_bytes);
	jsonw_pair_text(w, "last_death_cause", worker->last_death_cause);
	pairs_moment(w, "last_death_at", worker->last_death_at);
	jsonw_object_end(w);
}

static void on_workers(void *arg, enum errors_code error,
		       const struct store_worker *workers, size_t count)
{
	struct api_call *call = arg;
	struct list_answer list;
	size_t i;

	if (!list_answer_begin(&list, call->req, error, NULL))
		return;
	for (i = 0; i < count; i++)
		print_worker(&list.w, &workers[i]);
	list_answer_send(&list);
}

void workers_list(struct api_call *call)
{
	call->port->fleet->workers(call->port->fleet->self, on_workers, call);
}
