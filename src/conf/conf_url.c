/*
 * conf_url.c - URLs of stores: are they well-formed, and how may they be shown
 *
 *     scheme "://" [user [":" password] "@"] hosts ["/" path] ["?" name=value "&" ...]
 *
 * hosts is host[:port], for Postgres several with commas between. The authority ends at
 * the first of "/?#", as every reader of URLs has it. An "@" behind that is most often a
 * password whose "/", "?" or "#" was not percent-encoded: such a URL is refused by the
 * check and not shown at all, because every reading of it would show part of the
 * password.
 *
 * Parameters are shown by an allow-list: libpq takes a password as a parameter as well,
 * even with a percent-encoded name.
 */
#include "conf/conf_url.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct part {
	const char *at;
	size_t len;
};

struct parts {
	struct part scheme;
	struct part user; /* at is NULL without "@" */
	bool has_password;
	struct part hosts;
	struct part path;   /* with its "/" */
	struct part params; /* behind "?" */
};

static const char *const shown_params[] = {
	"application_name", "connect_timeout", "db",      "dbname", "host", "port",
	"sslmode",          "sslrootcert",     "timeout", "user",   NULL,
};

static bool part_is(struct part part, const char *word)
{
	return strlen(word) == part.len && strncasecmp(part.at, word, part.len) == 0;
}

/* False: it cannot be said for sure which bytes are the password. */
static bool take_apart(const char *url, struct parts *ret)
{
	struct parts parts = { 0 };
	const char *sep = strstr(url, "://"), *at, *colon, *end;
	size_t len;

	if (!sep || sep == url)
		return false;
	parts.scheme = (struct part){ url, (size_t)(sep - url) };
	url = sep + 3;
	len = strcspn(url, "/?#");
	end = url + len;
	if (strchr(end, '@'))
		return false;
	at = memrchr(url, '@', len);
	if (at) {
		colon = memchr(url, ':', (size_t)(at - url));
		parts.user = (struct part){ url, (size_t)((colon ? colon : at) - url) };
		parts.has_password = colon != NULL;
		url = at + 1;
	}
	parts.hosts = (struct part){ url, (size_t)(end - url) };
	len = strcspn(end, "?#");
	parts.path = (struct part){ end, len };
	end += len;
	parts.params = (struct part){ end, 0 };
	if (*end == '?')
		parts.params = (struct part){ end + 1, strcspn(end + 1, "#") };
	*ret = parts;
	return true;
}

static bool port_ok(const char *at, size_t len)
{
	long port = 0;
	size_t i;

	if (len == 0 || len > 5)
		return false;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)at[i]))
			return false;
		port = port * 10 + (at[i] - '0');
	}
	return port >= 1 && port <= 65535;
}

static bool ipv6_ok(const char *at, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len >= sizeof(text))
		return false;
	memcpy(text, at, len);
	text[len] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

/* host, host:port, [v6], [v6]:port */
static int check_host(const char *at, size_t len, struct err *err)
{
	const char *end = at + len, *rest;

	if (len && *at == '[') {
		rest = memchr(at, ']', len);
		if (!rest || !ipv6_ok(at + 1, (size_t)(rest - at) - 1))
			return err_set(err, ERR_INPUT, "has a malformed IPv6 address");
		rest++;
	} else {
		for (rest = at; rest < end && *rest != ':'; rest++)
			if (!isalnum((unsigned char)*rest) && !strchr("._-%", *rest))
				return err_set(err, ERR_INPUT,
					       "has a character in its host that no host "
					       "name has");
	}
	if (rest == end)
		return 0;
	if (*rest != ':' || !port_ok(rest + 1, (size_t)(end - rest) - 1))
		return err_set(err, ERR_INPUT, "has a malformed port");
	return 0;
}

static int check_hosts(const struct parts *parts, struct err *err)
{
	const char *at = parts->hosts.at, *end = at + parts->hosts.len, *comma;
	int rc;

	for (;; at = comma + 1) {
		comma = memchr(at, ',', (size_t)(end - at));
		rc = check_host(at, (size_t)((comma ? comma : end) - at), err);
		if (rc < 0 || !comma)
			return rc;
	}
}

int conf_url_check(const char *url, const char *const *schemes, struct err *err)
{
	struct parts parts;
	const char *p;
	size_t i;

	for (p = url; *p; p++)
		if (*p <= ' ' || *p > '~')
			return err_set(err, ERR_INPUT,
				       "has a character that must be percent-encoded in "
				       "a URL");
	p = strstr(url, "://");
	for (i = 0; schemes[i]; i++)
		if (p && part_is((struct part){ url, (size_t)(p - url) }, schemes[i]))
			break;
	if (!schemes[i])
		return err_set(err, ERR_INPUT, "has another scheme or none");
	if (!take_apart(url, &parts))
		return err_set(err, ERR_INPUT,
			       "has an @ behind its host; in a user name or password "
			       "/ ? # @ are written %%2F %%3F %%23 %%40");
	if (part_is(parts.scheme, "unix")) {
		if (parts.hosts.len || parts.path.len < 2)
			return err_set(
				err, ERR_INPUT,
				"is not unix:// and the absolute path of a socket");
		return 0;
	}
	/* libpq goes to the local socket, or takes the host from a parameter. */
	if (!parts.hosts.len && !part_is(parts.scheme, "postgresql") &&
	    !part_is(parts.scheme, "postgres"))
		return err_set(err, ERR_INPUT, "has no host");
	return check_hosts(&parts, err);
}

static void redact_params(struct part params, struct str *out)
{
	const char *at = params.at, *end = at + params.len;

	while (at < end) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp ? amp : end;
		const char *eq = memchr(at, '=', (size_t)(stop - at));
		struct part name = { at, eq ? (size_t)(eq - at) : 0 };
		size_t i;

		for (i = 0; shown_params[i]; i++)
			if (eq && part_is(name, shown_params[i]))
				break;
		str_add_char(out, at == params.at ? '?' : '&');
		if (shown_params[i])
			str_add(out, at, (size_t)(stop - at));
		else if (eq)
			str_printf(out, "%.*s=***", (int)name.len, name.at);
		else
			str_add_text(out, "***");
		at = stop + 1;
	}
}

void conf_url_redact(const char *url, struct str *out)
{
	struct parts parts;
	const char *sep = strstr(url, "://");

	if (!take_apart(url, &parts)) {
		if (sep)
			str_add(out, url, (size_t)(sep + 3 - url));
		str_add_text(out, "***");
		return;
	}
	str_add(out, url, (size_t)(sep + 3 - url));
	if (parts.user.at) {
		str_add(out, parts.user.at, parts.user.len);
		str_add_text(out, parts.has_password ? ":***@" : "@");
	}
	str_add(out, parts.hosts.at, parts.hosts.len);
	str_add(out, parts.path.at, parts.path.len);
	redact_params(parts.params, out);
}
