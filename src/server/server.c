/*
 * server.c - an HTTP/1.1 server on the loop
 *
 * libmicrohttpd parses and writes; this file owns everything around it. The listening
 * socket is shared by all API children, each accepts for itself, at most 64 connections a
 * turn. MHD's epoll descriptor sits on our loop and is pumped when it is ready, when MHD
 * asks for a time-out, and before the loop sleeps if an answer was made in that turn.
 *
 *   idle     -> reading   the request line is in
 *   reading  -> pending   head and body are in, the handler did not answer at once
 *   reading  -> writing   refused, or answered at once
 *   pending  -> writing   answered
 *   writing  -> idle      the answer has left, the connection stays
 *   pending  -> gone      answered with a stream, which has the socket now (sse.c)
 *   any      -> gone      closed by either side
 *
 * Deadlines. MHD's own time-out is for idleness: a byte a second lives for ever. So each
 * state but pending has an absolute one; equal lengths per state make each list sorted by
 * itself. A connection past its deadline is shut down at the socket, which MHD sees as
 * the client's end of file.
 *
 * What MHD takes and should not is refused in the first call, before any route sees it:
 * two Content-Length headers, Content-Length beside Transfer-Encoding, a transfer coding
 * other than chunked, white space in a header's name, CR or LF in its value, two Hosts.
 * Each of them is a way to make a proxy and us see different requests on one connection,
 * so the connection is closed.
 *
 * A refused body of at most DISCARD_MAX_BYTES is read off and dropped before the answer,
 * because a close with unread bytes is a reset that can overtake the answer. A larger one
 * is answered at once.
 *
 * A suspended connection whose client has left is noticed when its answer is written.
 */
#include "server/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "server/inside.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ACCEPT_BURST      64
#define PUMP_ROUNDS       8
#define POOL_BYTES        ((size_t)10240) /* of MHD per connection: a head of 6 KiB fits */
#define SEND_BUFFER_BYTES (64 * 1024)
#define DISCARD_MAX_BYTES ((uint64_t)8 * 1024 * 1024)
#define SWEEP_SEC         0.5
#define FRESH_MS          1000 /* from the accept to the first request, in a drain */
#define ACCEPT_PAUSE_SEC  0.1
#define CROWD             500 /* connections whose memory is worth a walk over all of it */

static void check_drained(struct server *server);

static int64_t state_limit_ms(const struct server *server, enum conn_state state)
{
	switch (state) {
	case CONN_IDLE:
		return server->options.idle_ms;
	case CONN_READING:
		return server->options.read_ms;
	case CONN_WRITING:
		return server->options.write_ms;
	case CONN_PENDING:
	case CONN_NSTATES:
		break;
	}
	return 0;
}

void server_conn_move(struct conn *conn, enum conn_state state)
{
	struct server *server = conn->server;

	list_remove(&conn->node);
	conn->state = state;
	conn->deadline_mono_ms = clock_mono_ms() + state_limit_ms(server, state);
	list_push(&server->conns[state], &conn->node);
}

void server_kick(struct server *server)
{
	server->kicked = true;
}

/* -- MHD's turns -- */

static void pump(struct server *server)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	bool armed = false;
	int round;

	server->kicked = false;
	for (round = 0; round < PUMP_ROUNDS; round++) {
		if (MHD_run(server->daemon) != MHD_YES) {
			log_error("server.run_failed",
				  LOG_N("connections", server->conn_count));
			abort();
		}
		armed = MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES;
		if (!armed || wait_ms > 0)
			break;
	}
	ev_timer_stop(server->loop, &server->mhd_timer);
	if (armed) {
		ev_timer_set(&server->mhd_timer, (double)wait_ms / 1000.0, 0.0);
		ev_timer_start(server->loop, &server->mhd_timer);
	}
	check_drained(server);
}

static void on_mhd_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	pump(w->data);
}

static void on_mhd_timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	pump(w->data);
}

static void on_turn_over(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct server *server = w->data;

	(void)loop;
	(void)revents;
	server_streams_flush(server);
	if (server->kicked)
		pump(server);
}

/* -- accepting -- */

static void accept_stop(struct server *server)
{
	ev_io_stop(server->loop, &server->accept_io);
	server->accepting = false;
}

static bool is_full(const struct server *server)
{
	return server_connections(server) >= (size_t)server->options.connections;
}

static void accept_start(struct server *server)
{
	if (server->draining || server->accepting || server->held ||
	    ev_is_active(&server->accept_timer) || is_full(server))
		return;
	ev_io_start(server->loop, &server->accept_io);
	server->accepting = true;
}

void server_streams_changed(struct server *server)
{
	if (is_full(server))
		accept_stop(server);
	else
		accept_start(server);
}

static void on_accept_pause_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	accept_start(w->data);
}

static void set_option(int fd, int level, int name, int value)
{
	/* a socket that does not take it works without */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* One connection. False when there is none left or none can be taken now. */
static bool accept_one(struct server *server)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd;

	fd = accept4(server->options.listen_fd, (struct sockaddr *)&addr, &len,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EINTR || errno == ECONNABORTED)
			return true;
		if (errno == EAGAIN)
			return false;
		log_warn("server.accept_failed", LOG_S("error", strerror(errno)),
			 LOG_N("connections", server->conn_count));
		accept_stop(server);
		ev_timer_set(&server->accept_timer, ACCEPT_PAUSE_SEC, 0.0);
		ev_timer_start(server->loop, &server->accept_timer);
		return false;
	}
	if (clients_full(&server->clients, (struct sockaddr *)&addr)) {
		clients_turn_away(fd);
		return true;
	}
	set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
	if (addr.ss_family == AF_INET || addr.ss_family == AF_INET6)
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	/* on failure MHD has closed it */
	if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&addr, len) !=
	    MHD_YES)
		log_warn("server.connection_refused",
			 LOG_N("connections", server->conn_count));
	return true;
}

static void on_acceptable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct server *server = w->data;
	int i;

	(void)loop;
	(void)revents;
	for (i = 0; i < ACCEPT_BURST && server->accepting; i++)
		if (!accept_one(server))
			break;
	pump(server);
}

/* -- connections -- */

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = arg;
	struct conn *conn = *context;

	switch (code) {
	case MHD_CONNECTION_NOTIFY_STARTED:
		conn = mem_new(struct conn);
		conn->server = server;
		conn->mhd = mhd;
		conn->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
				   ->connect_fd;
		conn->client = clients_enter(
			&server->clients,
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				->client_addr);
		*context = conn;
		server->conn_count++;
		if (server->conn_count > server->conn_peak)
			server->conn_peak = server->conn_count;
		conn->fresh_until_mono_ms = clock_mono_ms() + FRESH_MS;
		server_conn_move(conn, CONN_IDLE);
		if (is_full(server))
			accept_stop(server);
		break;
	case MHD_CONNECTION_NOTIFY_CLOSED:
		list_remove(&conn->node);
		clients_leave(&server->clients, conn->client);
		mem_free(conn);
		*context = NULL;
		server->conn_count--;
		accept_start(server);
		break;
	}
}

static void sweep(struct server *server, enum conn_state state, int64_t now_ms)
{
	list_for_each(node, &server->conns[state]) {
		struct conn *conn = list_entry(node, struct conn, node);

		if (conn->deadline_mono_ms > now_ms)
			break;
		/* MHD reads the end of file and closes; it may be gone already */
		(void)shutdown(conn->fd, SHUT_RDWR);
	}
}

/*
 * Each connection that MHD has is a pool of 10 KiB. When thousands came together (clients
 * of another process that died) and have left again or become streams, what they had lies
 * between what is still used, and malloc would keep it.
 */
static void give_back_memory(struct server *server)
{
	if (server->conn_peak < CROWD || server->conn_count > server->conn_peak / 4)
		return;
	server->conn_peak = server->conn_count;
	(void)malloc_trim(0); /* whether there was anything is all the same */
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *server = w->data;
	int64_t now_ms = clock_mono_ms();

	(void)loop;
	(void)revents;
	sweep(server, CONN_IDLE, now_ms);
	sweep(server, CONN_READING, now_ms);
	sweep(server, CONN_WRITING, now_ms);
	give_back_memory(server);
	check_drained(server); /* some may have been fresh until now */
}

/* -- requests -- */

static void *on_request_line(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	struct server *server = arg;
	struct request *req;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conn *conn = info->socket_context;

	conn->fresh_until_mono_ms = 0;
	server_conn_move(conn, CONN_READING);
	req = request_new(server, conn, uri);
	request_hide_query(uri);
	return req;
}

/* What the headers say about where the body ends. */
struct framing {
	int lengths;
	int codings;
	bool chunked;
	int hosts;
	bool bad_name;
	bool bad_value;
};

static enum MHD_Result on_framing_header(void *arg, enum MHD_ValueKind kind,
					 const char *name, size_t name_len,
					 const char *value, size_t value_len)
{
	struct framing *framing = arg;
	size_t i;

	(void)kind;
	if (strcasecmp(name, "Content-Length") == 0)
		framing->lengths++;
	if (strcasecmp(name, "Transfer-Encoding") == 0) {
		framing->codings++;
		framing->chunked = value && strcasecmp(value, "chunked") == 0;
	}
	if (strcasecmp(name, "Host") == 0)
		framing->hosts++;
	for (i = 0; i < name_len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			framing->bad_name = true;
	for (i = 0; value && i < value_len; i++)
		if (value[i] == '\r' || value[i] == '\n')
			framing->bad_value = true;
	return MHD_YES;
}

/* True if the framing is clear; else the request is refused. */
static bool check_framing(struct request *req, struct MHD_Connection *mhd,
			  const char *version)
{
	struct framing framing = { 0 };
	const char *detail = NULL;

	(void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, on_framing_header,
					  &framing);
	if (framing.bad_name)
		detail = "white space in a header's name";
	else if (framing.bad_value)
		detail = "CR or LF in a header's value";
	else if (framing.hosts > 1)
		detail = "more than one Host";
	else if (framing.lengths > 1)
		detail = "more than one Content-Length";
	else if (framing.lengths && framing.codings)
		detail = "Content-Length together with Transfer-Encoding";
	else if (framing.codings > 1 || (framing.codings && !framing.chunked))
		detail = "the only transfer coding taken is chunked";
	else if (framing.codings && strcmp(version, "HTTP/1.1") != 0)
		detail = "Transfer-Encoding needs HTTP/1.1";
	if (!detail)
		return true;
	response_close(req);
	response_refuse(req, 400, "bad_framing", detail);
	return false;
}

/* Bytes announced by Content-Length; 0 without one (a bad one MHD has refused). */
static uint64_t announced_bytes(struct MHD_Connection *mhd)
{
	const char *text =
		MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Length");

	return text ? strtoull(text, NULL, 10) : 0;
}

static void refuse_body(struct request *req, int status)
{
	request_body_drop(req);
	if (status == 413)
		response_refuse(req, 413, "body_too_large",
				"the request body is larger than this route takes");
	else
		response_refuse(req, 503, "server_busy",
				"too many request bodies at the same time");
}

/* The first call: all of the head, nothing of the body. */
static enum MHD_Result take_head(struct request *req, struct MHD_Connection *mhd,
				 const char *method, const char *version)
{
	struct server *server = req->server;
	uint64_t announced = announced_bytes(mhd);
	const union MHD_ConnectionInfo *info;
	bool expects;
	int status;

	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	if (info->header_size > SERVER_HEAD_MAX_BYTES) {
		response_close(req);
		response_refuse(req, 431, "head_too_large",
				"the request's line and headers are larger than 6 KiB");
		return response_queue(req, mhd);
	}
	if (!check_framing(req, mhd, version))
		return response_queue(req, mhd);
	status = request_parse(req, method);
	if (status == 400)
		response_refuse(req, 400, "bad_uri",
				"the path or query is not percent-encoded UTF-8 text");
	else if (status)
		response_refuse(req, status, "uri_too_long",
				"more than 16 path segments or 32 query parameters");
	else
		req->body_max = server->ops.on_head(req, server->ops_arg);
	if (!req->answered && announced > req->body_max)
		refuse_body(req, 413);
	expects = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Expect") != NULL;
	if (req->answered && announced > 0 &&
	    (expects || announced > DISCARD_MAX_BYTES)) {
		response_close(req);
		return response_queue(req, mhd);
	}
	return MHD_YES;
}

static void take_body(struct request *req, const char *bytes, size_t len)
{
	int status;

	if (req->answered) { /* refused: read off, dropped, but not without end */
		req->body_len += len;
		if (req->body_len > DISCARD_MAX_BYTES)
			(void)shutdown(req->conn->fd, SHUT_RDWR);
		return;
	}
	status = request_body_add(req, bytes, len);
	if (status)
		refuse_body(req, status);
}

static enum MHD_Result on_access(void *arg, struct MHD_Connection *mhd, const char *url,
				 const char *method, const char *version,
				 const char *upload, size_t *upload_size, void **context)
{
	struct server *server = arg;
	struct request *req = *context;
	enum MHD_Result result = MHD_YES;

	(void)url;
	if (req->streaming)
		return MHD_NO; /* the socket is gone: close what is left */
	req->inside = true;
	if (!req->seen) {
		req->seen = true;
		req->http_1_1 = strcmp(version, "HTTP/1.1") == 0;
		result = take_head(req, mhd, method, version);
		goto out;
	}
	if (*upload_size > 0) {
		take_body(req, upload, *upload_size);
		*upload_size = 0;
		goto out;
	}
	if (!req->answered && !req->handed) {
		req->handed = true;
		server->pending++;
		server_conn_move(req->conn, CONN_PENDING);
		server->ops.on_request(req, server->ops_arg);
	}
	if (req->response) {
		result = response_queue(req, mhd);
	} else {
		MHD_suspend_connection(mhd);
		if (req->streaming)
			server_stream_part(req);
	}
out:
	req->inside = false;
	return result;
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct server *server = arg;
	struct request *req = *context;

	(void)mhd;
	(void)code;
	if (!req)
		return;
	*context = NULL;
	server_conn_move(req->conn, CONN_IDLE);
	if (server->draining)
		server_kick(server);
	request_free(req);
}

/* -- life -- */

static void on_mhd_log(void *arg, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void on_mhd_log(void *arg, const char *format, va_list args)
{
	char buf[256];
	const char *text = buf;

	(void)arg;
	if (log_level_now() < LOG_LEVEL_DEBUG)
		return;
	(void)vsnprintf(buf, sizeof(buf), format, args);
	buf[strcspn(buf, "\r\n")] = '\0';
	log_debug("server.mhd", LOG_S("text", text));
}

static void init_watchers(struct server *server)
{
	int epoll_fd =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	ev_io_init(&server->mhd_io, on_mhd_readable, epoll_fd, EV_READ);
	ev_io_init(&server->accept_io, on_acceptable, server->options.listen_fd, EV_READ);
	ev_timer_init(&server->mhd_timer, on_mhd_timeout, 0.0, 0.0);
	ev_timer_init(&server->accept_timer, on_accept_pause_over, 0.0, 0.0);
	ev_timer_init(&server->sweep_timer, on_sweep, SWEEP_SEC, SWEEP_SEC);
	ev_prepare_init(&server->kick, on_turn_over);
	/* first of the turn's end: what requests set off is sent in the same turn */
	ev_set_priority(&server->kick, EV_MAXPRI);
	server->mhd_io.data = server;
	server->accept_io.data = server;
	server->mhd_timer.data = server;
	server->accept_timer.data = server;
	server->sweep_timer.data = server;
	server->kick.data = server;
	ev_io_start(server->loop, &server->mhd_io);
	ev_timer_start(server->loop, &server->sweep_timer);
	ev_prepare_start(server->loop, &server->kick);
	accept_start(server);
}

int server_new(struct ev_loop *loop, const struct server_options *options,
	       const struct server_ops *ops, void *arg, struct server **ret,
	       struct err *err)
{
	struct server *server = mem_new(struct server);
	int i;

	server->loop = loop;
	server->options = *options;
	server->held = options->hold;
	server->ops = *ops;
	server->ops_arg = arg;
	clients_init(&server->clients,
		     options->client_connections > 0 ? (size_t)options->client_connections
						     : (size_t)options->connections / 2,
		     options->client_connections > 0);
	for (i = 0; i < CONN_NSTATES; i++)
		list_init(&server->conns[i]);
	if (server_streams_init(server, err) < 0) {
		mem_free(server);
		return ERR_SYS;
	}
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_access, server, /* the logger comes first */
		MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)options->connections + ACCEPT_BURST,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_BYTES,
		MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
	if (!server->daemon) {
		server_streams_deinit(server);
		mem_free(server);
		return err_set(err, ERR_SYS, "the HTTP server did not start");
	}
	init_watchers(server);
	*ret = server;
	return 0;
}

/*
 * A connection between two requests, with nothing unread: nobody waits on it. One that
 * was accepted a moment ago was made for a request, which may still be on its way.
 */
static void close_idle(struct server *server)
{
	int64_t now_ms = clock_mono_ms();

	list_for_each(node, &server->conns[CONN_IDLE]) {
		struct conn *conn = list_entry(node, struct conn, node);
		int unread = 0;

		if (conn->fresh_until_mono_ms > now_ms)
			continue;
		if (ioctl(conn->fd, FIONREAD, &unread) < 0 || unread == 0)
			(void)shutdown(conn->fd, SHUT_RDWR);
	}
}

static void check_drained(struct server *server)
{
	server_drained_cb drained = server->drained;

	if (!server->draining || !drained)
		return;
	close_idle(server);
	if (server_connections(server) > 0)
		return;
	server->drained = NULL;
	drained(server->drained_arg);
}

void server_open(struct server *server)
{
	server->held = false;
	accept_start(server);
}

void server_drain(struct server *server, server_drained_cb done, void *arg)
{
	assert(!server->draining);
	server->draining = true;
	server->drained = done;
	server->drained_arg = arg;
	accept_stop(server);
	ev_timer_stop(server->loop, &server->accept_timer);
	close_idle(server);
	server_streams_drain(server);
	server_kick(server); /* done() comes from the loop, not from here */
	ev_feed_event(server->loop, &server->kick, EV_PREPARE);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	assert(server->pending == 0);
	server->drained = NULL; /* streams end below */
	accept_stop(server);
	server->draining = true; /* nothing starts accepting again */
	server_streams_deinit(server);
	ev_io_stop(server->loop, &server->mhd_io);
	ev_timer_stop(server->loop, &server->mhd_timer);
	ev_timer_stop(server->loop, &server->accept_timer);
	ev_timer_stop(server->loop, &server->sweep_timer);
	ev_prepare_stop(server->loop, &server->kick);
	MHD_stop_daemon(server->daemon);
	clients_deinit(&server->clients);
	mem_free(server);
}

size_t server_connections(const struct server *server)
{
	return server->conn_count + server->stream_count;
}

size_t server_streams(const struct server *server)
{
	return server->stream_count;
}

size_t server_pending(const struct server *server)
{
	return server->pending;
}

const struct server_counters *server_counters(const struct server *server)
{
	return &server->counters;
}
