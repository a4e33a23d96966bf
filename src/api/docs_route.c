/*
 * docs_route.c - GET /docs: where the papers are
 *
 * Stock serves a browser of its API here, and what was written for stock asks this path
 * whether a server is up: so there is something here that needs no key and no store.
 */
#include "api/api_call.h"
#include "api/handlers.h"
#include "server/response.h"

#include <string.h>

static const char text[] =
	"<!doctype html>\n"
	"<html lang=\"en\"><head><meta charset=\"utf-8\"><title>synapsed: HTTP</title></head>\n"
	"<body><h1>The HTTP interface</h1>\n"
	"<p><a href=\"/openapi.json\">/openapi.json</a> describes each route (OpenAPI 3.1);\n"
	"the manual page synapsed-http(7) says the same in words.</p>\n"
	"<p><a href=\"/\">The page</a> is for people, <a href=\"/health\">/health</a> for "
	"probes.</p>\n"
	"</body></html>\n";

void docs_route_get(struct api_call *call)
{
	response_header(call->req, "Content-Security-Policy",
			"default-src 'none'; frame-ancestors 'none'");
	response_header(call->req, "X-Content-Type-Options", "nosniff");
	response_text(call->req, 200, "text/html; charset=utf-8", text, strlen(text));
}
