/*
 * fuzz_request.c - any bytes as the head and the body of a request to the API
 * (libFuzzer)
 *
 * Lines: method and URI, Cookie, Authorization, Origin; then the body. They are judged
 * as front.c and the readers of the handlers do, without a connection. What must hold
 * beside that nothing crashes: a path is refused or cut into UTF-8 without a NUL; a
 * token of a cookie is 64 hex digits; what is wrong with a query or a body prints as
 * JSON; a body with nothing wrong has no text that the store could not take.
 */
#include "fuzz.h"

#include "api/api_call.h"
#include "api/auth.h"
#include "api/body.h"
#include "api/cookie.h"
#include "api/internal.h"
#include "api/letter_filter.h"
#include "api/routes.h"
#include "api/run_body.h"
#include "api/run_filter.h"
#include "api/schedule_body.h"
#include "base/jsonr.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "server/inside.h"

#include <assert.h>
#include <strings.h>

/* What the client sent; NULL: not. */
static struct {
	const char *cookie, *authorization, *origin;
} sent;

/* The library's, instead of it: the request has no connection. */
const char *MHD_lookup_connection_value(struct MHD_Connection *connection,
					enum MHD_ValueKind kind, const char *key)
{
	(void)connection;
	(void)kind;
	if (strcasecmp(key, "Cookie") == 0)
		return sent.cookie;
	if (strcasecmp(key, "Authorization") == 0)
		return sent.authorization;
	if (strcasecmp(key, "Origin") == 0)
		return sent.origin;
	return NULL;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator iterator, void *iterator_cls)
{
	int count = 0;

	(void)connection;
	if (sent.cookie && ++count)
		(void)iterator(iterator_cls, kind, "Cookie", sent.cookie);
	if (sent.authorization && ++count)
		(void)iterator(iterator_cls, kind, "Authorization", sent.authorization);
	if (sent.origin && ++count)
		(void)iterator(iterator_cls, kind, "Origin", sent.origin);
	return count;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(
	struct MHD_Connection *connection, enum MHD_ConnectionInfoType info_type, ...)
{
	(void)connection;
	(void)info_type;
	return NULL;
}

static void check_faults(struct body_faults *faults)
{
	struct str out = STR_INIT;
	struct json *doc = NULL;

	body_faults_print(faults, &out);
	assert(jsonr_parse(str_text(&out), out.len, &doc, NULL, NULL, NULL) == 0);
	assert(jsonr_count(doc) <= BODY_FAULTS_MAX);
	assert((jsonr_count(doc) == 0) == (faults->count == 0));
	jsonr_free(doc);
	str_deinit(&out);
	body_faults_deinit(faults);
}

static void check_text(const char *text)
{
	assert(!text || utf8_valid(text, strlen(text), NULL));
}

static void check_path(struct request *req, struct api_call *call)
{
	const char *segments[REQUEST_SEGMENTS_MAX];
	char allow[ROUTES_ALLOW_MAX];
	size_t i;

	for (i = 0; i < request_segment_count(req); i++) {
		segments[i] = request_segment(req, i);
		check_text(segments[i]);
	}
	call->route = routes_find(request_method(req), segments, i, call->params, allow);
	assert(call->route || strlen(allow) < ROUTES_ALLOW_MAX);
}

static void check_who(struct request *req)
{
	static const char *const known[] = { "https://a.example" };
	static const struct conf_names origins = { known, 1 };
	char token[COOKIE_TOKEN_HEX + 1];

	if (cookie_token(req, token))
		assert(strlen(token) == COOKIE_TOKEN_HEX &&
		       strspn(token, "0123456789abcdef") == COOKIE_TOKEN_HEX);
	(void)auth_well_formed(sent.authorization);
	assert(!internal_allows("secret", &origins, req));
	(void)internal_allows("", &origins, req);
}

static void check_query(struct api_call *call)
{
	struct body_faults faults = { STR_INIT, 0 };
	struct store_run_filter runs;
	struct store_letter_filter letters;

	if (run_filter_read(&faults, call, &runs)) {
		check_text(runs.text);
		check_text(runs.tag_key);
		check_text(runs.tag_value);
		assert(!runs.tag_key || runs.tag_key[0]);
	}
	letter_filter_read(&faults, call, &letters);
	(void)body_query_int(&faults, call->req, "limit", 1, 100, 50);
	check_faults(&faults);
}

static void check_body(struct api_call *call)
{
	static const struct body_at root = { NULL, "body", 0 };
	struct body_faults faults = { STR_INIT, 0 };
	struct store_schedule schedule;
	struct run_body body;
	struct json *doc = NULL;
	const char *text;
	size_t len;

	text = request_body(call->req, &len);
	if (body_parse(&faults, text, len, 0, &doc)) {
		run_body_read(&faults, &root, doc, request_arena(call->req), &body);
		if (!faults.count) {
			check_text(body.message);
			check_text(body.inputs);
			check_text(body.metadata);
			check_text(body.session_id);
			assert(body.priority >= -10 && body.priority <= 10);
			assert(body.run_at_ms >= 0);
		}
	}
	jsonr_free(doc);
	check_faults(&faults);
	faults = (struct body_faults){ STR_INIT, 0 };
	schedule_body_read(&faults, call, &schedule);
	if (!faults.count)
		assert(schedule.orchestration_id && schedule.cron && schedule.zone);
	check_faults(&faults);
}

static void check_request(char *line, const uint8_t *body, size_t size)
{
	static struct server server = { .options = { .bodies_max_bytes = 1 << 20 } };
	struct conn conn = { .server = &server };
	char *uri = strchr(line, ' ');
	struct request *req;
	struct api_call call;

	if (!uri)
		return;
	*uri++ = '\0';
	req = request_new(&server, &conn, uri);
	req->inside = true; /* nobody waits for the answer */
	req->body_max = 65536;
	memset(&call, 0, sizeof(call));
	call.req = req;
	call.default_tenant = "default";
	call.key_tenant = size % 2 ? "acme" : NULL;
	if (request_parse(req, line) == 0 &&
	    request_body_add(req, (const char *)body, size) == 0) {
		check_path(req, &call);
		check_who(req);
		check_query(&call);
		check_body(&call);
	}
	request_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = take_line(&data, &size), *cookie = take_line(&data, &size);
	char *authorization = take_line(&data, &size), *origin = take_line(&data, &size);

	sent.cookie = *cookie ? cookie : NULL;
	sent.authorization = *authorization ? authorization : NULL;
	sent.origin = *origin ? origin : NULL;
	check_request(line, data, size);
	mem_free(line);
	mem_free(cookie);
	mem_free(authorization);
	mem_free(origin);
	return 0;
}
