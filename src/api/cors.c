/*
 * cors.c - what pages of other origins may do
 *
 * An origin that is listed is named back, with credentials; where all are, without. What
 * a preflight asks for is granted as a whole: the key decides, not the header. A page
 * that asks whether it may reach a private network at all gets a yes, listed or not, as
 * from stock servers; it still cannot read an answer if it is not listed.
 */
#include "api/cors.h"

#include "conf/conf.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define METHODS "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
#define MAX_AGE "600" /* seconds that a browser may remember a preflight */

/* What the answer names: the origin if it is listed, "*" if all are, NULL for neither. */
static const char *grant(const struct conf_names *origins, const char *origin)
{
	const char *ret = NULL;
	size_t i;

	for (i = 0; origins && i < origins->count; i++) {
		if (strcmp(origins->items[i], origin) == 0)
			return origin;
		if (strcmp(origins->items[i], "*") == 0)
			ret = "*";
	}
	return ret;
}

/*
 * What the browser wants to send; what is no list of header names is not said back, nor
 * is an empty one: a header without a value is none that libmicrohttpd sends.
 */
static const char *wanted_headers(const struct request *req)
{
	const char *text = request_header(req, "Access-Control-Request-Headers");

	if (!text || !*text ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_, ")])
		return "Authorization, Content-Type";
	return text;
}

static void answer_preflight(struct request *req, bool granted)
{
	response_header(req, "Access-Control-Allow-Methods", METHODS);
	response_header(req, "Access-Control-Allow-Headers", wanted_headers(req));
	response_header(req, "Access-Control-Max-Age", MAX_AGE);
	if (granted)
		response_text(req, 200, "text/plain; charset=utf-8", "OK", 2);
	else
		response_text(req, 400, "text/plain; charset=utf-8",
			      "Disallowed CORS origin", 22);
}

bool cors_answer(const struct conf_names *origins, struct request *req)
{
	const char *origin = request_header(req, "Origin");
	const char *granted = origin ? grant(origins, origin) : NULL;
	bool private = request_header(req, "Access-Control-Request-Private-Network");
	bool preflight;

	response_header(req, "Access-Control-Allow-Private-Network", "true");
	if (!origin)
		return false;
	response_header(req, "Vary", "Origin");
	if (granted == origin)
		response_header(req, "Access-Control-Allow-Credentials", "true");
	preflight = request_method(req) == REQUEST_OPTIONS &&
		    request_header(req, "Access-Control-Request-Method");
	if (preflight && private && !granted)
		granted = "*";
	if (granted)
		response_header(req, "Access-Control-Allow-Origin", granted);
	if (!preflight)
		return false;
	answer_preflight(req, granted);
	return true;
}
