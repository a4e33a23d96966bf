/*
 * internal.c - who may use the routes that are not the public API's
 *
 * Stock's rule: a token, or loopback when there is none. Loopback alone is weak, since a
 * proxy on this host speaks for others and a browser for any page that it shows. So a
 * request that was forwarded, that names a host which is not this one (a name rebound to
 * 127.0.0.1), or that comes from a page of a foreign origin does not count.
 */
#include "api/internal.h"

#include "conf/conf.h"
#include "server/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* In a time that does not tell how much of it was right. */
static bool same(const char *a, const char *b)
{
	size_t i, len = strlen(a);
	unsigned char differ = 0;

	if (strlen(b) != len)
		return false;
	for (i = 0; i < len; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

/* The address itself: "127.example.com" is a name, which may have any address. */
static bool is_loopback(const char *address)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, address, &in) == 1)
		return (ntohl(in.s_addr) >> 24) == IN_LOOPBACKNET;
	if (inet_pton(AF_INET6, address, &in6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&in6) ||
	       (IN6_IS_ADDR_V4MAPPED(&in6) && in6.s6_addr[12] == IN_LOOPBACKNET);
}

/* "localhost:8765", "127.0.0.1", "[::1]:1": without the port. */
static bool names_this_host(const char *host)
{
	char name[64];
	size_t len;

	if (!host)
		return true;
	if (*host == '[') {
		host++;
		len = strcspn(host, "]");
	} else {
		len = strcspn(host, ":");
	}
	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return strcasecmp(name, "localhost") == 0 || is_loopback(name);
}

static bool origin_is_ours(const char *origin, const struct conf_names *origins)
{
	const char *host;
	size_t i;

	if (!origin)
		return true;
	for (i = 0; origins && i < origins->count; i++)
		if (strcmp(origins->items[i], origin) ==
		    0) /* "*" is nobody in particular */
			return true;
	host = strstr(origin, "://");
	return host && names_this_host(host + 3);
}

/* A proxy that says anything of itself, or of whom it speaks for. */
static bool was_forwarded(const struct request *req)
{
	static const char *const names[] = {
		"Forwarded",         "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Real-IP",       "Via",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (request_header(req, names[i]))
			return true;
	return false;
}

bool internal_is_this_host(const struct conf_names *origins, struct request *req)
{
	return is_loopback(request_peer(req)) && !was_forwarded(req) &&
	       names_this_host(request_header(req, "Host")) &&
	       origin_is_ours(request_header(req, "Origin"), origins);
}

bool internal_allows(const char *token, const struct conf_names *origins,
		     struct request *req)
{
	const char *given = request_header(req, "X-Synapse-Internal");

	if (*token)
		return given && request_header_count(req, "X-Synapse-Internal") == 1 &&
		       same(token, given);
	return internal_is_this_host(origins, req);
}
