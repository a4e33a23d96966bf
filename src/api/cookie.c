/*
 * cookie.c - the cookie of a session of the page
 *
 * Scripts cannot read it (HttpOnly), requests that other sites make do not carry it
 * (SameSite=Strict), and behind a proxy that speaks TLS it goes by TLS alone (Secure).
 */
#include "api/cookie.h"

#include "base/arena.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>
#include <strings.h>

#define NAME "synapse_page="

bool cookie_token(const struct request *req, char token[COOKIE_TOKEN_HEX + 1])
{
	const char *at = request_header(req, "Cookie");
	bool found = false;

	if (request_header_count(req, "Cookie") != 1)
		return false;
	while (at) {
		at += strspn(at, " ;");
		if (strncmp(at, NAME, strlen(NAME)) == 0) {
			const char *value = at + strlen(NAME);

			if (found ||
			    strspn(value, "0123456789abcdef") != COOKIE_TOKEN_HEX)
				return false;
			memcpy(token, value, COOKIE_TOKEN_HEX);
			token[COOKIE_TOKEN_HEX] = '\0';
			found = true;
		}
		at = strchr(at, ';');
	}
	return found;
}

void cookie_set(struct request *req, const char *token, int seconds)
{
	const char *proto = request_header(req, "X-Forwarded-Proto");
	struct str value = STR_INIT;

	str_printf(&value, NAME "%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s",
		   token, seconds,
		   proto && strcasecmp(proto, "https") == 0 ? "; Secure" : "");
	response_header(req, "Set-Cookie", str_text(&value));
	str_deinit(&value);
}

bool cookie_is_ours(const struct request *req)
{
	return request_header_count(req, "X-Synapse-Page") > 0;
}
