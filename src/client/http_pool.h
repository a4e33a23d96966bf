/* http_pool.h - HTTP requests of a child with an event loop: many at a time, bounded */
#ifndef CLIENT_HTTP_POOL_H
#define CLIENT_HTTP_POOL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct egress;
struct ev_loop;
struct http_pool;
struct http_transfer;

struct http_pool_options {
	struct ev_loop *loop;        /* borrowed for the pool's life */
	size_t connections;          /* at the same time; what is more waits */
	int64_t connect_timeout_ms;  /* name, TCP and TLS */
	const struct egress *egress; /* where to; borrowed; NULL: anywhere */
};

/* The head of an answer, when it is whole. Borrowed for the callback. */
struct http_head {
	int status;               /* 100..599 */
	const char *content_type; /* as sent, or "" */
	int64_t retry_after_ms;   /* 0: not said */
};

/*
 * What becomes of a request. head comes once, before the first bytes of the body, or
 * before a done with rc 0 when there is no body. Anything but 0 from head or body ends
 * the transfer: its connection is closed and done comes with ERR_CLOSED. None of these
 * two may call the pool but for http_transfer_hurry(). done is the last call, from the
 * loop; the transfer is gone by then:
 *   0            the answer is whole;
 *   ERR_INPUT    the URL cannot be asked;
 *   ERR_CONN     no connection, or it broke; what was asked may have been done;
 *   ERR_TIMEOUT  a deadline passed; what was asked may have been done;
 *   ERR_PROTO    what answers does not speak HTTP, or its certificate is not good;
 *   ERR_REFUSED  no address of the host is one that requests may go to;
 *   ERR_LIMIT    the body is larger than answer_max_bytes;
 *   ERR_CLOSED   the callback ended it.
 * The texts of errors hold no header and no URL.
 */
struct http_ops {
	int (*head)(void *arg, const struct http_head *head);
	int (*body)(void *arg, const char *bytes, size_t len);
	void (*done)(void *arg, int rc, const struct err *err);
};

/*
 * All borrowed for the call but ops and body, which are borrowed until done or abandon.
 */
struct http_request {
	const char *method;         /* "GET", "POST" ... */
	const char *url;            /* http:// or https:// */
	const char *const *headers; /* "Name: value", NULL at the end; NULL: none */
	const void *body;           /* NULL: none */
	size_t body_len;
	int64_t deadline_mono_ms; /* for all of it, the wait for a connection included */
	int64_t silence_ms;       /* the longest time without a byte of the answer */
	size_t answer_max_bytes;  /* of the body */
	const struct http_ops *ops;
	void *arg;
};

/* One per child, made after the fork. NULL only if libcurl cannot be started. */
struct http_pool *http_pool_new(const struct http_pool_options *options, struct err *err);
/* What is under way is dropped without a call. NULL is fine. */
void http_pool_free(struct http_pool *pool);

/*
 * Send a request; done comes later, never from in here. ERR_INPUT when the URL or a
 * header cannot be sent, ERR_LIMIT without memory; *ret is then untouched.
 */
int http_pool_send(struct http_pool *pool, const struct http_request *request,
		   struct http_transfer **ret, struct err *err);

/* Forget it: its connection is closed at once, nothing is called any more. Not from head
 * or body. */
void http_transfer_abandon(struct http_transfer *transfer);
/* The rest of the answer does not matter: it has within_ms to end by itself, so that its
 * connection can be used again. */
void http_transfer_hurry(struct http_transfer *transfer, int64_t within_ms);

/* Transfers that have a connection, or are about to get one, and those that wait. */
size_t http_pool_active(const struct http_pool *pool);
size_t http_pool_waiting(const struct http_pool *pool);

#endif
