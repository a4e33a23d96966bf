/*
 * response.c - the answer to a request
 *
 * An answer that is made while MHD waits in our handler is handed over on return; one
 * that comes later wakes the suspended connection, and MHD asks the handler again. Either
 * way the bytes leave in one write of MHD's, head and body together.
 */
#include "server/response.h"

#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void response_header(struct request *req, const char *name, const char *value)
{
	assert(!req->answered && req->header_count < RESPONSE_HEADERS_MAX);
	req->headers[req->header_count].name = arena_dup(&req->arena, name);
	req->headers[req->header_count].value = arena_dup(&req->arena, value);
	req->header_count++;
}

void response_header_int(struct request *req, const char *name, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	response_header(req, name, text);
}

void response_close(struct request *req)
{
	req->close = true;
}

/* Memory of our own choosing is gone when MHD cannot make one: mem_alloc's rule. */
static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (MHD_add_response_header(response, name, value) != MHD_YES) {
		log_error("server.header_refused", LOG_S("name", name));
		abort();
	}
}

/* Takes bytes (malloc'ed). */
static void answer(struct request *req, int status, const char *content_type, char *bytes,
		   size_t len)
{
	size_t i;

	assert(!req->answered);
	req->response =
		MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);
	if (!req->response) {
		log_error("server.response_refused", LOG_N("bytes", len));
		abort();
	}
	add_header(req->response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	for (i = 0; i < req->header_count; i++)
		add_header(req->response, req->headers[i].name, req->headers[i].value);
	req->status = status;
	req->answered = true;
	if (req->handed)
		req->server->pending--;
	if (req->handed && !req->inside) {
		MHD_resume_connection(req->conn->mhd);
		server_kick(req->server);
	}
}

void response_json(struct request *req, int status, struct str *body)
{
	size_t len = body->len;

	answer(req, status, "application/json", str_take(body), len);
}

void response_text(struct request *req, int status, const char *content_type,
		   const char *text, size_t len)
{
	answer(req, status, content_type, mem_dup_n(text, len), len);
}

void response_refuse(struct request *req, int status, const char *code,
		     const char *detail)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "detail", detail);
	jsonw_pair_text(&w, "code", code);
	jsonw_object_end(&w);
	response_json(req, status, &body);
}

enum MHD_Result response_queue(struct request *req, struct MHD_Connection *mhd)
{
	struct server_counters *counters = &req->server->counters;
	enum MHD_Result result;

	if (req->close || req->server->draining)
		add_header(req->response, MHD_HTTP_HEADER_CONNECTION, "close");
	counters->answers++;
	if (req->status >= 500)
		counters->answers_5xx++;
	else if (req->status >= 400)
		counters->answers_4xx++;
	server_conn_move(req->conn, CONN_WRITING);
	result = MHD_queue_response(mhd, (unsigned)req->status, req->response);
	MHD_destroy_response(req->response); /* MHD has its own reference */
	req->response = NULL;
	return result;
}
