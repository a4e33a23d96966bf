/*
 * test_front.c - requests through server, front and handlers to a port made of paper
 *
 * The port answers what a test tells it to, at once or when the test says so; keys are
 * known without a store. What real stores do is tests/blackbox/test_api_*.py.
 */
#include "api/auth.h"
#include "api/front.h"
#include "api/runs_port.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "loopback.h"
#include "server/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HELD_MAX 2000

struct rig {
	struct loopback net;
	struct server *server;
	struct auth *auth;
	struct front front;
	struct runs_port port;
	struct intake_port intake;
	struct run_port run;
	bool key_known;
	const char *key_tenant;
	bool key_away;

	/* what the port does */
	bool hold; /* keep submissions in held */
	enum errors_code answer;
	enum errors_code check;
	int submitted;
	int held_max; /* the most that were held at a time */
	struct port_run *held[HELD_MAX];
	int held_count;
	char last_tenant[64];
	char last_key[300];
	char last_message[64];
	char last_sha256[70];
};

static struct rig rig;

/* -- the port -- */

static void decide(struct port_run *run, enum errors_code error)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "run_%s", run->message);
	run->error = error;
	run->run_id = error == ERRORS_NONE ? id : NULL;
	run->detail = NULL;
	run->replayed = false;
	run->rate_limit = 7;
	run->retry_after_sec = 1;
	run->done(run);
}

static void on_submit(void *self, struct port_run *run)
{
	(void)self;
	rig.submitted++;
	(void)snprintf(rig.last_tenant, sizeof(rig.last_tenant), "%s", run->tenant_id);
	(void)snprintf(rig.last_key, sizeof(rig.last_key), "%s",
		       run->idempotency_key ? run->idempotency_key : "");
	(void)snprintf(rig.last_message, sizeof(rig.last_message), "%s", run->message);
	(void)snprintf(rig.last_sha256, sizeof(rig.last_sha256), "%s",
		       run->idempotency_key ? run->body_sha256 : "");
	if (!rig.hold) {
		decide(run, rig.answer);
		return;
	}
	assert_true(rig.held_count < HELD_MAX);
	rig.held[rig.held_count++] = run;
	if (rig.held_count > rig.held_max)
		rig.held_max = rig.held_count;
}

static void on_check(void *self, const char *id, port_check_cb cb, void *arg)
{
	(void)self;
	(void)id;
	cb(arg, rig.check, rig.check == ERRORS_DEFINITION ? "no such step" : NULL);
}

static struct port_health on_health(void *self)
{
	bool pg = rig.answer != ERRORS_POSTGRES;
	struct port_health health = { "scale", pg, true, pg, pg ? NULL : "no Postgres" };

	(void)self;
	return health;
}

static void on_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	struct store_run_status run = {
		.run_id = run_id,
		.orchestration_id = "o",
		.tenant_id = "acme",
		.status = "completed",
		.started_at = "2026-06-01 12:34:56.5+00",
		.final_response = "done",
	};

	(void)self;
	cb(arg, rig.answer, rig.answer == ERRORS_NONE ? &run : NULL);
}

static void on_events(void *self, const char *run_id, const char *start, const char *end,
		      int limit, port_events_cb cb, void *arg)
{
	static const struct port_event events[] = {
		{ "1-0", "{\"type\":\"a\"}", 12 },
		{ "1-1", "{\"x\": NaN}", 10 },
		{ "2-0", "{\"type\":\"b\"}", 12 },
	};

	(void)self;
	(void)run_id;
	(void)start;
	(void)end;
	cb(arg, rig.answer, "acme", events, limit < 3 ? (size_t)limit : 3);
}

/* A journal of three rows. */
static void on_steps(void *self, const char *run_id, int64_t from_seq, int limit,
		     port_steps_cb cb, void *arg)
{
	static const struct store_step steps[] = {
		{ .seq = 1,
		  .kind = "start",
		  .path = "",
		  .step_id = "",
		  .at = "2026-06-01 12:34:56+00" },
		{ .seq = 2,
		  .kind = "step",
		  .path = "a%2F1",
		  .step_id = "a/1",
		  .execution = 1,
		  .usage = "[{\"calls\":1}]",
		  .at = "2026-06-01 12:34:56.5+00" },
		{ .seq = 3,
		  .kind = "step",
		  .path = "b",
		  .step_id = "b",
		  .execution = 2,
		  .error = "{\"class\":\"tool\"}",
		  .at = "2026-06-01 12:34:57+00" },
	};
	size_t first = from_seq > 3 ? 3 : (size_t)from_seq - 1;
	size_t count = 3 - first < (size_t)limit ? 3 - first : (size_t)limit;

	(void)self;
	(void)run_id;
	cb(arg, rig.answer, rig.answer == ERRORS_NONE ? "acme" : NULL, steps + first,
	   count, first + count < 3 ? (int64_t)(first + count + 1) : 0);
}

/* -- the rest of the rig -- */

static int on_fetch(void *ctx, const char *hash)
{
	(void)ctx;
	(void)hash;
	return rig.key_away ? ERR_CONN : 0;
}

static int setup(void **state)
{
	struct server_options options = {
		.connections = 16,
		.idle_ms = 10000,
		.read_ms = 10000,
		.write_ms = 10000,
		.bodies_max_bytes = 64 << 20,
	};
	struct err err;

	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.key_known = true;
	loopback_open(&rig.net);
	rig.auth = auth_new(on_fetch, NULL);
	rig.port.intake = &rig.intake;
	rig.port.run = &rig.run;
	rig.intake.submit = on_submit;
	rig.intake.check = on_check;
	rig.intake.health = on_health;
	rig.run.get = on_get;
	rig.run.events = on_events;
	rig.run.steps = on_steps;
	rig.front.loop = rig.net.loop;
	rig.front.port = &rig.port;
	rig.front.auth = rig.auth;
	rig.front.default_tenant = "default";
	rig.front.internal_token = "";
	rig.front.body_max_bytes = 4096;
	rig.front.bulk_body_max_bytes = 1 << 20;
	options.listen_fd = rig.net.listen_fd;
	return server_new(rig.net.loop, &options, &front_ops, &rig.front, &rig.server,
			  &err);
}

static int teardown(void **state)
{
	(void)state;
	server_free(rig.server);
	auth_free(rig.auth);
	loopback_close(&rig.net);
	return 0;
}

static void turn(void)
{
	loopback_turn(&rig.net);
}

/* The key that every request sends; looked up at its first use. */
#define KEY_TEXT "sk-syn-00ff"

static void answer_key(void)
{
	char hash[DIGEST_HEX_SIZE];

	(void)digest_sha256(KEY_TEXT, strlen(KEY_TEXT), hash);
	auth_found(rig.auth, hash, clock_mono_ms(), rig.key_known ? "id" : NULL,
		   rig.key_tenant);
}

/* Make the key known before a test's own requests. */
static void prime_key(void)
{
	struct auth_wait wait;
	struct auth_key key;

	memset(&wait, 0, sizeof(wait));
	assert_int_equal(auth_check(rig.auth, "Bearer " KEY_TEXT, clock_mono_ms(), &wait,
				    NULL, NULL, &key),
			 AUTH_WAIT);
	memo_forsake(&wait.wait);
	answer_key();
}

/* Send a request with the key, further headers and a body. */
static int ask(const char *line, const char *headers, const char *body)
{
	struct str text = STR_INIT;
	int fd = loopback_dial(&rig.net);
	size_t at = 0;

	str_printf(&text,
		   "%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
		   "Authorization: Bearer " KEY_TEXT
		   "\r\n%sContent-Length: %zu\r\n\r\n%s",
		   line, headers, strlen(body), body);
	while (at < text.len) {
		ssize_t n = send(fd, text.data + at, text.len - at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			at += (size_t)n;
		else
			turn();
	}
	str_deinit(&text);
	return fd;
}

/* The whole answer; closes the connection. */
static const char *hear(int fd)
{
	static struct str reply;

	str_reset(&reply, 1 << 20);
	assert_true(loopback_hear(&rig.net, fd, &reply, NULL));
	close(fd);
	return str_text(&reply);
}

static void says(const char *reply, const char *want)
{
	if (!strstr(reply, want))
		fail_msg("no '%s' in '%s'", want, reply);
}

/* -- tests -- */

static void a_submission_is_answered_when_it_is_decided(void **state)
{
	const char *reply;
	int fd;

	(void)state;
	prime_key();
	rig.hold = true;
	fd = ask("POST /api/v2/orchestrations/o/run", "",
		 "{\"message\":\"m\",\"unknown\":1}");
	while (rig.held_count == 0)
		turn();
	assert_string_equal(rig.last_tenant, "default");
	assert_int_equal(server_pending(rig.server), 1);
	decide(rig.held[0], ERRORS_NONE);
	reply = hear(fd);
	says(reply, "HTTP/1.1 202");
	says(reply, "{\"run_id\":\"run_m\",\"status\":\"queued\",\"stream_url\":"
		    "\"/api/v2/orchestrations/runs/run_m/stream\",\"status_url\":"
		    "\"/api/v2/orchestrations/runs/run_m/status\"}");
}

static void an_empty_body_is_an_empty_object(void **state)
{
	(void)state;
	prime_key();
	says(hear(ask("POST /api/v2/orchestrations/o/run", "", "")), "HTTP/1.1 202");
	says(hear(ask("POST /api/v2/orchestrations/o/run", "", " \n")), "HTTP/1.1 202");
	assert_int_equal(rig.submitted, 2);
}

static void refusals_have_their_status_code_and_headers(void **state)
{
	static const struct {
		enum errors_code error;
		const char *status;
		const char *word;
		const char *header;
	} rows[] = {
		{ ERRORS_NO_ORCHESTRATION, "404", "orchestration_not_found", "" },
		{ ERRORS_DEFINITION, "422", "definition_invalid", "" },
		{ ERRORS_MISMATCH, "409", "idempotency_mismatch", "" },
		{ ERRORS_RATE, "429", "rate_limited", "Retry-After: 1\r\n" },
		{ ERRORS_RATE, "429", "rate_limited", "X-RateLimit-Limit: 7\r\n" },
		{ ERRORS_RATE, "429", "rate_limited", "X-RateLimit-Remaining: 0\r\n" },
		{ ERRORS_TENANT_FULL, "429", "tenant_queue_full", "Retry-After: 30\r\n" },
		{ ERRORS_DEPTH, "503", "capacity", "Retry-After: 60\r\n" },
		{ ERRORS_REDIS, "503", "redis_unavailable", "" },
		{ ERRORS_POSTGRES, "503", "postgres_unavailable", "" },
		{ ERRORS_UNKNOWN, "503", "outcome_unknown", "" },
		{ ERRORS_BUSY, "503", "server_busy", "" },
		{ ERRORS_INTERNAL, "500", "internal_error", "" },
	};
	size_t i;

	(void)state;
	prime_key();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char status[32];
		const char *reply;

		rig.answer = rows[i].error;
		(void)snprintf(status, sizeof(status), "HTTP/1.1 %s", rows[i].status);
		reply = hear(ask("POST /api/v2/orchestrations/o/run", "", "{}"));
		says(reply, status);
		says(reply, rows[i].word);
		says(reply, rows[i].header);
	}
}

static void a_key_is_looked_up_once_and_its_verdict_kept(void **state)
{
	int fd;

	(void)state;
	rig.key_known = false;
	fd = ask("GET /api/v2/orchestrations/runs/r/status", "", "");
	while (server_pending(rig.server) == 0)
		turn();
	answer_key();
	says(hear(fd), "HTTP/1.1 401");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/status", "", "")),
	     "WWW-Authenticate: Bearer");
}

static void while_keys_cannot_be_looked_up_the_answer_is_503(void **state)
{
	(void)state;
	rig.key_away = true;
	says(hear(ask("POST /api/v2/orchestrations/o/run", "", "{}")),
	     "postgres_unavailable");
	says(hear(ask("GET /health", "", "")), "HTTP/1.1 200");
}

static void a_key_of_a_tenant_submits_for_it_alone(void **state)
{
	(void)state;
	rig.key_tenant = "acme";
	prime_key();
	says(hear(ask("POST /api/v2/orchestrations/o/run", "", "{}")), "HTTP/1.1 202");
	assert_string_equal(rig.last_tenant, "acme");
	says(hear(ask("POST /api/v2/orchestrations/o/run", "",
		      "{\"tenant_id\":\"acme\"}")),
	     "HTTP/1.1 202");
	says(hear(ask("POST /api/v2/orchestrations/o/run", "",
		      "{\"tenant_id\":\"other\"}")),
	     "HTTP/1.1 403");
	assert_int_equal(rig.submitted, 2);
}

static void a_key_of_a_tenant_does_not_see_the_runs_of_others(void **state)
{
	(void)state;
	rig.key_tenant = "other";
	prime_key();
	says(hear(ask("GET /api/v2/orchestrations/runs/r/status", "", "")),
	     "run_not_found");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/steps", "", "")),
	     "run_not_found");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/events", "", "")),
	     "run_not_found");
}

static void a_key_without_a_tenant_may_name_any(void **state)
{
	(void)state;
	prime_key();
	says(hear(ask("POST /api/v2/orchestrations/o/run", "",
		      "{\"tenant_id\":\"any\"}")),
	     "HTTP/1.1 202");
	assert_string_equal(rig.last_tenant, "any");
}

static void a_status_shows_what_the_row_says(void **state)
{
	const char *reply;

	(void)state;
	prime_key();
	reply = hear(ask("GET /api/v2/orchestrations/runs/r1/status", "", ""));
	says(reply, "\"run_id\":\"r1\"");
	says(reply, "\"started_at\":\"2026-06-01 12:34:56.500000+00:00\"");
	says(reply, "\"ended_at\":null");
	says(reply, "\"final_response\":\"done\",\"error\":null");
}

static void events_that_are_no_json_come_as_text(void **state)
{
	const char *reply;

	(void)state;
	prime_key();
	reply = hear(ask("GET /api/v2/orchestrations/runs/r/events", "", ""));
	says(reply, "{\"run_id\":\"r\",\"count\":3,\"events\":[{\"id\":\"1-0\",\"event\":"
		    "{\"type\":\"a\"}},{\"id\":\"1-1\",\"event\":\"{\\\"x\\\": NaN}\"}");
	says(reply, "\"next\":null");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/events?limit=2", "", "")),
	     "\"next\":\"(1-1\"");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/events?start=x&limit=0", "",
		      "")),
	     "HTTP/1.1 422");
}

static void steps_show_the_journal_page_by_page(void **state)
{
	static const char path[] = "GET /api/v2/orchestrations/runs/r/steps";
	const char *reply;

	(void)state;
	prime_key();
	reply = hear(ask(path, "", ""));
	says(reply, "HTTP/1.1 200");
	says(reply, "{\"run_id\":\"r\",\"count\":3,\"steps\":["
		    "{\"seq\":1,\"kind\":\"start\",\"path\":\"\",\"step_id\":\"\","
		    "\"execution\":0,\"error\":null,\"usage\":null,"
		    "\"at\":\"2026-06-01 12:34:56+00:00\"},"
		    "{\"seq\":2,\"kind\":\"step\",\"path\":\"a%2F1\",\"step_id\":\"a/1\","
		    "\"execution\":1,\"error\":null,\"usage\":[{\"calls\":1}],"
		    "\"at\":\"2026-06-01 12:34:56.500000+00:00\"},"
		    "{\"seq\":3,\"kind\":\"step\",\"path\":\"b\",\"step_id\":\"b\","
		    "\"execution\":2,\"error\":{\"class\":\"tool\"},\"usage\":null,"
		    "\"at\":\"2026-06-01 12:34:57+00:00\"}],\"next\":null}");
	reply = hear(
		ask("GET /api/v2/orchestrations/runs/r/steps?from=2&limit=1", "", ""));
	says(reply, "\"count\":1,\"steps\":[{\"seq\":2,");
	says(reply, "\"next\":3}");
	says(hear(ask("GET /api/v2/orchestrations/runs/r/steps?from=4", "", "")),
	     "\"count\":0,\"steps\":[],\"next\":null}");
	rig.answer = ERRORS_NO_RUN;
	says(hear(ask(path, "", "")), "HTTP/1.1 404");
	rig.answer = ERRORS_POSTGRES;
	says(hear(ask(path, "", "")), "HTTP/1.1 503");
}

static void steps_asked_wrongly_say_all_that_is_wrong(void **state)
{
	const char *reply;

	(void)state;
	prime_key();
	reply = hear(
		ask("GET /api/v2/orchestrations/runs/r/steps?from=0&limit=501", "", ""));
	says(reply, "HTTP/1.1 422");
	says(reply, "\"loc\":[\"query\",\"from\"]");
	says(reply, "\"loc\":[\"query\",\"limit\"]");
}

static void an_idempotency_key_is_handed_on_with_its_digest(void **state)
{
	char first[70];

	(void)state;
	prime_key();
	says(hear(ask("POST /api/v2/orchestrations/o/run", "Idempotency-Key: k 1\r\n",
		      "{}")),
	     "HTTP/1.1 202");
	assert_string_equal(rig.last_key, "k 1");
	strcpy(first, rig.last_sha256);
	says(hear(ask("POST /api/v2/orchestrations/p/run", "Idempotency-Key: k 1\r\n",
		      "{}")),
	     "HTTP/1.1 202");
	assert_string_not_equal(first, rig.last_sha256);
	says(hear(ask("POST /api/v2/orchestrations/o/run", "Idempotency-Key: \r\n",
		      "{}")),
	     "HTTP/1.1 422");
	says(hear(ask("POST /api/v2/orchestrations/o/run",
		      "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "{}")),
	     "HTTP/1.1 422");
	says(hear(ask("POST /api/v2/orchestrations/o/run",
		      "Idempotency-Key: \xc3\xa9\r\n", "{}")),
	     "HTTP/1.1 422");
	assert_int_equal(rig.submitted, 2);
}

/* -- bulk -- */

static char *many(int count)
{
	struct str text = STR_INIT;
	int i;

	str_add_text(&text, "{\"runs\":[");
	for (i = 0; i < count; i++)
		str_printf(&text, "%s{\"message\":\"%d\"}", i ? "," : "", i);
	str_add_text(&text, "]}");
	return str_take(&text);
}

static void a_bulk_is_answered_in_the_order_of_its_items(void **state)
{
	int i;
	int fd;

	(void)state;
	prime_key();
	rig.hold = true;
	fd = ask("POST /api/v2/orchestrations/o/runs", "",
		 "{\"runs\":[{\"message\":\"a\"},7,{\"message\":\"b\"},{\"message\":"
		 "\"c\"}],\"more\":{}}");
	while (rig.held_count < 3)
		turn();
	decide(rig.held[2], ERRORS_NONE);
	decide(rig.held[0], ERRORS_RATE);
	for (i = 0; i < 5; i++)
		turn();
	assert_int_equal(server_pending(rig.server), 1); /* not before all are decided */
	decide(rig.held[1], ERRORS_NONE);
	says(hear(fd),
	     "{\"runs\":[{\"code\":\"rate_limited\",\"detail\":\"Rate limit "
	     "exceeded: too many runs per second for this tenant\"},{\"code\":"
	     "\"validation_failed\",\"detail\":[{\"type\":\"model_attributes_"
	     "type\",\"loc\":[\"body\",\"runs\",1],\"msg\":\"Input should be a "
	     "valid dictionary or object to extract fields from\"}]},{\"run_id\":"
	     "\"run_b\"},{\"run_id\":\"run_c\"}]}");
}

static void a_bulk_travels_in_pieces(void **state)
{
	char *body = many(1500);
	const char *reply;
	int fd;

	(void)state;
	prime_key();
	rig.hold = true;
	fd = ask("POST /api/v2/orchestrations/o/runs", "Idempotency-Key: key\r\n", body);
	mem_free(body);
	while (rig.submitted < 1500) {
		int count = rig.held_count;

		rig.held_count = 0;
		while (count > 0)
			decide(rig.held[--count], ERRORS_NONE);
		turn();
	}
	assert_in_range(rig.held_max, 256, 512);
	assert_string_equal(rig.last_key, "key#1499");
	while (rig.held_count > 0)
		decide(rig.held[--rig.held_count], ERRORS_NONE);
	reply = hear(fd);
	says(reply, "HTTP/1.1 202");
	says(reply, "{\"runs\":[{\"run_id\":\"run_0\"},{\"run_id\":\"run_1\"},");
	says(reply, "{\"run_id\":\"run_1499\"}]}");
}

static void a_bulk_gives_up_when_a_store_goes_away(void **state)
{
	char *body = many(1500);
	const char *reply;
	int fd;

	(void)state;
	prime_key();
	rig.answer = ERRORS_POSTGRES;
	fd = ask("POST /api/v2/orchestrations/o/runs", "", body);
	mem_free(body);
	reply = hear(fd);
	says(reply, "HTTP/1.1 202");
	says(reply, "postgres_unavailable");
	assert_int_equal(rig.submitted, 1);
}

static void a_bad_bulk_is_refused_whole(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{}",
		"{\"runs\":1}",
		"{\"runs\":[{}],\"runs\":[]}",
		"{\"runs\":[{},]}",
		"{\"runs\":[{}]",
		"{\"runs\":[{}]}x",
		"{\"runs\":[{\"a\":1,\"a\":2}]}",
		"{\"runs\":[nul]}",
		"{\"x\":nul,\"runs\":[{}]}",
		"{\"runs\":[{}],\"x\":'a'}",
	};
	size_t i;

	(void)state;
	prime_key();
	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		const char *reply =
			hear(ask("POST /api/v2/orchestrations/o/runs", "", bodies[i]));

		says(reply, "HTTP/1.1 422");
		says(reply, "\"loc\":[\"body\"");
	}
	assert_int_equal(rig.submitted, 0);
}

static void an_unknown_orchestration_refuses_the_whole_bulk(void **state)
{
	(void)state;
	prime_key();
	rig.check = ERRORS_NO_ORCHESTRATION;
	says(hear(ask("POST /api/v2/orchestrations/o/runs", "", "{\"runs\":[{}]}")),
	     "HTTP/1.1 404");
	rig.check = ERRORS_DEFINITION;
	says(hear(ask("POST /api/v2/orchestrations/o/runs", "", "{\"runs\":[{}]}")),
	     "no such step");
	rig.check = ERRORS_NONE;
	says(hear(ask("POST /api/v2/orchestrations/o/runs", "", "{\"runs\":[]}")),
	     "{\"runs\":[]}");
	assert_int_equal(rig.submitted, 0);
}

static void heads_are_refused_before_their_bodies(void **state)
{
	struct str body = STR_INIT;

	(void)state;
	prime_key();
	memset(str_reserve(&body, 5000), ' ', 5000);
	str_grew(&body, 5000);
	says(hear(ask("POST /api/v2/orchestrations/o/run", "", str_text(&body))),
	     "body_too_large");
	says(hear(ask("POST /api/v2/nowhere", "", str_text(&body))), "\"Not Found\"");
	says(hear(ask("PUT /api/v2/runs", "", str_text(&body))), "Allow: GET, HEAD\r\n");
	says(hear(ask("POST /api/v2/orchestrations/o/run",
		      "Authorization: Bearer " KEY_TEXT "\r\n", str_text(&body))),
	     "not_authenticated");
	assert_int_equal(rig.submitted, 0);
	str_deinit(&body);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_submission_is_answered_when_it_is_decided),
		TEST(an_empty_body_is_an_empty_object),
		TEST(refusals_have_their_status_code_and_headers),
		TEST(a_key_is_looked_up_once_and_its_verdict_kept),
		TEST(while_keys_cannot_be_looked_up_the_answer_is_503),
		TEST(a_key_of_a_tenant_submits_for_it_alone),
		TEST(a_key_of_a_tenant_does_not_see_the_runs_of_others),
		TEST(a_key_without_a_tenant_may_name_any),
		TEST(a_status_shows_what_the_row_says),
		TEST(events_that_are_no_json_come_as_text),
		TEST(steps_show_the_journal_page_by_page),
		TEST(steps_asked_wrongly_say_all_that_is_wrong),
		TEST(an_idempotency_key_is_handed_on_with_its_digest),
		TEST(a_bulk_is_answered_in_the_order_of_its_items),
		TEST(a_bulk_travels_in_pieces),
		TEST(a_bulk_gives_up_when_a_store_goes_away),
		TEST(a_bad_bulk_is_refused_whole),
		TEST(an_unknown_orchestration_refuses_the_whole_bulk),
		TEST(heads_are_refused_before_their_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
