/*
 * sse.c - the answer that does not end: server-sent events to one client
 *
 * The socket is taken away from libmicrohttpd, because its way (a response with a
 * callback on a suspended connection) costs a pool of 10 KiB per client and a walk over
 * all suspended connections for every one that is woken: with ten thousand idle clients
 * each ordinary answer of the process would pay for them. Here a client is some 250
 * bytes and one entry of the loop's epoll, and nothing is walked.
 *
 * How it is taken: MHD forgets the descriptor of a suspended connection (it leaves its
 * epoll set), so at that moment the socket is duplicated for us and a socket that leads
 * nowhere is put under the old number. MHD is then woken, asks the handler, hears no, and
 * closes what it has. When the stream has ended in order and the client may go on, the
 * socket is given back to MHD as a new connection.
 *
 * HTTP/1.1 gets chunks, so that a client can tell an end from a cut; HTTP/1.0 gets the
 * plain text and the end of file.
 *
 * Frames are queued and leave with one sendmsg() for each client at the end of a loop
 * turn. One timer serves all streams: a wheel of SSE_SLOTS lists, one of them looked at
 * each second. Who has nothing queued gets a comment, which is also how a client that
 * vanished is noticed; who has not taken a byte for STUCK_ROUNDS rounds is cut off.
 */
#include "server/sse.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define RETRY_MS     2000
#define STUCK_ROUNDS 4
#define IOV_MAX_HERE 32
#define DRAIN_SEC    2.0 /* for what is queued when the process leaves */

struct sse_frame {
	unsigned refs;
	unsigned short head_len; /* framing of HTTP before the text */
	unsigned short tail_len; /* and behind it */
	size_t len;              /* all of it */
	char bytes[];
};

struct sse {
	struct list node; /* of server->streams, or ->streams_closing: to be freed */
	struct list slot; /* of server->stream_slots[] */
	struct list wake; /* of server->streams_ready: something to write or to tell */
	struct server *server;
	struct client *client;
	const struct sse_ops *ops;
	void *arg;
	ev_io io; /* always EV_READ, and EV_WRITE while the socket is full */
	struct sse_frame **queue; /* NULL: empty */
	unsigned head, count, room;
	unsigned stuck; /* rounds without progress */
	size_t offset;  /* bytes of the first frame that have left */
	size_t queued;  /* bytes of the queue that have not */
	bool chunked : 1;
	bool progress : 1; /* a byte left since the last look */
	bool full : 1;     /* the socket takes nothing more for now */
	bool was_high : 1; /* room() is owed */
	bool ending : 1;
	bool over : 1; /* closed; gone() is owed */
	bool deaf : 1; /* the client sent something: left alone until the end */
};

/* -- frames -- */

static struct sse_frame *frame_make(const struct str *text)
{
	struct sse_frame *frame;
	char head[24];
	int head_len = snprintf(head, sizeof(head), "%zx\r\n", text->len);
	size_t len = (size_t)head_len + text->len + 2;

	frame = mem_resize(NULL, sizeof(*frame) + len); /* all of it is written below */
	frame->refs = 1;
	frame->head_len = (unsigned short)head_len;
	frame->tail_len = 2;
	frame->len = len;
	memcpy(frame->bytes, head, (size_t)head_len);
	memcpy(frame->bytes + head_len, text->data, text->len);
	memcpy(frame->bytes + head_len + text->len, "\r\n", 2);
	return frame;
}

static void add_line(struct str *out, const char *line, size_t len)
{
	str_add_text(out, "data: ");
	str_add(out, line, len);
	str_add_char(out, '\n');
}

struct sse_frame *sse_frame_new(const char *id, size_t id_len, const char *data,
				size_t len)
{
	struct str text = STR_INIT;
	struct sse_frame *frame;
	size_t start = 0;
	size_t i;

	(void)str_reserve(&text, len + id_len + 24);
	if (id) {
		str_add_text(&text, "id: ");
		str_add(&text, id, id_len);
		str_add_char(&text, '\n');
	}
	for (i = 0; i < len; i++) {
		if (data[i] != '\n' && data[i] != '\r')
			continue;
		add_line(&text, data + start, i - start);
		if (data[i] == '\r' && i + 1 < len && data[i + 1] == '\n')
			i++;
		start = i + 1;
	}
	add_line(&text, data + start, len - start);
	str_add_char(&text, '\n');
	frame = frame_make(&text);
	str_deinit(&text);
	return frame;
}

struct sse_frame *sse_frame_ref(struct sse_frame *frame)
{
	frame->refs++;
	return frame;
}

void sse_frame_unref(struct sse_frame *frame)
{
	if (frame && --frame->refs == 0)
		mem_free(frame);
}

const char *sse_frame_text(const struct sse_frame *frame, size_t *ret_len)
{
	*ret_len = frame->len - frame->head_len - frame->tail_len;
	return frame->bytes + frame->head_len;
}

/* Bytes that are HTTP's own: they leave as they are. */
static struct sse_frame *frame_raw(const char *bytes)
{
	size_t len = strlen(bytes);
	struct sse_frame *frame = mem_resize(NULL, sizeof(*frame) + len);

	frame->refs = 1;
	frame->head_len = frame->tail_len = 0;
	frame->len = len;
	memcpy(frame->bytes, bytes, len);
	return frame;
}

static struct sse_frame *frame_text(const char *bytes)
{
	struct str text = STR_INIT;
	struct sse_frame *frame;

	str_add_text(&text, bytes);
	frame = frame_make(&text);
	str_deinit(&text);
	return frame;
}

/* What of a frame leaves on this connection. */
static const char *wire(const struct sse *sse, const struct sse_frame *frame, size_t *len)
{
	if (sse->chunked) {
		*len = frame->len;
		return frame->bytes;
	}
	return sse_frame_text(frame, len);
}

/* -- the queue -- */

static void wake(struct sse *sse)
{
	if (!list_linked(&sse->wake))
		list_push(&sse->server->streams_ready, &sse->wake);
}

static void push(struct sse *sse, struct sse_frame *frame)
{
	size_t len;
	unsigned i;

	if (sse->count == sse->room) {
		unsigned room = sse->room ? sse->room * 2 : 4;
		struct sse_frame **queue = mem_new_n(struct sse_frame *, room);

		for (i = 0; i < sse->count; i++)
			queue[i] = sse->queue[(sse->head + i) & (sse->room - 1)];
		mem_free(sse->queue);
		sse->queue = queue;
		sse->room = room;
		sse->head = 0;
	}
	sse->queue[(sse->head + sse->count) & (sse->room - 1)] = sse_frame_ref(frame);
	sse->count++;
	(void)wire(sse, frame, &len);
	sse->queued += len;
	if (sse->queued >= SSE_LOW_BYTES)
		sse->was_high = true;
	if (!sse->full)
		wake(sse);
}

static void shift(struct sse *sse)
{
	sse_frame_unref(sse->queue[sse->head]);
	sse->head = (sse->head + 1) & (sse->room - 1);
	sse->count--;
	sse->offset = 0;
	if (sse->count == 0) { /* an idle client keeps nothing */
		mem_free(sse->queue);
		sse->queue = NULL;
		sse->room = sse->head = 0;
	}
}

/* -- ends -- */

static void watch(struct sse *sse, int events)
{
	int fd = sse->io.fd;

	ev_io_stop(sse->server->loop, &sse->io);
	ev_io_set(&sse->io, fd, events);
	if (events)
		ev_io_start(sse->server->loop, &sse->io);
}

static void watch_again(struct sse *sse)
{
	watch(sse, (sse->deaf ? 0 : EV_READ) | (sse->full ? EV_WRITE : 0));
}

/* Take it off everything but the memory. */
static void detach(struct sse *sse)
{
	struct server *server = sse->server;

	watch(sse, 0);
	list_remove(&sse->node);
	list_remove(&sse->slot);
	list_remove(&sse->wake);
	while (sse->count)
		shift(sse);
	clients_leave(&server->clients, sse->client);
	server->stream_count--;
	if (server->stream_count == 0)
		ev_timer_stop(server->loop, &server->stream_tick);
	server_streams_changed(server);
}

/* A socket that something is unread on would be reset by close(), which can overtake what
 * has been written: that only happens to who sent bytes that nobody asked for. */
static void over(struct sse *sse, bool give_back)
{
	struct server *server = sse->server;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd = sse->io.fd;

	detach(sse);
	if (give_back && getpeername(fd, (struct sockaddr *)&addr, &len) == 0) {
		/* on failure MHD has closed it */
		if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&addr,
				       len) != MHD_YES)
			log_warn("server.connection_refused",
				 LOG_N("connections", server->conn_count));
		server_kick(server);
	} else {
		(void)close(fd);
	}
	sse->over = true;
	list_push(&server->streams_closing, &sse->node);
	server_kick(server);
}

void sse_drop(struct sse *sse)
{
	if (!sse->over) {
		detach(sse);
		(void)close(sse->io.fd);
	}
	list_remove(&sse->node);
	mem_free(sse);
}

void sse_end(struct sse *sse)
{
	if (sse->over || sse->ending)
		return;
	if (sse->chunked)
		push(sse, sse->server->stream_last);
	sse->ending = true;
	wake(sse);
}

void sse_send(struct sse *sse, struct sse_frame *frame)
{
	if (!sse->over && !sse->ending)
		push(sse, frame);
}

size_t sse_queued(const struct sse *sse)
{
	return sse->queued;
}

bool sse_is_slow(const struct sse *sse)
{
	return sse->queued > sse->server->options.stream_max_bytes;
}

/* -- writing -- */

static void sent(struct sse *sse, size_t n)
{
	size_t len;

	sse->progress = true;
	sse->queued -= n;
	while (n > 0) {
		assert(sse->queue); /* no more was sent than was queued */
		(void)wire(sse, sse->queue[sse->head], &len);
		if (n < len - sse->offset) {
			sse->offset += n;
			return;
		}
		n -= len - sse->offset;
		shift(sse);
	}
}

static void flush(struct sse *sse)
{
	struct iovec iov[IOV_MAX_HERE];
	struct msghdr msg = { .msg_iov = iov };
	bool was_full = sse->full;
	ssize_t n;
	unsigned i;

	sse->full = false;
	while (sse->count && !sse->full) {
		for (i = 0; i < sse->count && i < IOV_MAX_HERE; i++) {
			size_t len;
			const char *bytes = wire(
				sse, sse->queue[(sse->head + i) & (sse->room - 1)], &len);
			size_t skip = i == 0 ? sse->offset : 0;

			/* writing is what sendmsg() does not do */
			iov[i].iov_base = (char *)(uintptr_t)(bytes + skip);
			iov[i].iov_len = len - skip;
		}
		msg.msg_iovlen = i;
		n = sendmsg(sse->io.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			sent(sse, (size_t)n);
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			sse->full = true;
		} else if (errno != EINTR) {
			over(sse, false);
			return;
		}
	}
	if (sse->ending && sse->count == 0) {
		over(sse, sse->chunked && !sse->deaf && !sse->server->draining);
		return;
	}
	if (sse->full != was_full)
		watch_again(sse);
}

static void look(struct sse *sse)
{
	char byte;
	ssize_t n = recv(sse->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n > 0) { /* not a byte is expected: it is not ours to read, or to spin on */
		sse->deaf = true;
		watch_again(sse);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		over(sse, false);
	}
}

static void on_socket(struct ev_loop *loop, ev_io *w, int revents)
{
	struct sse *sse = w->data;

	(void)loop;
	if (revents & EV_WRITE)
		wake(sse);
	if (revents & EV_READ)
		look(sse);
}

void server_streams_flush(struct server *server)
{
	struct list *node;

	while ((node = list_shift(&server->streams_ready))) {
		struct sse *sse = list_entry(node, struct sse, wake);

		flush(sse);
		if (!sse->over && sse->was_high && sse->queued < SSE_LOW_BYTES) {
			sse->was_high = false;
			sse->ops->room(sse->arg); /* may drop it, or queue more */
		}
	}
	while ((node = list_shift(&server->streams_closing))) {
		struct sse *sse = list_entry(node, struct sse, node);

		sse->ops->gone(sse->arg);
		mem_free(sse);
	}
}

/* -- the wheel -- */

static void on_round(struct sse *sse)
{
	if (sse->count == 0) {
		sse->stuck = 0;
		push(sse, sse->server->stream_keepalive);
	} else if (sse->progress) {
		sse->stuck = 0;
	} else if (++sse->stuck == STUCK_ROUNDS) {
		over(sse, false);
		return;
	}
	sse->progress = false;
}

void server_streams_tick(struct server *server)
{
	struct list *slot;

	server->stream_slot = (server->stream_slot + 1) % SERVER_STREAM_SLOTS;
	slot = &server->stream_slots[server->stream_slot];
	list_for_each_safe(node, slot)
		on_round(list_entry(node, struct sse, slot));
}

/* -- life -- */

/* MHD has forgotten the suspended connection's descriptor; now it loses the socket. */
void server_stream_part(struct request *req)
{
	struct server *server = req->server;
	int epoll_fd =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

	/* a registration that stayed would later point to a connection that is gone */
	if (epoll_ctl(epoll_fd, EPOLL_CTL_DEL, req->conn->fd, NULL) == 0 ||
	    errno != ENOENT ||
	    dup3(server->stream_nowhere, req->conn->fd, O_CLOEXEC) < 0) {
		log_error("server.socket_not_taken", LOG_S("error", strerror(errno)));
		abort();
	}
	MHD_resume_connection(req->conn->mhd);
	server_kick(server);
}

/* An HTTP/1.0 client takes this version as well; the framing is what it minds. */
#define HEAD                                                                             \
	"HTTP/1.1 200 OK\r\n"                                                            \
	"Content-Type: text/event-stream; charset=utf-8\r\n"                             \
	"Cache-Control: no-cache\r\n"                                                    \
	"X-Accel-Buffering: no\r\n"
#define HEAD_END     "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
#define HEAD_END_1_0 "Connection: close\r\n\r\n"

/* The head of this answer, which the caller unrefs. */
static struct sse_frame *head_frame(const struct server *server,
				    const struct request *req)
{
	struct sse_frame *frame =
		req->http_1_1 ? server->stream_head : server->stream_head_1_0;
	struct str text = STR_INIT;
	size_t i;

	if (!req->header_count) {
		frame->refs++;
		return frame;
	}
	str_add_text(&text, HEAD);
	for (i = 0; i < req->header_count; i++)
		str_printf(&text, "%s: %s\r\n", req->headers[i].name,
			   req->headers[i].value);
	str_add_text(&text, req->http_1_1 ? HEAD_END : HEAD_END_1_0);
	frame = frame_raw(str_text(&text));
	str_deinit(&text);
	return frame;
}

static void leave(struct sse *sse)
{
	struct sse_frame *frame = NULL;

	if (!sse->over && !sse->ending && sse->ops->farewell)
		frame = sse->ops->farewell(sse->arg);
	if (frame) {
		push(sse, frame);
		sse_frame_unref(frame);
	}
	sse_end(sse);
}

int sse_open(struct request *req, const struct sse_ops *ops, void *arg, struct sse **ret,
	     struct err *err)
{
	struct server *server = req->server;
	unsigned turn = server->stream_next++;
	struct sse_frame *head;
	struct sse *sse;
	int fd;

	assert(req->handed && !req->answered);
	fd = fcntl(req->conn->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "duplicate a client's socket");
	sse = mem_new(struct sse);
	sse->server = server;
	sse->client = req->conn->client;
	clients_again(sse->client);
	sse->ops = ops;
	sse->arg = arg;
	sse->chunked = req->http_1_1;
	ev_io_init(&sse->io, on_socket, fd, EV_READ);
	sse->io.data = sse;
	ev_io_start(server->loop, &sse->io);
	list_push(&server->streams, &sse->node);
	/* spread over the wheel: clients that come together do not stay so */
	list_push(&server->stream_slots[turn % SERVER_STREAM_SLOTS], &sse->slot);
	if (server->stream_count++ == 0)
		ev_timer_again(server->loop, &server->stream_tick);
	server_streams_changed(server);

	head = head_frame(server, req);
	push(sse, head);
	sse_frame_unref(head);
	push(sse, server->stream_retries[turn % SERVER_STREAM_RETRIES]);
	if (server->draining)
		leave(sse); /* accepted before the drain: it goes elsewhere at once */

	server->counters.answers++;
	server->counters.streams++;
	server->pending--;
	req->answered = true;
	req->streaming = true;
	if (!req->inside)
		server_stream_part(req);
	*ret = sse;
	return 0;
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *server = w->data;

	(void)loop;
	(void)revents;
	server_streams_tick(server);
}

/* Time is over for what is still queued. */
static void on_drain_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server *server = w->data;

	(void)loop;
	(void)revents;
	list_for_each_safe(node, &server->streams)
		over(list_entry(node, struct sse, node), false);
}

/*
 * When this process dies all of its clients are cut at once. Told to come again after
 * the same time they would do that at once as well: more than may wait at a listening
 * socket, and whose SYN is dropped there asks again a whole second later. So neighbours
 * get times that are spread over a second around RETRY_MS; the first gets just that.
 */
static void make_retries(struct server *server)
{
	char text[32];
	int i;

	for (i = 0; i < SERVER_STREAM_RETRIES; i++) {
		int step = (i * 7 + SERVER_STREAM_RETRIES / 2) % SERVER_STREAM_RETRIES;

		(void)snprintf(text, sizeof(text), "retry: %d\n\n",
			       RETRY_MS - 500 + step * 1000 / SERVER_STREAM_RETRIES);
		server->stream_retries[i] = frame_text(text);
	}
}

int server_streams_init(struct server *server, struct err *err)
{
	int i;

	server->stream_nowhere = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->stream_nowhere < 0)
		return err_errno(err, "socket");
	list_init(&server->streams);
	list_init(&server->streams_ready);
	list_init(&server->streams_closing);
	for (i = 0; i < SERVER_STREAM_SLOTS; i++)
		list_init(&server->stream_slots[i]);
	ev_timer_init(&server->stream_tick, on_tick, 0.0, 1.0);
	ev_timer_init(&server->stream_drain, on_drain_over, DRAIN_SEC, 0.0);
	server->stream_tick.data = server->stream_drain.data = server;
	server->stream_keepalive = frame_text(": keepalive\n\n");
	make_retries(server);
	server->stream_head = frame_raw(HEAD HEAD_END);
	server->stream_head_1_0 = frame_raw(HEAD HEAD_END_1_0);
	server->stream_last = frame_raw("0\r\n\r\n");
	return 0;
}

void server_streams_drain(struct server *server)
{
	list_for_each_safe(node, &server->streams)
		leave(list_entry(node, struct sse, node));
	if (server->stream_count)
		ev_timer_start(server->loop, &server->stream_drain);
}

void server_streams_deinit(struct server *server)
{
	int i;

	list_for_each_safe(node, &server->streams)
		over(list_entry(node, struct sse, node), false);
	server_streams_flush(server); /* every owner hears that it is over */
	ev_timer_stop(server->loop, &server->stream_tick);
	ev_timer_stop(server->loop, &server->stream_drain);
	sse_frame_unref(server->stream_head);
	sse_frame_unref(server->stream_head_1_0);
	for (i = 0; i < SERVER_STREAM_RETRIES; i++)
		sse_frame_unref(server->stream_retries[i]);
	sse_frame_unref(server->stream_keepalive);
	sse_frame_unref(server->stream_last);
	(void)close(server->stream_nowhere);
}
