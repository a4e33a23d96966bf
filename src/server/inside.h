/* inside.h - what the files of server/ share; nobody else includes it */
#ifndef SERVER_INSIDE_H
#define SERVER_INSIDE_H

#include "base/arena.h"
#include "base/list.h"
#include "base/loop.h"
#include "server/clients.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which list a connection is on follows from its state (server_conn_move). */
enum conn_state {
	CONN_IDLE,    /* no request line yet; idle_ms */
	CONN_READING, /* head or body is coming; read_ms */
	CONN_PENDING, /* the handler has it; the handler's deadlines hold */
	CONN_WRITING, /* the answer leaves; write_ms */
	CONN_NSTATES,
};

struct sse_frame;

#define SERVER_STREAM_RETRIES 24 /* different times after which clients come again */
#define SERVER_STREAM_SLOTS   15 /* seconds between two comments to an idle stream */

struct conn {
	struct list node; /* of server->conns[state], oldest deadline first */
	struct server *server;
	struct MHD_Connection *mhd;
	enum conn_state state;
	int fd; /* MHD's */
	struct client *client;
	int64_t deadline_mono_ms;
	int64_t fresh_until_mono_ms; /* its first request may be on its way; 0: it came */
};

struct server {
	struct ev_loop *loop;
	struct server_options options;
	struct server_ops ops;
	void *ops_arg;
	struct MHD_Daemon *daemon;
	ev_io accept_io;
	ev_io mhd_io;
	ev_timer mhd_timer;    /* what MHD_get_timeout asked for */
	ev_timer accept_timer; /* out of descriptors: accept again a little later */
	ev_timer sweep_timer;  /* deadlines of connections */
	ev_prepare kick;       /* before the loop sleeps: answers made in this turn */
	bool kicked;
	bool accepting; /* accept_io is active */
	bool held;      /* not yet: server_open() */
	bool draining;
	server_drained_cb drained; /* NULL once called */
	void *drained_arg;
	struct list conns[CONN_NSTATES];
	struct clients clients;
	size_t conn_peak; /* of conn_count, since memory was given back */
	size_t conn_count;
	size_t pending;         /* requests that the handler has */
	size_t bodies_bytes;    /* room of all bodies in memory */
	size_t strangers_bytes; /* of those, of requests that are not known */
	struct server_counters counters;

	/* sse.c's */
	struct list streams;         /* struct sse */
	struct list streams_ready;   /* to be written, or told of room */
	struct list streams_closing; /* closed; their owners do not know yet */
	struct list stream_slots[SERVER_STREAM_SLOTS];
	size_t stream_count;
	unsigned stream_slot; /* looked at last */
	unsigned stream_next; /* gets the next client */
	ev_timer stream_tick;
	ev_timer stream_drain;
	int stream_nowhere; /* an unconnected socket, put where one was taken */
	struct sse_frame *stream_retries[SERVER_STREAM_RETRIES];
	struct sse_frame *stream_head, *stream_head_1_0, *stream_keepalive, *stream_last;
};

struct request_param {
	const char *name;
	const char *value;
};

struct request {
	struct server *server;
	struct conn *conn;
	struct arena arena;
	const char *uri; /* as sent; in the arena */
	enum request_method method;
	size_t segment_count;
	const char *segments[REQUEST_SEGMENTS_MAX];
	size_t param_count;
	struct request_param params[REQUEST_PARAMS_MAX];
	char *body; /* owned */
	size_t body_len;
	size_t body_room;
	size_t body_max;
	void *user;
	const char *peer; /* in the arena, or NULL: not asked yet */
	size_t header_count;
	struct request_param headers[RESPONSE_HEADERS_MAX]; /* of the answer */
	struct MHD_Response *response;                      /* owned; NULL: none yet */
	int status;
	bool seen;   /* the head was looked at */
	bool known;  /* see request_known() */
	bool handed; /* on_request was called */
	bool inside; /* MHD waits for our return, so it need not be resumed */
	bool close;  /* close the connection after the answer */
	bool http_1_1;
	bool streaming; /* the socket is a stream's: MHD has to close what it has */
	bool answered;  /* response is set, or was and MHD has it */
};

/* Move a connection to the list of its new state and arm its deadline. */
void server_conn_move(struct conn *conn, enum conn_state state);
/* An answer was made outside of MHD's own turn: run it before the loop sleeps. */
void server_kick(struct server *server);

/* sse.c: streams of a server. ERR_SYS. */
int server_streams_init(struct server *server, struct err *err);
void server_streams_deinit(struct server *server);
/* Before the loop sleeps: write what is queued, tell owners. */
void server_streams_flush(struct server *server);
/* A second has passed. */
void server_streams_tick(struct server *server);
/* End them all in order, soon. */
void server_streams_drain(struct server *server);
/* The request's connection is suspended: its socket goes to the stream. */
void server_stream_part(struct request *req);
/* server.c: there is one stream more or less. */
void server_streams_changed(struct server *server);

struct request *request_new(struct server *server, struct conn *conn, const char *uri);
/* MHD, whose uri it is, goes on without what is behind the question mark. */
void request_hide_query(const char *uri);
void request_free(struct request *req);
/* Method, path and query. Returns 0, or the status that answers it (400, 414). */
int request_parse(struct request *req, const char *method);
/* Append body bytes. 0, or 413, or 503. */
int request_body_add(struct request *req, const char *bytes, size_t len);
/* Refuse a request that no handler saw, in the shape of every other error. */
void response_refuse(struct request *req, int status, const char *code,
		     const char *detail);
/* Hand the answer to MHD. */
enum MHD_Result response_queue(struct request *req, struct MHD_Connection *mhd);

#endif
