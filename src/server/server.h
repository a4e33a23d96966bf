/* server.h - an HTTP/1.1 server on the loop: accepts, reads, answers; knows no route */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct request;
struct server;

#define SERVER_HEAD_MAX_BYTES 6144 /* request line and headers; more is 431 */

/*
 * Borrowed for server_new(). The listening socket was opened by the master and is shared
 * with the siblings; it must not block. It stays the caller's.
 */
struct server_options {
	int listen_fd;
	int64_t connections;        /* open at the same time; more wait in the backlog */
	int64_t client_connections; /* of them from one address, loopback included; 0: half
				       of them, and any number from the loopback */
	int64_t idle_ms;            /* between two requests of a connection */
	int64_t read_ms;            /* from the request line to the end of the body */
	int64_t write_ms;           /* from the answer to its last byte */
	size_t body_max_bytes;      /* the largest that on_head() ever allows */
	size_t bodies_max_bytes;    /* bodies in memory at the same time; more is 503; of
				    requests that are not request_known() a quarter, or
				    one of the largest */
	size_t stream_max_bytes;    /* what may wait for one client of a stream (sse.h) */
	bool hold;                  /* take no connection before server_open() */
};

/*
 * Whose requests these are. Both are called on the loop.
 *
 * on_head: the head is in, the body is not. Returns how many bytes of body this request
 * may have, or answers it at once (response.h): its body is then read off and dropped.
 * on_request: all is in. Answers now or later, exactly once; every request is answered,
 * whatever happens (DESIGN §3: each wait has a deadline).
 */
struct server_ops {
	size_t (*on_head)(struct request *req, void *arg);
	void (*on_request)(struct request *req, void *arg);
};

typedef void (*server_drained_cb)(void *arg);

/* After fork, in the process that serves. *ret is the caller's (server_free). ERR_SYS. */
int server_new(struct ev_loop *loop, const struct server_options *options,
	       const struct server_ops *ops, void *arg, struct server **ret,
	       struct err *err);

/* Take connections; again: nothing. Only a server that was made with hold needs it. */
void server_open(struct server *server);

/*
 * Accept nothing more, close idle connections, end streams, finish what is in flight
 * (each answer says `Connection: close`); then done(arg), once, from the loop.
 */
void server_drain(struct server *server, server_drained_cb done, void *arg);

/* Every request must have been answered. NULL is fine. */
void server_free(struct server *server);

/* Open connections, streams included; those; and requests that wait for their answer. */
size_t server_connections(const struct server *server);
size_t server_streams(const struct server *server);
size_t server_pending(const struct server *server);

/* Answers since the start. */
struct server_counters {
	uint64_t answers;
	uint64_t answers_4xx;
	uint64_t answers_5xx;
	uint64_t streams; /* answers that were event streams */
};
const struct server_counters *server_counters(const struct server *server);

#endif
