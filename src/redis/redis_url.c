/*
 * redis_url.c - where a Redis is, as people write it
 *
 * Taken apart from left to right: scheme, then everything up to '?', then the options.
 * The last '@' before the path ends the login, as redis-py has it, so a password may hold
 * an '@' that nobody encoded. No message quotes a piece of the URL: a malformed one may
 * have its password anywhere.
 */
#include "redis/redis_url.h"

#include "base/mem.h"
#include "base/percent.h"
#include "base/units.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

/* Options of redis-py that say nothing about where the server is. */
static const char *const harmless[] = {
	"client_name",      "decode_responses",       "encoding",
	"encoding_errors",  "health_check_interval",  "max_connections",
	"protocol",         "retry_on_timeout",       "socket_timeout",
	"socket_keepalive", "socket_connect_timeout", "timeout",
};

/* Percent-decode; NULL for a broken escape or an encoded NUL. */
static char *decode(const char *text, size_t len)
{
	char *out = mem_alloc(len + 1);

	if (percent_decode(text, len, false, out) >= 0)
		return out;
	mem_wipe(out, len);
	mem_free(out);
	return NULL;
}

static void text_free(char *text)
{
	if (text)
		mem_wipe(text, strlen(text));
	mem_free(text);
}

void redis_url_deinit(struct redis_url *url)
{
	mem_free(url->path);
	mem_free(url->host);
	mem_free(url->user);
	text_free(url->password);
	mem_free(url->ca_file);
	mem_free(url->cert_file);
	mem_free(url->key_file);
	memset(url, 0, sizeof(*url));
}

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* Replace *slot by the decoded text; an empty text means "absent". */
static int put(char **slot, const char *text, size_t len, const char *what,
	       struct err *err)
{
	char *value = decode(text, len);

	if (!value)
		return err_set(err, ERR_INPUT, "broken percent-encoding in the %s", what);
	text_free(*slot);
	*slot = NULL;
	if (*value)
		*slot = value;
	else
		mem_free(value);
	return 0;
}

static int put_db(struct redis_url *url, const char *text, size_t len, struct err *err)
{
	char buf[16];
	int64_t n;

	if (len == 0)
		return 0;
	if (len < sizeof(buf)) {
		memcpy(buf, text, len);
		buf[len] = '\0';
		if (units_parse_int(buf, &n) == 0 && n >= 0 && n <= INT_MAX) {
			url->db = (int)n;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, "the database is not a number from 0 on");
}

static int put_bool(bool *ret, const char *text, size_t len, const char *what,
		    struct err *err)
{
	if (is(text, len, "true") || is(text, len, "True") || is(text, len, "1") ||
	    is(text, len, "yes"))
		*ret = true;
	else if (is(text, len, "false") || is(text, len, "False") || is(text, len, "0") ||
		 is(text, len, "no"))
		*ret = false;
	else
		return err_set(err, ERR_INPUT, "%s is neither true nor false", what);
	return 0;
}

static int put_option(struct redis_url *url, const char *key, size_t key_len,
		      const char *value, size_t len, struct err *err)
{
	if (is(key, key_len, "db"))
		return put_db(url, value, len, err);
	if (is(key, key_len, "username"))
		return put(&url->user, value, len, "user", err);
	if (is(key, key_len, "password"))
		return put(&url->password, value, len, "password", err);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		if (is(key, key_len, harmless[i]))
			return 0;
	}
	if (key_len > 4 && memcmp(key, "ssl_", 4) == 0 && !url->tls)
		return err_set(err, ERR_INPUT, "TLS options need the scheme rediss://");
	if (is(key, key_len, "ssl_cert_reqs")) {
		if (is(value, len, "none"))
			url->verify = false;
		else if (is(value, len, "required") || is(value, len, "optional"))
			url->verify = true;
		else
			return err_set(err, ERR_INPUT,
				       "ssl_cert_reqs is none, optional or required");
		return 0;
	}
	if (is(key, key_len, "ssl_check_hostname"))
		return put_bool(&url->verify_host, value, len, "ssl_check_hostname", err);
	if (is(key, key_len, "ssl_ca_certs"))
		return put(&url->ca_file, value, len, "ssl_ca_certs", err);
	if (is(key, key_len, "ssl_certfile"))
		return put(&url->cert_file, value, len, "ssl_certfile", err);
	if (is(key, key_len, "ssl_keyfile"))
		return put(&url->key_file, value, len, "ssl_keyfile", err);
	return err_set(err, ERR_INPUT,
		       "unknown option behind the '?': known are db, username, password, "
		       "ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, ssl_certfile, "
		       "ssl_keyfile");
}

static int parse_options(struct redis_url *url, const char *text, struct err *err)
{
	int rc = 0;

	while (*text && rc == 0) {
		size_t len = strcspn(text, "&");
		const char *equals = memchr(text, '=', len);

		if (len && !equals)
			return err_set(err, ERR_INPUT, "an option without a value");
		if (len)
			rc = put_option(url, text, (size_t)(equals - text), equals + 1,
					len - (size_t)(equals - text) - 1, err);
		text += len;
		if (*text == '&')
			text++;
	}
	return rc;
}

/* [[user]:password] up to '@'. */
static int parse_login(struct redis_url *url, const char *text, size_t len,
		       struct err *err)
{
	const char *colon = memchr(text, ':', len);
	int rc;

	if (!colon)
		return put(&url->user, text, len, "user", err);
	rc = put(&url->user, text, (size_t)(colon - text), "user", err);
	if (rc < 0)
		return rc;
	return put(&url->password, colon + 1, len - (size_t)(colon - text) - 1,
		   "password", err);
}

static int parse_port(struct redis_url *url, const char *text, size_t len,
		      struct err *err)
{
	char buf[8];
	int64_t n;

	if (len > 0 && len < sizeof(buf)) {
		memcpy(buf, text, len);
		buf[len] = '\0';
		if (units_parse_int(buf, &n) == 0 && n >= 1 && n <= 65535) {
			url->port = (int)n;
			return 0;
		}
	}
	return err_set(err, ERR_INPUT, "the port is not a number from 1 to 65535");
}

/* host[:port] or [address][:port] */
static int parse_host(struct redis_url *url, const char *text, size_t len,
		      struct err *err)
{
	const char *end, *colon;

	if (len == 0) {
		url->host = mem_dup("localhost");
		return 0;
	}
	if (memchr(text, ',', len))
		return err_set(err, ERR_INPUT, "one host, not a list");
	if (*text == '[') {
		end = memchr(text, ']', len);
		if (!end || end == text + 1)
			return err_set(err, ERR_INPUT, "an address without its ']'");
		url->host = mem_dup_n(text + 1, (size_t)(end - text) - 1);
		end++;
		len -= (size_t)(end - text);
		if (len == 0)
			return 0;
		if (*end != ':')
			return err_set(err, ERR_INPUT, "what follows ']' is no port");
		return parse_port(url, end + 1, len - 1, err);
	}
	colon = memchr(text, ':', len);
	if (colon == text)
		url->host = mem_dup("localhost");
	else if (put(&url->host, text, colon ? (size_t)(colon - text) : len, "host",
		     err) < 0)
		return ERR_INPUT;
	if (url->host && strlen(url->host) > 253)
		return err_set(err, ERR_INPUT, "the host is longer than 253 bytes");
	if (!colon)
		return 0;
	return parse_port(url, colon + 1, len - (size_t)(colon - text) - 1, err);
}

/* What stands behind "scheme://", without the options. */
static int parse_place(struct redis_url *url, bool is_unix, const char *text, size_t len,
		       struct err *err)
{
	const char *slash = memchr(text, '/', len);
	const char *at = NULL;
	size_t front = len;
	int rc;

	for (const char *p = text; p < text + len; p++) {
		/* in a host's part only: a path may hold an '@' of its own */
		if (*p == '@' && (!is_unix || !slash || p < slash))
			at = p;
	}
	if (at) {
		rc = parse_login(url, text, (size_t)(at - text), err);
		if (rc < 0)
			return rc;
		len -= (size_t)(at + 1 - text);
		text = at + 1;
		slash = memchr(text, '/', len);
	}
	if (is_unix) {
		if (len == 0 || *text != '/')
			return err_set(err, ERR_INPUT,
				       "a unix socket is an absolute path: unix:///path");
		rc = put(&url->path, text, len, "path", err);
		if (rc < 0)
			return rc;
		if (!url->path ||
		    strlen(url->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return err_set(err, ERR_INPUT,
				       "the path of the socket is longer than 107 bytes");
		return 0;
	}
	front = slash ? (size_t)(slash - text) : len;
	rc = parse_host(url, text, front, err);
	if (rc < 0 || !slash)
		return rc;
	return put_db(url, slash + 1, len - front - 1, err);
}

int redis_url_parse(const char *text, struct redis_url *ret, struct err *err)
{
	struct redis_url url = { .port = 6379, .verify = true, .verify_host = true };
	const char *rest = strstr(text, "://");
	bool is_unix = false;
	const char *options;
	size_t scheme, len;
	int rc;

	scheme = rest ? (size_t)(rest - text) : 0;
	if (is(text, scheme, "rediss"))
		url.tls = true;
	else if (is(text, scheme, "unix"))
		is_unix = true;
	else if (is(text, scheme, "redis+cluster") || is(text, scheme, "rediss+cluster"))
		return err_set(err, ERR_INPUT,
			       "Redis Cluster is not supported: name one server, "
			       "redis://host:port/db");
	else if (is(text, scheme, "redis+sentinel") || is(text, scheme, "sentinel") ||
		 is(text, scheme, "rediss+sentinel"))
		return err_set(err, ERR_INPUT,
			       "Redis Sentinel is not supported: name the master, "
			       "redis://host:port/db");
	else if (!is(text, scheme, "redis"))
		return err_set(
			err, ERR_INPUT,
			"a URL of Redis begins with redis://, rediss:// or unix://");

	rest += 3;
	len = strcspn(rest, "?");
	options = rest[len] == '?' ? rest + len + 1 : "";
	if (strchr(rest, '#'))
		rc = err_set(err, ERR_INPUT, "a '#' has to be written as %%23");
	else
		rc = parse_place(&url, is_unix, rest, len, err);
	if (rc == 0)
		rc = parse_options(&url, options, err);
	if (rc == 0 && url.user && !url.password)
		rc = err_set(err, ERR_INPUT,
			     "a user without a password: write redis://:password@host or "
			     "redis://user:password@host");
	if (rc == 0 && !url.cert_file != !url.key_file)
		rc = err_set(err, ERR_INPUT, "ssl_certfile and ssl_keyfile go together");
	if (rc < 0) {
		redis_url_deinit(&url);
		return rc;
	}
	*ret = url;
	return 0;
}
