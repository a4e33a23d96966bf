/*
 * run_pairs.c - members of answers that come out of a run's row
 */
#include "api/run_pairs.h"

#include "api/pairs.h"
#include "base/jsonw.h"
#include "store/store_runs.h"

#include <stddef.h>
#include <string.h>

const char run_pairs_status_words[] = "Input should be 'queued', 'running', 'paused', "
				      "'completed', 'failed' or 'cancelled'";

void run_pairs_print(struct jsonw *w, const struct store_run_status *run)
{
	jsonw_pair_text(w, "run_id", run->run_id);
	jsonw_pair_text(w, "orchestration_id", run->orchestration_id);
	jsonw_pair_text(w, "status", run->status);
	jsonw_pair_text(w, "current_step_id", run->current_step_id);
	jsonw_pair_bool(w, "waiting_for_human", run->waiting_for_human);
	jsonw_pair_text(w, "worker_id", run->worker_id);
	jsonw_pair_double(w, "total_cost_usd", run->total_cost_usd);
	jsonw_pair_int(w, "total_tokens_used", run->total_tokens_used);
	pairs_moment(w, "started_at", run->started_at);
	pairs_moment(w, "ended_at", run->ended_at);
	jsonw_pair_text(w, "tenant_id", run->tenant_id);
	jsonw_pair_text(w, "session_id", run->session_id);
	pairs_moment(w, "created_at", run->created_at);
}

void run_pairs_more(struct jsonw *w, const struct store_run_status *run)
{
	jsonw_pair_text(w, "queue", run->queue);
	jsonw_pair_int(w, "priority", run->priority);
	jsonw_pair_int(w, "attempt", run->attempt > 1 ? run->attempt : 1);
	pairs_json(w, "metadata", run->metadata);
	pairs_moment(w, "run_at", run->run_at);
	jsonw_pair_text(w, "schedule_id", run->schedule_id);
	pairs_moment(w, "picked_up_at", run->picked_up_at);
	pairs_moment(w, "cancel_requested_at", run->cancel_requested_at);
}

bool run_pairs_status_ok(const char *status)
{
	static const char *const known[] = { "queued",    "running", "paused",
					     "completed", "failed",  "cancelled" };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(status, known[i]) == 0)
			return true;
	return false;
}
