/*
 * request.c - one HTTP request
 *
 * Made when the request line is in, freed when MHD says that the exchange is over (the
 * answer has left, or the client has). The URI is taken apart here, from the bytes as
 * they were sent, so that an encoded slash stays inside its segment. What cannot be
 * decoded is answered 400 and never reaches a route.
 *
 * The body grows with the bytes that arrive, not with what Content-Length announces: a
 * client pays for the memory that it takes, and all bodies together have a bound. Those
 * of requests whose sender is not known have a smaller one, so that they cannot take the
 * room of others.
 */
#include "server/request.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "server/inside.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define BODY_FIRST_BYTES ((size_t)4096)
#define STRANGERS_PART   4

/*
 * MHD would make a record of each query parameter in the connection's pool; a few hundred
 * in a line of 2 KiB fill it, and then it has no room for an answer either: the client
 * would hear nothing until its time is over. We read the line ourselves (request_parse),
 * so MHD's ends where the query begins. Its text is in that pool and may be written to.
 */
void request_hide_query(const char *uri)
{
	char *query = strchr((char *)(uintptr_t)uri, '?');

	if (query)
		query[1] = '\0';
}

struct request *request_new(struct server *server, struct conn *conn, const char *uri)
{
	struct request *req = mem_new(struct request);

	req->server = server;
	req->conn = conn;
	arena_init(&req->arena);
	req->uri = arena_dup(&req->arena, uri);
	return req;
}

void request_free(struct request *req)
{
	if (!req)
		return;
	if (req->response)
		MHD_destroy_response(req->response);
	request_body_drop(req);
	arena_deinit(&req->arena);
	mem_free(req);
}

/* Percent-decode into the arena; NULL if it is not text. */
static const char *decode(struct arena *arena, const char *text, size_t len, bool form)
{
	char *out = arena_alloc(arena, len + 1);
	int64_t n = percent_decode(text, len, form, out);

	return n >= 0 && utf8_valid(out, (size_t)n, NULL) ? out : NULL;
}

static enum request_method parse_method(const char *method)
{
	static const char *const names[] = {
		[REQUEST_GET] = "GET",         [REQUEST_HEAD] = "HEAD",
		[REQUEST_POST] = "POST",       [REQUEST_PUT] = "PUT",
		[REQUEST_PATCH] = "PATCH",     [REQUEST_DELETE] = "DELETE",
		[REQUEST_OPTIONS] = "OPTIONS",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(method, names[i]) == 0)
			return (enum request_method)i;
	return REQUEST_OTHER;
}

static int parse_path(struct request *req, const char *path, size_t len)
{
	const char *end = path + len;

	if (len == 0 || path[0] != '/')
		return 400;
	while (path < end) {
		const char *start = path + 1;
		const char *slash = memchr(start, '/', (size_t)(end - start));
		const char *stop = slash ? slash : end;

		if (req->segment_count == REQUEST_SEGMENTS_MAX)
			return 414;
		req->segments[req->segment_count] =
			decode(&req->arena, start, (size_t)(stop - start), false);
		if (!req->segments[req->segment_count])
			return 400;
		req->segment_count++;
		path = stop;
	}
	return 0;
}

static int parse_query(struct request *req, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t name_len = equals ? (size_t)(equals - query) : len;
		struct request_param *param;

		if (len > 0) {
			if (req->param_count == REQUEST_PARAMS_MAX)
				return 414;
			param = &req->params[req->param_count];
			param->name = decode(&req->arena, query, name_len, true);
			param->value = equals ? decode(&req->arena, equals + 1,
						       len - name_len - 1, true)
					      : "";
			if (!param->name || !param->value)
				return 400;
			req->param_count++;
		}
		query += len;
		if (*query == '&')
			query++;
	}
	return 0;
}

int request_parse(struct request *req, const char *method)
{
	const char *query = strchr(req->uri, '?');
	size_t len = query ? (size_t)(query - req->uri) : strlen(req->uri);
	int status;

	req->method = parse_method(method);
	status = parse_path(req, req->uri, len);
	if (status == 0 && query)
		status = parse_query(req, query + 1);
	return status;
}

/* Is there room for so much more of this body? */
static bool has_room(const struct request *req, size_t more)
{
	const struct server *server = req->server;
	size_t max = server->options.bodies_max_bytes;
	size_t strangers = max / STRANGERS_PART;

	/* one at least: a good key's first request may be the largest that there is */
	if (strangers < server->options.body_max_bytes + 1)
		strangers = server->options.body_max_bytes + 1;
	return more <= max - server->bodies_bytes &&
	       (req->known || server->strangers_bytes + more <= strangers);
}

static void count_room(struct request *req, size_t room)
{
	struct server *server = req->server;

	server->bodies_bytes += room - req->body_room; /* may wrap on its way down */
	if (!req->known)
		server->strangers_bytes += room - req->body_room;
	req->body_room = room;
}

int request_body_add(struct request *req, const char *bytes, size_t len)
{
	size_t room = req->body_room ? req->body_room : BODY_FIRST_BYTES;
	char *body;

	if (len > req->body_max || req->body_len > req->body_max - len)
		return 413;
	while (room < req->body_len + len + 1)
		room *= 2;
	if (room > req->body_max + 1)
		room = req->body_max + 1; /* it never holds more */
	if (room > req->body_room) {
		if (!has_room(req, room - req->body_room))
			return 503;
		body = mem_try_resize(req->body, room);
		if (!body)
			return 503;
		req->body = body;
		count_room(req, room);
	}
	memcpy(req->body + req->body_len, bytes, len);
	req->body_len += len;
	req->body[req->body_len] = '\0';
	return 0;
}

void request_body_drop(struct request *req)
{
	count_room(req, 0);
	mem_free(req->body);
	req->body = NULL;
	req->body_len = 0;
}

enum request_method request_method(const struct request *req)
{
	return req->method;
}

size_t request_segment_count(const struct request *req)
{
	return req->segment_count;
}

const char *request_segment(const struct request *req, size_t index)
{
	return index < req->segment_count ? req->segments[index] : "";
}

const char *request_query(const struct request *req, const char *name)
{
	size_t i;

	for (i = req->param_count; i > 0; i--)
		if (strcmp(req->params[i - 1].name, name) == 0)
			return req->params[i - 1].value;
	return NULL;
}

const char *request_header(const struct request *req, const char *name)
{
	return MHD_lookup_connection_value(req->conn->mhd, MHD_HEADER_KIND, name);
}

struct header_count {
	const char *name;
	size_t count;
};

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct header_count *count = arg;

	(void)kind;
	(void)value;
	if (strcasecmp(name, count->name) == 0)
		count->count++;
	return MHD_YES;
}

size_t request_header_count(const struct request *req, const char *name)
{
	struct header_count count = { name, 0 };

	(void)MHD_get_connection_values(req->conn->mhd, MHD_HEADER_KIND, on_header,
					&count);
	return count.count;
}

const char *request_body(const struct request *req, size_t *ret_len)
{
	*ret_len = req->body_len;
	return req->body ? req->body : "";
}

const char *request_peer(struct request *req)
{
	const union MHD_ConnectionInfo *info;
	char text[INET6_ADDRSTRLEN] = "";

	if (req->peer)
		return req->peer;
	info = MHD_get_connection_info(req->conn->mhd,
				       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (info && info->client_addr && info->client_addr->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, info->client_addr, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	} else if (info && info->client_addr &&
		   info->client_addr->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, info->client_addr, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof(text));
	}
	req->peer = arena_dup(&req->arena, text);
	return req->peer;
}

struct arena *request_arena(struct request *req)
{
	return &req->arena;
}

void request_known(struct request *req)
{
	assert(req->body_room == 0);
	req->known = true;
}

void request_set_user(struct request *req, void *user)
{
	req->user = user;
}

void *request_user(const struct request *req)
{
	return req->user;
}

bool request_server_leaves(const struct request *req)
{
	return req->server->draining;
}

bool request_answered(const struct request *req)
{
	return req->answered;
}
