/* redis_url.h - where a Redis is, as people write it */
#ifndef REDIS_REDIS_URL_H
#define REDIS_REDIS_URL_H

#include "base/err.h"

#include <stdbool.h>

/* Open for readers; texts are owned by the struct and NULL when absent. */
struct redis_url {
	bool tls;
	char *path; /* unix:///path; then host is NULL */
	char *host; /* a name or an IP literal without brackets */
	int port;   /* 1..65535; 6379 unless said */
	char *user; /* ACL user; only together with password */
	char *password;
	int db; /* 0..; SELECT is sent when it is not 0 */
	/* TLS only */
	bool verify;      /* chain is checked (ssl_cert_reqs other than `none`) */
	bool verify_host; /* name of the certificate as well (ssl_check_hostname) */
	char *ca_file;    /* ssl_ca_certs; NULL: the system's */
	char *cert_file;  /* ssl_certfile, our own; with ssl_keyfile */
	char *key_file;
};

/*
 * redis://[[user]:password@]host[:port][/db], rediss:// for TLS,
 * unix://[[user]:password@]/path. Query options as redis-py spells them: db, username,
 * password, ssl_cert_reqs (none|optional|required), ssl_check_hostname (true|false),
 * ssl_ca_certs, ssl_certfile, ssl_keyfile. Parts are percent-decoded. redis+cluster://,
 * redis+sentinel:// and unknown options are refused.
 *
 * Returns 0 and fills *ret (caller: redis_url_deinit), or ERR_INPUT with a sentence that
 * never shows a part of the URL; *ret is untouched.
 */
int redis_url_parse(const char *text, struct redis_url *ret, struct err *err);
/* Wipes the password; fine for a zeroed struct. */
void redis_url_deinit(struct redis_url *url);

#endif
