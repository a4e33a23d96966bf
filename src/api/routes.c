/*
 * routes.c - the table of routes
 *
 * Read from the top; the first pattern that fits wins, so a literal segment stands before
 * a "*" at the same place. A handful of rows compared segment by segment: no tree needed.
 */
#include "api/routes.h"

#include "api/handlers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct route routes[] = {
	{ REQUEST_GET,  "/", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, page_get },
	{ REQUEST_GET,  "/ui/*", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, page_file_get },
	{ REQUEST_GET,  "/ui/*/*", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, page_part_get },
	{ REQUEST_GET,  "/api/session", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, session_get },
	{ REQUEST_POST, "/api/session", ROUTE_PUBLIC, ROUTE_BODY_SMALL, session_post },
	{ REQUEST_DELETE, "/api/session", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, session_delete },
	{ REQUEST_GET,  "/openapi.json", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, openapi_get },
	{ REQUEST_GET,  "/docs", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, docs_route_get },
	{ REQUEST_GET,  "/health", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, health_route_get },
	{ REQUEST_GET,  "/api/v2/runs", ROUTE_KEY, ROUTE_BODY_IGNORED, run_list_get },
	{ REQUEST_GET,  "/api/v2/runs/*/why", ROUTE_KEY, ROUTE_BODY_IGNORED, why_route_get },
	{ REQUEST_POST, "/api/v2/runs/bulk", ROUTE_KEY, ROUTE_BODY_JSON, mass_routes_runs },
	{ REQUEST_POST, "/api/v2/runs/*/retry", ROUTE_KEY, ROUTE_BODY_JSON, act_routes_retry },
	{ REQUEST_DELETE, "/api/v2/runs/*", ROUTE_KEY, ROUTE_BODY_IGNORED, act_routes_delete },
	{ REQUEST_GET,  "/api/v2/runs/*", ROUTE_KEY, ROUTE_BODY_IGNORED, run_detail_get },
	{ REQUEST_GET,  "/api/v2/orchestrations/runs/*/status", ROUTE_KEY, ROUTE_BODY_IGNORED, runs_status },
	{ REQUEST_GET,  "/api/v2/orchestrations/runs/*/events", ROUTE_KEY, ROUTE_BODY_IGNORED, runs_events },
	{ REQUEST_GET,  "/api/v2/orchestrations/runs/*/stream", ROUTE_KEY, ROUTE_BODY_IGNORED, stream_get },
	{ REQUEST_GET,  "/api/v2/orchestrations/runs/*/steps", ROUTE_KEY, ROUTE_BODY_IGNORED, runs_steps },
	{ REQUEST_POST, "/api/v2/orchestrations/runs/*/cancel", ROUTE_KEY, ROUTE_BODY_IGNORED, cancel_route_post },
	{ REQUEST_POST, "/api/v2/orchestrations/runs/*/resume", ROUTE_KEY, ROUTE_BODY_JSON, answer_route_post },
	{ REQUEST_POST, "/api/v2/orchestrations/runs/*/resume-failed", ROUTE_KEY, ROUTE_BODY_JSON, resume_route_post },
	{ REQUEST_GET,  "/api/v2/orchestrations", ROUTE_KEY, ROUTE_BODY_IGNORED, definition_get_orchestrations },
	{ REQUEST_GET,  "/api/v2/orchestrations/*", ROUTE_KEY, ROUTE_BODY_IGNORED, definition_get_orchestration },
	{ REQUEST_POST, "/api/v2/orchestrations/*/run", ROUTE_KEY, ROUTE_BODY_JSON, runs_start },
	{ REQUEST_POST, "/api/v1/orchestrations/*/run", ROUTE_KEY, ROUTE_BODY_JSON, runs_start_v1 },
	{ REQUEST_POST, "/api/v1/orchestrations/*/run/stream", ROUTE_KEY, ROUTE_BODY_JSON, runs_start_stream },
	{ REQUEST_POST, "/api/v1/orchestrations/runs/*/resume", ROUTE_KEY, ROUTE_BODY_JSON, v1_routes_resume },
	{ REQUEST_POST, "/api/v1/orchestrations/runs/*/resume/stream", ROUTE_KEY, ROUTE_BODY_JSON, run_follow_answer },
	{ REQUEST_GET,  "/api/v1/orchestrations", ROUTE_KEY, ROUTE_BODY_IGNORED, v1_lists_orchestrations },
	{ REQUEST_GET,  "/api/v1/orchestrations/*", ROUTE_KEY, ROUTE_BODY_IGNORED, v1_lists_orchestration },
	{ REQUEST_POST, "/api/v1/chat", ROUTE_KEY, ROUTE_BODY_BULK, v1_chat_post },
	{ REQUEST_POST, "/api/v1/chat/stream", ROUTE_KEY, ROUTE_BODY_BULK, v1_chat_stream },
	{ REQUEST_GET,  "/api/v1/agents", ROUTE_KEY, ROUTE_BODY_IGNORED, v1_lists_agents },
	{ REQUEST_GET,  "/api/v1/agents/*", ROUTE_KEY, ROUTE_BODY_IGNORED, v1_lists_agent },
	{ REQUEST_POST, "/api/v2/orchestrations/*/runs", ROUTE_KEY, ROUTE_BODY_BULK, bulk_start },
	{ REQUEST_GET,  "/api/v2/agents", ROUTE_KEY, ROUTE_BODY_IGNORED, definition_get_agents },
	{ REQUEST_GET,  "/api/v2/agents/*", ROUTE_KEY, ROUTE_BODY_IGNORED, definition_get_agent },
	{ REQUEST_POST, "/api/v2/chat", ROUTE_KEY, ROUTE_BODY_BULK, chat_route_post },
	{ REQUEST_GET,  "/api/v2/chat/*/status", ROUTE_KEY, ROUTE_BODY_IGNORED, chat_route_status },
	{ REQUEST_GET,  "/api/v2/chat/*/stream", ROUTE_KEY, ROUTE_BODY_IGNORED, chat_stream_get },
	{ REQUEST_GET,  "/api/v2/chat/*/events", ROUTE_KEY, ROUTE_BODY_IGNORED, chat_stream_events },
	{ REQUEST_POST, "/api/v2/chat/*/cancel", ROUTE_KEY, ROUTE_BODY_SMALL, chat_route_cancel },
	{ REQUEST_POST, "/api/v2/chat/*/resume", ROUTE_KEY, ROUTE_BODY_JSON, chat_resume_post },
	{ REQUEST_POST,   "/api/v2/orchestrations", ROUTE_KEY, ROUTE_BODY_JSON, def_write_create },
	{ REQUEST_POST,   "/api/v2/orchestrations/validate", ROUTE_KEY, ROUTE_BODY_JSON, def_write_check },
	{ REQUEST_PUT,    "/api/v2/orchestrations/*", ROUTE_KEY, ROUTE_BODY_JSON, def_write_put },
	{ REQUEST_DELETE, "/api/v2/orchestrations/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_write_delete },
	{ REQUEST_GET,    "/api/v2/orchestrations/*/versions", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_versions },
	{ REQUEST_GET,    "/api/v2/orchestrations/*/versions/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_version },
	{ REQUEST_POST,   "/api/v2/agents", ROUTE_KEY, ROUTE_BODY_JSON, def_write_create },
	{ REQUEST_POST,   "/api/v2/agents/validate", ROUTE_KEY, ROUTE_BODY_JSON, def_write_check },
	{ REQUEST_PUT,    "/api/v2/agents/*", ROUTE_KEY, ROUTE_BODY_JSON, def_write_put },
	{ REQUEST_DELETE, "/api/v2/agents/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_write_delete },
	{ REQUEST_GET,    "/api/v2/agents/*/versions", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_versions },
	{ REQUEST_GET,    "/api/v2/agents/*/versions/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_version },
	{ REQUEST_GET,    "/api/v2/tools", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_list },
	{ REQUEST_POST,   "/api/v2/tools", ROUTE_KEY, ROUTE_BODY_JSON, def_write_create },
	{ REQUEST_POST,   "/api/v2/tools/validate", ROUTE_KEY, ROUTE_BODY_JSON, def_write_check },
	{ REQUEST_GET,    "/api/v2/tools/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_get },
	{ REQUEST_PUT,    "/api/v2/tools/*", ROUTE_KEY, ROUTE_BODY_JSON, def_write_put },
	{ REQUEST_DELETE, "/api/v2/tools/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_write_delete },
	{ REQUEST_GET,    "/api/v2/tools/*/versions", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_versions },
	{ REQUEST_GET,    "/api/v2/tools/*/versions/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_version },
	{ REQUEST_GET,    "/api/v2/mcp-servers", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_list },
	{ REQUEST_POST,   "/api/v2/mcp-servers", ROUTE_KEY, ROUTE_BODY_JSON, def_write_create },
	{ REQUEST_POST,   "/api/v2/mcp-servers/validate", ROUTE_KEY, ROUTE_BODY_JSON, def_write_check },
	{ REQUEST_GET,    "/api/v2/mcp-servers/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_get },
	{ REQUEST_PUT,    "/api/v2/mcp-servers/*", ROUTE_KEY, ROUTE_BODY_JSON, def_write_put },
	{ REQUEST_DELETE, "/api/v2/mcp-servers/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_write_delete },
	{ REQUEST_GET,    "/api/v2/mcp-servers/*/versions", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_versions },
	{ REQUEST_GET,    "/api/v2/mcp-servers/*/versions/*", ROUTE_KEY, ROUTE_BODY_IGNORED, def_read_version },
	{ REQUEST_POST, "/api/v2/import", ROUTE_KEY, ROUTE_BODY_BULK, bundle_import_post },
	{ REQUEST_GET,  "/api/v2/export", ROUTE_KEY, ROUTE_BODY_IGNORED, bundle_export_get },
	{ REQUEST_POST, "/api/v2/export", ROUTE_KEY, ROUTE_BODY_JSON, bundle_export_post },
	{ REQUEST_GET,  "/api/v2/waits", ROUTE_KEY, ROUTE_BODY_IGNORED, waits_route_list },
	{ REQUEST_GET,  "/api/v2/workers", ROUTE_KEY, ROUTE_BODY_IGNORED, workers_list },
	{ REQUEST_POST, "/api/v2/workers/*/quiet", ROUTE_KEY, ROUTE_BODY_IGNORED, worker_acts_quiet },
	{ REQUEST_POST, "/api/v2/workers/*/stop", ROUTE_KEY, ROUTE_BODY_IGNORED, worker_acts_stop },
	{ REQUEST_GET,  "/api/v2/analytics", ROUTE_KEY, ROUTE_BODY_IGNORED, analytics_route_get },
	{ REQUEST_GET,  "/api/v2/analytics/minutes", ROUTE_KEY, ROUTE_BODY_IGNORED, analytics_route_minutes },
	{ REQUEST_GET,  "/api/v2/keys", ROUTE_KEY, ROUTE_BODY_IGNORED, keys_route_list },
	{ REQUEST_POST, "/api/v2/keys", ROUTE_KEY, ROUTE_BODY_JSON, keys_route_make },
	{ REQUEST_DELETE, "/api/v2/keys/*", ROUTE_KEY, ROUTE_BODY_IGNORED, keys_route_revoke },
	{ REQUEST_GET,  "/api/v2/dead-letters", ROUTE_KEY, ROUTE_BODY_IGNORED, dead_letters_list },
	{ REQUEST_GET,  "/api/v2/dead-letters/*", ROUTE_KEY, ROUTE_BODY_IGNORED, dead_letters_get },
	{ REQUEST_POST, "/api/v2/dead-letters/bulk", ROUTE_KEY, ROUTE_BODY_JSON, mass_routes_letters },
	{ REQUEST_POST, "/api/v2/dead-letters/*/retry", ROUTE_KEY, ROUTE_BODY_JSON, letter_retry_post },
	{ REQUEST_POST, "/api/v2/dead-letters/*/discard", ROUTE_KEY, ROUTE_BODY_IGNORED, dead_letters_discard },
	{ REQUEST_GET,  "/api/v2/schedules", ROUTE_KEY, ROUTE_BODY_IGNORED, schedules_route_list },
	{ REQUEST_POST, "/api/v2/schedules", ROUTE_KEY, ROUTE_BODY_JSON, schedules_route_make },
	{ REQUEST_GET,  "/api/v2/schedules/*", ROUTE_KEY, ROUTE_BODY_IGNORED, schedules_route_get },
	{ REQUEST_PUT,  "/api/v2/schedules/*", ROUTE_KEY, ROUTE_BODY_JSON, schedules_route_put },
	{ REQUEST_DELETE, "/api/v2/schedules/*", ROUTE_KEY, ROUTE_BODY_IGNORED, schedules_route_delete },
	{ REQUEST_POST, "/api/v2/schedules/*/pause", ROUTE_KEY, ROUTE_BODY_IGNORED, schedules_route_pause },
	{ REQUEST_POST, "/api/v2/schedules/*/resume", ROUTE_KEY, ROUTE_BODY_IGNORED, schedules_route_resume },
	{ REQUEST_POST, "/api/v2/schedules/*/backfill", ROUTE_KEY, ROUTE_BODY_JSON, schedules_route_backfill },
	{ REQUEST_GET,  "/api/v2/queues", ROUTE_KEY, ROUTE_BODY_IGNORED, queues_route_list },
	{ REQUEST_POST, "/api/v2/queues/*/pause", ROUTE_KEY, ROUTE_BODY_JSON, queues_route_pause },
	{ REQUEST_POST, "/api/v2/queues/*/resume", ROUTE_KEY, ROUTE_BODY_IGNORED, queues_route_resume },
	{ REQUEST_GET,  "/api/v2/queue/stats", ROUTE_KEY, ROUTE_BODY_IGNORED, queue_route_stats },
	{ REQUEST_GET,  "/api/v2/metrics", ROUTE_PUBLIC, ROUTE_BODY_IGNORED, metrics_route_get },
	{ REQUEST_GET,  "/api/orchestrations", ROUTE_PAGE, ROUTE_BODY_IGNORED, v1_lists_whole },
	{ REQUEST_POST, "/api/orchestrations", ROUTE_PAGE, ROUTE_BODY_JSON, def_write_upsert },
	{ REQUEST_GET,  "/api/orchestrations/runs", ROUTE_PAGE, ROUTE_BODY_IGNORED, page_runs_list },
	{ REQUEST_GET,  "/api/orchestrations/runs/*", ROUTE_PAGE, ROUTE_BODY_IGNORED, page_runs_get },
	{ REQUEST_GET,  "/api/orchestrations/runs/*/events", ROUTE_PAGE, ROUTE_BODY_IGNORED, page_events_list },
	{ REQUEST_GET,  "/api/orchestrations/runs/*/events/stream", ROUTE_PAGE, ROUTE_BODY_IGNORED, stream_get },
	{ REQUEST_POST, "/api/orchestrations/runs/*/resume", ROUTE_PAGE, ROUTE_BODY_JSON, run_follow_retry },
	{ REQUEST_POST, "/api/orchestrations/runs/*/human-input", ROUTE_PAGE, ROUTE_BODY_JSON, run_follow_answer },
	{ REQUEST_POST, "/api/orchestrations/runs/*/cancel", ROUTE_PAGE, ROUTE_BODY_IGNORED, cancel_route_post },
	{ REQUEST_GET,  "/api/orchestrations/logs", ROUTE_PAGE, ROUTE_BODY_IGNORED, page_runs_list },
	{ REQUEST_GET,  "/api/orchestrations/logs/*", ROUTE_PAGE, ROUTE_BODY_IGNORED, page_log_get },
	{ REQUEST_GET,  "/api/orchestrations/*/estimate", ROUTE_PAGE, ROUTE_BODY_IGNORED, estimate_route_get },
	{ REQUEST_POST, "/api/orchestrations/*/deploy", ROUTE_PAGE, ROUTE_BODY_IGNORED, deploy_route_post },
	{ REQUEST_GET,  "/api/orchestrations/*", ROUTE_PAGE, ROUTE_BODY_IGNORED, definition_get_orchestration },
	{ REQUEST_DELETE, "/api/orchestrations/*", ROUTE_PAGE, ROUTE_BODY_IGNORED, def_write_erase },
	{ REQUEST_POST, "/api/orchestrations/*/run", ROUTE_PAGE, ROUTE_BODY_JSON, runs_start_stream },
	{ REQUEST_GET,  "/api/status", ROUTE_PAGE, ROUTE_BODY_IGNORED, status_route_get },
	{ REQUEST_GET,  "/api/auth/status", ROUTE_PAGE, ROUTE_BODY_IGNORED, status_route_auth },
	{ REQUEST_GET,  "/api/settings/api-keys", ROUTE_PAGE, ROUTE_BODY_IGNORED, keys_route_list },
	{ REQUEST_POST, "/api/settings/api-keys", ROUTE_PAGE, ROUTE_BODY_JSON, keys_route_make },
	{ REQUEST_DELETE, "/api/settings/api-keys/*", ROUTE_PAGE, ROUTE_BODY_IGNORED, keys_route_revoke },
	{ REQUEST_GET,  "/api/scale/config", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, settings_route_config },
	{ REQUEST_POST, "/api/scale/config", ROUTE_INTERNAL, ROUTE_BODY_JSON, settings_route_config_post },
	{ REQUEST_GET,  "/api/scale/settings", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, settings_route_get },
	{ REQUEST_PUT,  "/api/scale/settings", ROUTE_INTERNAL, ROUTE_BODY_JSON, settings_route_put },
	{ REQUEST_POST, "/api/scale/test-redis", ROUTE_INTERNAL, ROUTE_BODY_JSON, scale_test_redis },
	{ REQUEST_POST, "/api/scale/test-postgres", ROUTE_INTERNAL, ROUTE_BODY_JSON, scale_test_postgres },
	{ REQUEST_POST, "/api/scale/test-s3", ROUTE_INTERNAL, ROUTE_BODY_JSON, scale_s3_test },
	{ REQUEST_POST, "/api/scale/sync", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_sync_post },
	{ REQUEST_GET,  "/api/scale/sync/status", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_sync_status },
	{ REQUEST_GET,  "/api/scale/workers", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_workers },
	{ REQUEST_DELETE, "/api/scale/workers/*", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_writes_worker_delete },
	{ REQUEST_GET,  "/api/scale/workers/*/health", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, worker_ping_get },
	{ REQUEST_GET,  "/api/scale/queue", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_queue },
	{ REQUEST_GET,  "/api/scale/dlq", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_letters },
	{ REQUEST_POST, "/api/scale/dlq/*/retry", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, letter_retry_stock },
	{ REQUEST_GET,  "/api/scale/tenants", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_tenants },
	{ REQUEST_POST, "/api/scale/tenants", ROUTE_INTERNAL, ROUTE_BODY_JSON, scale_writes_tenant },
	{ REQUEST_DELETE, "/api/scale/tenants/*", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_writes_tenant_delete },
	{ REQUEST_GET,  "/api/scale/analytics", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_analytics },
	{ REQUEST_GET,  "/api/scale/runs", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_runs },
	{ REQUEST_GET,  "/api/scale/runs/*", ROUTE_INTERNAL, ROUTE_BODY_IGNORED, scale_reads_run },
};
/* clang-format on */

static bool matches(const char *pattern, const char *const *segments, size_t count,
		    const char **params)
{
	size_t used = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		size_t len;

		if (*pattern != '/')
			return false;
		pattern++;
		len = strcspn(pattern, "/");
		if (len == 1 && *pattern == '*') {
			if (!*segments[i])
				return false;
			params[used++] = segments[i];
		} else if (strlen(segments[i]) != len ||
			   memcmp(segments[i], pattern, len) != 0) {
			return false;
		}
		pattern += len;
	}
	return *pattern == '\0';
}

static const char *method_name(enum request_method method)
{
	switch (method) {
	case REQUEST_GET:
	case REQUEST_HEAD:
		return "GET, HEAD";
	case REQUEST_POST:
		return "POST";
	case REQUEST_PUT:
		return "PUT";
	case REQUEST_PATCH:
		return "PATCH";
	case REQUEST_DELETE:
		return "DELETE";
	case REQUEST_OPTIONS:
	case REQUEST_OTHER:
		break;
	}
	return "";
}

const struct route *routes_find(enum request_method method, const char *const *segments,
				size_t count, const char **params,
				char allow[ROUTES_ALLOW_MAX])
{
	const char *trial[API_CALL_PARAMS_MAX] = { NULL };
	size_t i;

	if (method == REQUEST_HEAD)
		method = REQUEST_GET;
	allow[0] = '\0';
	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		size_t len = strlen(allow);

		memset(trial, 0, sizeof(trial)); /* a row before may have left some */
		if (!matches(routes[i].pattern, segments, count, trial))
			continue;
		if (routes[i].method == method) {
			memcpy(params, trial, sizeof(trial));
			return &routes[i];
		}
		(void)snprintf(allow + len, ROUTES_ALLOW_MAX - len, "%s%s",
			       len ? ", " : "", method_name(routes[i].method));
	}
	return NULL;
}

const struct route *routes_at(size_t i)
{
	return i < sizeof(routes) / sizeof(*routes) ? &routes[i] : NULL;
}
