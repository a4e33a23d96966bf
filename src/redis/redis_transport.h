/* redis_transport.h - bytes over one non-blocking descriptor, plain or TLS */
#ifndef REDIS_REDIS_TRANSPORT_H
#define REDIS_REDIS_TRANSPORT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct redis_tls;
struct redis_url;

/* TLS material of a URL, read once and used by all its connections. */
int redis_tls_new(const struct redis_url *url, struct redis_tls **ret, struct err *err);
void redis_tls_free(struct redis_tls *tls);

enum redis_transport_want {
	REDIS_TRANSPORT_DONE,       /* for handshake: connected and, with TLS, verified */
	REDIS_TRANSPORT_WANT_READ,  /* call again when readable */
	REDIS_TRANSPORT_WANT_WRITE, /* call again when writable */
};

/* One connection. Opened after fork, by the process that uses it. */
struct redis_transport;

/* socket(2) close-on-exec, non-blocking, and connect(2); tls may be NULL, host (borrowed
 * until free) is the name to verify. ERR_CONN or ERR_SYS. */
int redis_transport_open(const struct sockaddr *addr, socklen_t addr_len,
			 const struct redis_tls *tls, const char *host,
			 struct redis_transport **ret, struct err *err);
void redis_transport_free(struct redis_transport *transport);
int redis_transport_fd(const struct redis_transport *transport);

/* Go on connecting: an enum redis_transport_want, or ERR_CONN / ERR_REFUSED
 * (certificate). */
int redis_transport_handshake(struct redis_transport *transport, struct err *err);
/* Bytes read (> 0), 0: nothing now, or ERR_CONN (end of file included). */
ssize_t redis_transport_read(struct redis_transport *transport, void *bytes, size_t len,
			     struct err *err);
/* Bytes written (> 0), 0: nothing now, or ERR_CONN. */
ssize_t redis_transport_write(struct redis_transport *transport, const void *bytes,
			      size_t len, struct err *err);
/* Decrypted bytes wait inside although the descriptor may never become readable again. */
bool redis_transport_has_more(const struct redis_transport *transport);

#endif
