/* test_routes.c - which handler gets a path */
#include "api/handlers.h"
#include "api/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Look a path up; its segments are cut here as the server does. */
static const struct route *find(enum request_method method, const char *path,
				const char **params, char *allow)
{
	static char text[256];
	const char *segments[REQUEST_SEGMENTS_MAX];
	size_t count = 0;
	char *p;

	strcpy(text, path);
	for (p = text; p && *p == '/'; p = strchr(p, '/')) {
		*p++ = '\0';
		segments[count++] = p;
	}
	return routes_find(method, segments, count, params, allow);
}

static void every_path_finds_its_handler(void **state)
{
	static const struct {
		enum request_method method;
		const char *path;
		api_call_handler handler;
		const char *param;
	} rows[] = {
		{ REQUEST_GET, "/health", health_route_get, NULL },
		{ REQUEST_GET, "/api/v2/runs", run_list_get, NULL },
		{ REQUEST_GET, "/api/v2/orchestrations", definition_get_orchestrations,
		  NULL },
		{ REQUEST_GET, "/api/v2/orchestrations/x", definition_get_orchestration,
		  "x" },
		{ REQUEST_GET, "/api/v2/orchestrations/runs",
		  definition_get_orchestration, "runs" },
		{ REQUEST_POST, "/api/v2/orchestrations/x/run", runs_start, "x" },
		{ REQUEST_POST, "/api/v2/orchestrations/runs/run", runs_start, "runs" },
		{ REQUEST_POST, "/api/v2/orchestrations/x/runs", bulk_start, "x" },
		{ REQUEST_GET, "/api/v2/orchestrations/runs/r/status", runs_status, "r" },
		{ REQUEST_GET, "/api/v2/orchestrations/runs/r/events", runs_events, "r" },
		{ REQUEST_GET, "/api/v2/orchestrations/runs/r/steps", runs_steps, "r" },
		{ REQUEST_GET, "/api/v2/agents", definition_get_agents, NULL },
		{ REQUEST_GET, "/api/v2/agents/a", definition_get_agent, "a" },
		{ REQUEST_GET, "/api/v2/workers", workers_list, NULL },
		{ REQUEST_GET, "/api/v2/queue/stats", queue_route_stats, NULL },
		{ REQUEST_HEAD, "/api/v2/workers", workers_list, NULL },
		{ REQUEST_GET, "/openapi.json", openapi_get, NULL },
		{ REQUEST_GET, "/api/v2/runs/r", run_detail_get, "r" },
		{ REQUEST_GET, "/api/v2/runs/r/why", why_route_get, "r" },
		{ REQUEST_DELETE, "/api/v2/runs/r", act_routes_delete, "r" },
		{ REQUEST_POST, "/api/v2/runs/bulk", mass_routes_runs, NULL },
		{ REQUEST_POST, "/api/v1/chat", v1_chat_post, NULL },
		{ REQUEST_GET, "/docs", docs_route_get, NULL },
		{ REQUEST_GET, "/api/v2/metrics", metrics_route_get, NULL },
		{ REQUEST_POST, "/api/scale/test-s3", scale_s3_test, NULL },
		{ REQUEST_GET, "/api/scale/workers/w/health", worker_ping_get, "w" },
		{ REQUEST_POST, "/api/scale/dlq/l/retry", letter_retry_stock, "l" },
		{ REQUEST_PUT, "/api/v2/schedules/s", schedules_route_put, "s" },
		{ REQUEST_POST, "/api/v2/queues/q/pause", queues_route_pause, "q" },
		{ REQUEST_POST, "/api/v2/dead-letters/bulk", mass_routes_letters, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *params[API_CALL_PARAMS_MAX] = { NULL };
		char allow[ROUTES_ALLOW_MAX];
		const struct route *route =
			find(rows[i].method, rows[i].path, params, allow);

		assert_non_null(route);
		assert_ptr_equal(route->handler, rows[i].handler);
		if (rows[i].param)
			assert_string_equal(params[0], rows[i].param);
		else
			assert_null(params[0]);
	}
}

static void paths_that_are_not_there_are_not_found(void **state)
{
	static const char *const paths[] = {
		"/api",
		"/api/v2",
		"/api/v2/",
		"/api/v2/orchestrations/",
		"/api/v2/orchestrations//run",
		"/api/v2/orchestrations/x/run/",
		"/api/v2/orchestrations/runs/r",
		"/api/v2/orchestrations/runs//status",
		"/api/v2/run",
		"/API/V2/runs",
		"/health/x",
	};
	const char *params[API_CALL_PARAMS_MAX];
	char allow[ROUTES_ALLOW_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_null(find(REQUEST_GET, paths[i], params, allow));
		assert_string_equal(allow, "");
	}
}

static void another_method_is_told_which_there_are(void **state)
{
	const char *params[API_CALL_PARAMS_MAX];
	char allow[ROUTES_ALLOW_MAX];

	(void)state;
	assert_null(find(REQUEST_POST, "/api/v2/workers", params, allow));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(
		find(REQUEST_POST, "/api/v2/orchestrations/runs/r/steps", params, allow));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(find(REQUEST_GET, "/api/v2/orchestrations/x/run", params, allow));
	assert_string_equal(allow, "POST");
	assert_null(find(REQUEST_DELETE, "/health", params, allow));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(find(REQUEST_OTHER, "/api/v2/runs", params, allow));
	assert_string_equal(allow, "GET, HEAD");
}

static void only_health_needs_no_key(void **state)
{
	const char *params[API_CALL_PARAMS_MAX];
	char allow[ROUTES_ALLOW_MAX];

	(void)state;
	assert_int_equal(find(REQUEST_GET, "/health", params, allow)->scope,
			 ROUTE_PUBLIC);
	assert_int_equal(find(REQUEST_GET, "/api/v2/runs", params, allow)->scope,
			 ROUTE_KEY);
}

/* Of two rows the second would never be met, and the first may be the more open one. */
static void no_route_stands_twice(void **state)
{
	const struct route *a, *b;
	size_t i, k;

	(void)state;
	for (i = 0; (a = routes_at(i)); i++)
		for (k = 0; k < i; k++) {
			b = routes_at(k);
			if (a->method == b->method && strcmp(a->pattern, b->pattern) == 0)
				fail_msg("%s stands twice", a->pattern);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_route_stands_twice),
		cmocka_unit_test(every_path_finds_its_handler),
		cmocka_unit_test(paths_that_are_not_there_are_not_found),
		cmocka_unit_test(another_method_is_told_which_there_are),
		cmocka_unit_test(only_health_needs_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
