/*
 * page.c - the page and its files
 *
 * They are in the program, the same for everybody, and hold nothing of anybody: no key
 * is needed to read them. What the page may do is said by Content-Security-Policy: its
 * own scripts and styles, requests to where it came from, and nothing else.
 */
#include "api/api_call.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "server/request.h"
#include "server/response.h"
#include "ui/ui.h"

#include <stdbool.h>
#include <string.h>

#define POLICY                                                                            \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " \
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

#define ASK_AGAIN "no-cache"
#define KEEP      "public, max-age=31536000, immutable"

static void send_file(struct api_call *call, const char *name, const char *caching)
{
	const struct ui_file *file = ui_find(name);
	const char *known = request_header(call->req, "If-None-Match");

	if (!file) {
		errors_send(call->req, ERRORS_NOT_FOUND, NULL);
		return;
	}
	response_header(call->req, "Content-Security-Policy", POLICY);
	response_header(call->req, "X-Content-Type-Options", "nosniff");
	response_header(call->req, "Referrer-Policy", "no-referrer");
	response_header(call->req, "Cache-Control", caching);
	response_header(call->req, "ETag", file->etag);
	if (known && strcmp(known, file->etag) == 0)
		response_text(call->req, 304, file->type, "", 0);
	else
		response_text(call->req, 200, file->type, file->text, file->len);
}

void page_get(struct api_call *call)
{
	send_file(call, "", ASK_AGAIN);
}

void page_file_get(struct api_call *call)
{
	send_file(call, call->params[0], ASK_AGAIN);
}

/*
 * The page of another edition, which may come from another server while hosts are
 * upgraded, gets what there is, and does not keep it.
 */
void page_part_get(struct api_call *call)
{
	const bool ours = ui_is_edition(call->params[0]);

	send_file(call, call->params[1], ours ? KEEP : ASK_AGAIN);
}
