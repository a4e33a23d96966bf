/*
 * redis_transport.c - bytes over one non-blocking descriptor, plain or TLS
 *
 * Two ways to move bytes behind four functions. Traps of TLS that are minded here: the
 * error queue of OpenSSL belongs to the thread and is shared with libcurl and libpq, so
 * it is cleared before every call; a partial write is repeated from wherever the caller's
 * buffer is by then (ACCEPT_MOVING_WRITE_BUFFER); bytes may sit decrypted inside while
 * the descriptor stays silent (redis_transport_has_more).
 *
 * OpenSSL writes with write(2), which raises SIGPIPE on a connection that is gone:
 * whoever makes TLS material here gets that signal ignored, if nobody has chosen
 * otherwise.
 */
#include "redis/redis_transport.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "redis/redis_url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

struct redis_tls {
	SSL_CTX *context;
	bool verify;
	bool verify_host;
};

struct redis_transport {
	int fd;
	bool connected; /* connect(2) is through */
	SSL *ssl;       /* NULL: plain */
};

/* The oldest reason in OpenSSL's queue. */
static const char *tls_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return reason ? reason : "the other side ended the connection";
}

static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		(void)sigaction(SIGPIPE, &now, NULL);
	}
}

int redis_tls_new(const struct redis_url *url, struct redis_tls **ret, struct err *err)
{
	struct redis_tls *tls = mem_new(struct redis_tls);
	int rc = 0;

	ignore_sigpipe();
	ERR_clear_error();
	tls->verify = url->verify;
	tls->verify_host = url->verify_host;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context) {
		rc = err_set(err, ERR_SYS, "TLS: %s", tls_reason());
		goto out;
	}
	(void)SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	(void)SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
						     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
						     SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(tls->context, url->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
			   NULL);
	if (url->verify &&
	    (url->ca_file
		     ? SSL_CTX_load_verify_locations(tls->context, url->ca_file, NULL)
		     : SSL_CTX_set_default_verify_paths(tls->context)) != 1) {
		rc = err_set(err, ERR_SYS, "TLS: read certificates of %s: %s",
			     url->ca_file ? url->ca_file : "the system", tls_reason());
		goto out;
	}
	if (url->cert_file &&
	    SSL_CTX_use_certificate_chain_file(tls->context, url->cert_file) != 1) {
		rc = err_set(err, ERR_SYS, "TLS: read certificate %s: %s", url->cert_file,
			     tls_reason());
		goto out;
	}
	if (url->key_file && SSL_CTX_use_PrivateKey_file(tls->context, url->key_file,
							 SSL_FILETYPE_PEM) != 1) {
		rc = err_set(err, ERR_SYS, "TLS: read key %s: %s", url->key_file,
			     tls_reason());
		goto out;
	}
	*ret = tls;
	tls = NULL; /* the caller owns it from here */
out:
	redis_tls_free(tls);
	return rc;
}

void redis_tls_free(struct redis_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	mem_free(tls);
}

static bool is_literal(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 ||
	       inet_pton(AF_INET6, host, address) == 1;
}

static int tls_begin(struct redis_transport *transport, const struct redis_tls *tls,
		     const char *host, struct err *err)
{
	bool literal = is_literal(host);
	bool ok;

	ERR_clear_error();
	transport->ssl = SSL_new(tls->context);
	ok = transport->ssl && SSL_set_fd(transport->ssl, transport->fd) == 1;
	if (ok && !literal) /* a macro that takes the const away; it copies the name */
		ok = SSL_set_tlsext_host_name(transport->ssl, (char *)(uintptr_t)host) ==
		     1;
	if (ok && tls->verify && tls->verify_host)
		ok = (literal ? X509_VERIFY_PARAM_set1_ip_asc(
					SSL_get0_param(transport->ssl), host)
			      : SSL_set1_host(transport->ssl, host)) == 1;
	if (!ok)
		return err_set(err, ERR_SYS, "TLS: %s", tls_reason());
	SSL_set_connect_state(transport->ssl);
	return 0;
}

int redis_transport_open(const struct sockaddr *addr, socklen_t addr_len,
			 const struct redis_tls *tls, const char *host,
			 struct redis_transport **ret, struct err *err)
{
	struct redis_transport *transport = mem_new(struct redis_transport);
	int on = 1;
	int rc = 0;

	transport->fd =
		socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (transport->fd < 0) {
		rc = err_errno(err, "socket");
		goto out;
	}
	if (addr->sa_family != AF_UNIX) {
		/* hints to the kernel: a connection without them works as well */
		(void)setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &on,
				 sizeof(on));
		(void)setsockopt(transport->fd, SOL_SOCKET, SO_KEEPALIVE, &on,
				 sizeof(on));
	}
	if (connect(transport->fd, addr, addr_len) == 0) {
		transport->connected = true;
	} else if (errno != EINPROGRESS) {
		rc = err_set(err, ERR_CONN, "connect: %s", strerror(errno));
		goto out;
	}
	if (tls) {
		rc = tls_begin(transport, tls, host, err);
		if (rc < 0)
			goto out;
	}
	*ret = transport;
	transport = NULL; /* the caller owns it from here */
out:
	redis_transport_free(transport);
	return rc;
}

void redis_transport_free(struct redis_transport *transport)
{
	if (!transport)
		return;
	SSL_free(transport->ssl);
	fdutil_close(&transport->fd);
	mem_free(transport);
}

int redis_transport_fd(const struct redis_transport *transport)
{
	return transport->fd;
}

static int connect_result(struct redis_transport *transport, struct err *err)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		return err_errno(err, "connect");
	if (code)
		return err_set(err, ERR_CONN, "connect: %s", strerror(code));
	transport->connected = true;
	return 0;
}

int redis_transport_handshake(struct redis_transport *transport, struct err *err)
{
	long verdict;
	int rc;

	if (!transport->connected) {
		rc = connect_result(transport, err);
		if (rc < 0)
			return rc;
	}
	if (!transport->ssl)
		return REDIS_TRANSPORT_DONE;
	ERR_clear_error();
	rc = SSL_do_handshake(transport->ssl);
	if (rc == 1)
		return REDIS_TRANSPORT_DONE;
	switch (SSL_get_error(transport->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return REDIS_TRANSPORT_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return REDIS_TRANSPORT_WANT_WRITE;
	default:
		break;
	}
	verdict = SSL_get_verify_result(transport->ssl);
	if (verdict != X509_V_OK)
		return err_set(err, ERR_REFUSED, "TLS: certificate refused: %s",
			       X509_verify_cert_error_string(verdict));
	return err_set(err, ERR_CONN, "TLS handshake: %s", tls_reason());
}

/* What a call of OpenSSL that moved nothing means: 0 or ERR_CONN. */
static ssize_t tls_nothing(struct redis_transport *transport, int rc, struct err *err)
{
	switch (SSL_get_error(transport->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return err_set(err, ERR_CONN, "the server closed the connection");
	default:
		return err_set(err, ERR_CONN, "TLS: %s", tls_reason());
	}
}

ssize_t redis_transport_read(struct redis_transport *transport, void *bytes, size_t len,
			     struct err *err)
{
	ssize_t n;
	int rc;

	if (len > INT_MAX)
		len = INT_MAX;
	if (transport->ssl) {
		ERR_clear_error();
		rc = SSL_read(transport->ssl, bytes, (int)len);
		return rc > 0 ? rc : tls_nothing(transport, rc, err);
	}
	n = recv(transport->fd, bytes, len, 0);
	if (n > 0)
		return n;
	if (n == 0)
		return err_set(err, ERR_CONN, "the server closed the connection");
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return err_set(err, ERR_CONN, "read: %s", strerror(errno));
}

ssize_t redis_transport_write(struct redis_transport *transport, const void *bytes,
			      size_t len, struct err *err)
{
	ssize_t n;
	int rc;

	if (len > INT_MAX)
		len = INT_MAX;
	if (transport->ssl) {
		ERR_clear_error();
		rc = SSL_write(transport->ssl, bytes, (int)len);
		return rc > 0 ? rc : tls_nothing(transport, rc, err);
	}
	n = send(transport->fd, bytes, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return err_set(err, ERR_CONN, "write: %s", strerror(errno));
}

bool redis_transport_has_more(const struct redis_transport *transport)
{
	return transport->ssl && SSL_has_pending(transport->ssl) &&
	       SSL_pending(transport->ssl) > 0;
}
