/*
 * redis_link.c - one connection to a Redis server that is kept up
 *
 *   waiting ──backoff──> resolving ──> connecting ──> greeting ──PING──> up
 *      ^                     │             │              │              │
 *      └──── on_lost ────────┴──────── lose(): lost ──────┴──────────────┘
 *
 * Everything that ends a connection goes through lose(): it closes the descriptor, sets
 * the unanswered commands aside and feeds an event to the loop. Only then, in on_lost(),
 * are they answered and is the owner told: no callback runs inside a send or a drop.
 *
 * Out: commands of one turn of the loop pile up in `out` and leave in one write from an
 * ev_prepare of the lowest priority, that is after everything else that the turn had to
 * do. In: the parser is fed 16 KiB at a time (it moves its buffer), at most 1 MiB before
 * the loop gets its turn.
 *
 * Redis answers in order, so one ring of pending entries is all the bookkeeping, and
 * since every command has the same deadline the oldest is due first: one timer. When it
 * fires the socket is read once more before anybody is blamed, because libev runs timers
 * before descriptors: a loop that stood still for a while would else time out on answers
 * that are already there.
 *
 * A greeting is pipelined: AUTH, SELECT, CLIENT SETNAME, three INFOs, SCRIPT LOAD of
 * every script, PING. A replica, an old server and one that is loading are no servers to
 * us: the link drops them and comes back.
 */
#include "redis/redis_link.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/fault.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "redis/redis_command.h"
#include "redis/redis_pending.h"
#include "redis/redis_reader.h"
#include "redis/redis_resolve.h"
#include "redis/redis_script.h"
#include "redis/redis_transport.h"
#include "redis/redis_url.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define SETS_MAX       4
#define READ_BYTES     65536
#define FEED_BYTES     16384
#define READ_ROUNDS    16
#define OUT_KEEP_BYTES (1u << 18)
#define GREETING_MAX   256 /* commands of a greeting: 7 and the scripts */
#define VERSION_MIN    60000
#define STEADY_MS      1000 /* up for so long: the backoff starts anew */
#define LATE_MS        100  /* a timer that is later than this: the loop stood still */
#define GRACE_MS       1000
#define ERROR_SHOWN    160 /* bytes of a server's error in our sentences */

enum link_state {
	LINK_WAITING,    /* for the backoff timer */
	LINK_RESOLVING,  /* host name */
	LINK_CONNECTING, /* connect(2), TLS */
	LINK_GREETING,   /* login, checks, scripts */
	LINK_UP,
	LINK_LOST,   /* closed; on_lost() is about to say so */
	LINK_CLOSED, /* redis_link_free() */
};

struct redis_link {
	struct ev_loop *loop;
	struct redis_url url;
	struct redis_tls *tls; /* NULL: plain */
	char *name;            /* NULL: none */
	int64_t connect_timeout_ms;
	int64_t command_timeout_ms;
	size_t queue_max;
	size_t bytes_max;
	redis_event_cb on_event;
	redis_push_cb on_push;
	void *arg;
	const struct redis_scripts *sets[SETS_MAX];
	size_t nsets;

	enum link_state state;
	struct backoff backoff;
	struct rng rng;
	struct redis_resolve *resolve;
	const struct addrinfo *address; /* the one we try; of resolve */
	struct redis_transport *transport;
	struct redis_reader *reader;
	ev_io readable;
	ev_io writable;
	ev_prepare turn_end;
	ev_timer attempt;    /* waiting: next attempt; until up: its deadline */
	ev_timer deadline;   /* up: of the oldest command */
	ev_timer lost;       /* never started, only fed */
	int64_t due_mono_ms; /* what `deadline` was armed for */
	int64_t up_since_mono_ms;
	bool was_up; /* before it was lost */

	struct redis_pending pending;
	struct redis_pending failed; /* set aside by lose() */
	struct err why;              /* of the loss */
	int64_t lost_mono_ms;

	struct str out;
	size_t out_done;  /* bytes of out that have left */
	uint64_t queued;  /* bytes ever put into out on this connection */
	uint64_t written; /* bytes of them that left */

	struct redis_server server;
	bool has_server;

	int busy;   /* callbacks of the owner on the stack */
	bool freed; /* by one of them */
};

static void attempt_begin(struct redis_link *link);

/* ---- ends ---- */

static void connection_close(struct redis_link *link)
{
	ev_io_stop(link->loop, &link->readable);
	ev_io_stop(link->loop, &link->writable);
	ev_prepare_stop(link->loop, &link->turn_end);
	ev_timer_stop(link->loop, &link->attempt);
	ev_timer_stop(link->loop, &link->deadline);
	redis_resolve_free(link->resolve);
	link->resolve = NULL;
	link->address = NULL;
	redis_transport_free(link->transport);
	link->transport = NULL;
}

static void lose(struct redis_link *link, const struct err *why)
{
	assert(link->state != LINK_LOST && link->state != LINK_CLOSED);
	link->was_up = link->state == LINK_UP;
	link->lost_mono_ms = clock_mono_ms();
	link->why = *why;
	if (link->was_up && link->lost_mono_ms - link->up_since_mono_ms >= STEADY_MS)
		backoff_reset(&link->backoff);
	link->state = LINK_LOST;
	connection_close(link);
	redis_pending_move(&link->failed, &link->pending);
	str_reset(&link->out, OUT_KEEP_BYTES);
	link->out_done = 0;
	ev_feed_event(link->loop, &link->lost, EV_CUSTOM);
}

static void lose_text(struct redis_link *link, int code, const char *text)
{
	struct err err;

	(void)err_set(&err, code, "%s", text);
	lose(link, &err);
}

static void link_destroy(struct redis_link *link)
{
	redis_reader_free(link->reader);
	redis_pending_deinit(&link->pending);
	redis_pending_deinit(&link->failed);
	str_deinit(&link->out);
	redis_tls_free(link->tls);
	redis_url_deinit(&link->url);
	mem_free(link->name);
	mem_free(link);
}

/* Answer what lose() set aside. closed: with ERR_CLOSED instead of the reason. */
static void answer_failed(struct redis_link *link, bool closed)
{
	struct redis_pending_entry entry;

	while (redis_pending_shift(&link->failed, &entry)) {
		struct redis_answer answer = { .rc = ERR_CONN, .text = link->why.text };

		answer.sent = link->written > entry.begins_at;
		if (closed) {
			answer.rc = ERR_CLOSED;
			answer.text = "the connection is being closed";
		} else if (link->why.code == ERR_TIMEOUT &&
			   entry.deadline_mono_ms <= link->lost_mono_ms) {
			answer.rc = ERR_TIMEOUT;
		}
		if (entry.cb)
			entry.cb(entry.arg, &answer);
	}
}

static void leave(struct redis_link *link)
{
	link->busy--;
	if (link->busy == 0 && link->freed)
		link_destroy(link);
}

static void tell(struct redis_link *link, enum redis_event event, const struct err *why)
{
	if (link->on_event)
		link->on_event(link->arg, link, event, why);
}

static void on_lost(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_link *link = w->data;
	int64_t wait_ms;

	(void)revents;
	link->busy++;
	answer_failed(link, false);
	if (!link->freed) {
		link->state = LINK_WAITING;
		wait_ms = backoff_next(&link->backoff, &link->rng);
		ev_timer_set(&link->attempt, (double)wait_ms / 1000., 0.);
		ev_timer_start(loop, &link->attempt);
		tell(link, link->was_up ? REDIS_EVENT_DOWN : REDIS_EVENT_RETRY,
		     &link->why);
	}
	leave(link);
}

/* ---- out ---- */

static void flush(struct redis_link *link)
{
	struct err err;
	ssize_t n;

	while (link->out_done < link->out.len) {
		n = redis_transport_write(link->transport,
					  link->out.data + link->out_done,
					  link->out.len - link->out_done, &err);
		if (n < 0) {
			lose(link, &err);
			return;
		}
		if (n == 0) {
			ev_io_start(link->loop, &link->writable);
			return;
		}
		link->out_done += (size_t)n;
		link->written += (uint64_t)n;
	}
	ev_io_stop(link->loop, &link->writable);
	str_reset(&link->out, OUT_KEEP_BYTES);
	link->out_done = 0;
}

static void on_turn_end(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct redis_link *link = w->data;

	(void)loop;
	(void)revents;
	if (link->out.len && !ev_is_active(&link->writable))
		flush(link);
}

static void deadline_arm(struct redis_link *link, int64_t now_mono_ms,
			 int64_t due_mono_ms)
{
	int64_t left_ms = due_mono_ms - now_mono_ms;

	link->due_mono_ms = due_mono_ms;
	ev_timer_stop(link->loop, &link->deadline);
	ev_timer_set(&link->deadline, (double)(left_ms > 1 ? left_ms : 1) / 1000., 0.);
	ev_timer_start(link->loop, &link->deadline);
}

static void enqueue(struct redis_link *link, const struct redis_command *command,
		    const struct redis_pending_entry *entry)
{
	char head[16];
	int len = snprintf(head, sizeof(head), "*%u\r\n", command->count);

	(void)redis_pending_push(&link->pending,
				 entry); /* the caller has checked the room */
	if (link->out_done > link->out.len / 2) {
		str_drop(&link->out, link->out_done);
		link->out_done = 0;
	}
	str_add(&link->out, head, (size_t)len);
	str_add(&link->out, command->bytes.data, command->bytes.len);
	link->queued += (uint64_t)len + command->bytes.len;
}

int redis_link_send(struct redis_link *link, const struct redis_command *command,
		    redis_answer_cb cb, void *arg, struct err *err)
{
	struct redis_pending_entry entry = { .cb = cb, .arg = arg };
	int64_t now;

	assert(command->count > 0);
	if (link->state != LINK_UP)
		return err_set(err, ERR_CONN, "Redis is not connected");
	if (link->pending.count >= link->queue_max || FAULT_FAILS("redis.send"))
		return err_set(err, ERR_FULL, "%zu commands to Redis are unanswered",
			       link->pending.count);
	if (link->out.len - link->out_done + command->bytes.len > link->bytes_max)
		return err_set(err, ERR_FULL, "%zu bytes to Redis are unsent",
			       link->out.len - link->out_done);
	now = clock_mono_ms();
	entry.begins_at = link->queued;
	entry.deadline_mono_ms = now + link->command_timeout_ms;
	enqueue(link, command, &entry);
	if (!ev_is_active(&link->deadline))
		deadline_arm(link, now, entry.deadline_mono_ms);
	return 0;
}

/* ---- the greeting ---- */

static void greet_refused(struct redis_link *link, const char *what,
			  const struct redis_answer *answer)
{
	struct err err;

	(void)err_set(&err,
		      answer->trouble == REDIS_TROUBLE_LOADING ? ERR_CONN : ERR_REFUSED,
		      "%s: %.*s", what, ERROR_SHOWN, answer->text);
	lose(link, &err);
}

static void on_login(void *arg, const struct redis_answer *answer)
{
	if (answer->rc == ERR_REFUSED)
		greet_refused(arg, "login", answer);
}

static void on_script(void *arg, const struct redis_answer *answer)
{
	if (answer->rc == ERR_REFUSED)
		greet_refused(arg, "load a script", answer);
}

/* A name that the server does not like is no reason to go without it. */
static void on_named(void *arg, const struct redis_answer *answer)
{
	(void)arg;
	(void)answer;
}

/* The value of "key:value\r\n" in the text of INFO into buf; "" when it is not there. */
static const char *info_value(const char *info, const char *key, char *buf, size_t size)
{
	size_t key_len = strlen(key);
	const char *line = info;
	size_t len;

	buf[0] = '\0';
	while (line && *line) {
		if (strncmp(line, key, key_len) == 0 && line[key_len] == ':') {
			line += key_len + 1;
			len = strcspn(line, "\r\n");
			if (len >= size)
				len = size - 1;
			memcpy(buf, line, len);
			buf[len] = '\0';
			return buf;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return buf;
}

static int version_number(const char *text)
{
	int part[3] = { 0, 0, 0 };

	(void)sscanf(text, "%3d.%3d.%3d", &part[0], &part[1], &part[2]);
	return part[0] * 10000 + part[1] * 100 + part[2];
}

static void on_server(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[64];
	struct err err;

	if (answer->rc == ERR_REFUSED) {
		greet_refused(link, "INFO", answer);
		return;
	}
	if (!info)
		return;
	memset(&link->server, 0, sizeof(link->server));
	(void)info_value(info, "run_id", link->server.run_id,
			 sizeof(link->server.run_id));
	link->server.version =
		version_number(info_value(info, "redis_version", value, sizeof(value)));
	link->has_server = true;
	if (link->server.version >= VERSION_MIN && link->server.run_id[0])
		return;
	if (link->server.version >= VERSION_MIN)
		(void)err_set(&err, ERR_PROTO, "INFO names no run_id");
	else
		(void)err_set(&err, ERR_REFUSED,
			      "this server is Redis %.40s, 6.0 or newer is needed",
			      value[0] ? value : "of an unknown version");
	lose(link, &err);
}

static void on_role(void *arg, const struct redis_answer *answer)
{
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[32];

	if (answer->rc == ERR_REFUSED) {
		greet_refused(arg, "INFO", answer);
		return;
	}
	if (info && strcmp(info_value(info, "role", value, sizeof(value)), "master") != 0)
		lose_text(arg, ERR_REFUSED, "this server is a replica, no master");
}

static void on_memory(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;
	const char *info = redis_reply_text(answer->reply, NULL);
	char value[32];

	if (answer->rc < 0 || !info)
		return; /* then the policy is unknown: an empty text */
	(void)info_value(info, "maxmemory_policy", link->server.policy,
			 sizeof(link->server.policy));
	link->server.maxmemory_bytes =
		strtoll(info_value(info, "maxmemory", value, sizeof(value)), NULL, 10);
}

static void on_greeted(void *arg, const struct redis_answer *answer)
{
	struct redis_link *link = arg;

	if (answer->rc == ERR_REFUSED) {
		greet_refused(link, "PING", answer);
		return;
	}
	if (answer->rc < 0)
		return;
	ev_timer_stop(link->loop, &link->attempt);
	link->state = LINK_UP;
	link->up_since_mono_ms = clock_mono_ms();
	tell(link, REDIS_EVENT_UP, NULL);
}

static void greet_send(struct redis_link *link, const struct redis_command *command,
		       redis_answer_cb cb)
{
	struct redis_pending_entry entry = { .cb = cb,
					     .arg = link,
					     .begins_at = link->queued,
					     .deadline_mono_ms = INT64_MAX };

	enqueue(link, command, &entry);
}

static void greet(struct redis_link *link)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	const struct embed *text;
	char number[16];

	link->state = LINK_GREETING;
	link->queued = link->written = 0;
	redis_reader_free(link->reader);
	link->reader = redis_reader_new();
	if (link->url.password) {
		if (link->url.user)
			redis_command_words(&command, "AUTH", link->url.user,
					    link->url.password, NULL);
		else
			redis_command_words(&command, "AUTH", link->url.password, NULL);
		greet_send(link, &command, on_login);
		mem_wipe(command.bytes.data, command.bytes.len);
	}
	if (link->url.db) {
		(void)snprintf(number, sizeof(number), "%d", link->url.db);
		redis_command_words(&command, "SELECT", number, NULL);
		greet_send(link, &command, on_login);
	}
	if (link->name) {
		redis_command_words(&command, "CLIENT", "SETNAME", link->name, NULL);
		greet_send(link, &command, on_named);
	}
	redis_command_words(&command, "INFO", "server", NULL);
	greet_send(link, &command, on_server);
	redis_command_words(&command, "INFO", "replication", NULL);
	greet_send(link, &command, on_role);
	redis_command_words(&command, "INFO", "memory", NULL);
	greet_send(link, &command, on_memory);
	for (size_t i = 0; i < link->nsets; i++) {
		for (size_t j = 0; j < redis_scripts_count(link->sets[i]); j++) {
			text = redis_scripts_text(link->sets[i], j);
			redis_command_words(&command, "SCRIPT", "LOAD", NULL);
			redis_command_arg(&command, text->text, text->len);
			greet_send(link, &command, on_script);
		}
	}
	redis_command_words(&command, "PING", NULL);
	greet_send(link, &command, on_greeted);
	redis_command_deinit(&command);

	ev_io_stop(link->loop, &link->writable);
	ev_io_start(link->loop, &link->readable);
	ev_prepare_start(link->loop, &link->turn_end);
}

/* ---- in ---- */

static bool is_connected(const struct redis_link *link)
{
	return link->state == LINK_GREETING || link->state == LINK_UP;
}

static bool is_push(const struct redis_link *link, const struct redis_reply *reply)
{
	const char *kind;

	if (!link->on_push || redis_reply_count(reply) != 3)
		return false;
	kind = redis_reply_text(redis_reply_at(reply, 0), NULL);
	return kind && strcmp(kind, "message") == 0;
}

static void answer_one(struct redis_link *link, const struct redis_reply *reply)
{
	struct redis_answer answer = { .reply = reply, .sent = true, .text = "" };
	struct redis_pending_entry entry;

	if (is_push(link, reply)) {
		link->on_push(link->arg, reply);
		return;
	}
	if (!redis_pending_shift(&link->pending, &entry)) {
		lose_text(link, ERR_PROTO, "an answer to no question");
		return;
	}
	answer.trouble = redis_reply_trouble(reply);
	if (answer.trouble != REDIS_TROUBLE_NONE) {
		answer.rc = ERR_REFUSED;
		answer.text = redis_reply_text(reply, NULL);
	}
	if (entry.cb)
		entry.cb(entry.arg, &answer);
	if (link->freed || link->state != LINK_UP)
		return;
	if (answer.trouble == REDIS_TROUBLE_READONLY)
		lose_text(link, ERR_REFUSED,
			  "this server is a replica by now, no master");
	else if (answer.trouble == REDIS_TROUBLE_LOADING)
		lose_text(link, ERR_REFUSED, "this server is loading its data");
}

/* Bytes to answers; the connection may be gone afterwards. */
static void take_in(struct redis_link *link, const char *bytes, size_t len)
{
	const struct redis_reply *reply;
	struct err err;
	size_t n;
	int rc;

	while (len && !link->freed && is_connected(link)) {
		n = len < FEED_BYTES ? len : FEED_BYTES;
		rc = redis_reader_feed(link->reader, bytes, n, &err);
		bytes += n;
		len -= n;
		while (rc >= 0) {
			rc = redis_reader_next(link->reader, &reply, &err);
			if (rc <= 0)
				break;
			answer_one(link, reply);
			if (link->freed || !is_connected(link))
				return;
		}
		if (rc < 0)
			lose(link, &err);
	}
}

static void read_some(struct redis_link *link)
{
	static char bytes[READ_BYTES]; /* of the process: one loop, no nesting */
	struct err err;
	ssize_t n;

	link->busy++;
	for (int round = 0; round < READ_ROUNDS; round++) {
		n = redis_transport_read(link->transport, bytes, sizeof(bytes), &err);
		if (n < 0)
			lose(link, &err);
		if (n <= 0)
			break;
		take_in(link, bytes, (size_t)n);
		if (link->freed || !is_connected(link))
			break;
		if (!link->tls && (size_t)n < sizeof(bytes))
			break;
	}
	if (!link->freed && is_connected(link) &&
	    redis_transport_has_more(link->transport))
		ev_feed_event(link->loop, &link->readable, EV_READ);
	leave(link);
}

/* ---- connecting ---- */

static void handshake(struct redis_link *link);

static void open_address(struct redis_link *link, const struct sockaddr *address,
			 socklen_t len, struct err *err)
{
	int rc = redis_transport_open(address, len, link->tls, link->url.host,
				      &link->transport, err);
	int fd;

	if (rc < 0)
		return;
	fd = redis_transport_fd(link->transport);
	ev_io_set(&link->readable, fd, EV_READ);
	ev_io_set(&link->writable, fd, EV_WRITE);
	ev_io_start(link->loop, &link->writable);
}

/* The next address that can be opened, else the link is lost. */
static void open_next(struct redis_link *link, struct err *err)
{
	while (link->address) {
		open_address(link, link->address->ai_addr, link->address->ai_addrlen,
			     err);
		if (link->transport)
			return;
		link->address = link->address->ai_next;
	}
	lose(link, err);
}

static void on_resolved(void *arg, const struct addrinfo *addresses,
			const struct err *why)
{
	struct redis_link *link = arg;
	struct err err;

	if (!addresses) {
		lose(link, why);
		return;
	}
	link->state = LINK_CONNECTING;
	link->address = addresses;
	open_next(link, &err);
}

static void attempt_begin(struct redis_link *link)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct err err;

	ev_timer_stop(link->loop, &link->attempt);
	ev_timer_set(&link->attempt, (double)link->connect_timeout_ms / 1000., 0.);
	ev_timer_start(link->loop, &link->attempt);
	if (!link->url.path) {
		link->state = LINK_RESOLVING;
		link->resolve = redis_resolve_start(link->loop, link->url.host,
						    link->url.port, on_resolved, link);
		return;
	}
	link->state = LINK_CONNECTING;
	(void)snprintf(local.sun_path, sizeof(local.sun_path), "%s", link->url.path);
	open_address(link, (const struct sockaddr *)&local, sizeof(local), &err);
	if (!link->transport)
		lose(link, &err);
}

static void handshake(struct redis_link *link)
{
	struct err err;
	int rc = redis_transport_handshake(link->transport, &err);

	if (rc == REDIS_TRANSPORT_DONE) {
		greet(link);
	} else if (rc == REDIS_TRANSPORT_WANT_READ) {
		ev_io_stop(link->loop, &link->writable);
		ev_io_start(link->loop, &link->readable);
	} else if (rc == REDIS_TRANSPORT_WANT_WRITE) {
		ev_io_stop(link->loop, &link->readable);
		ev_io_start(link->loop, &link->writable);
	} else if (rc == ERR_CONN && link->address && link->address->ai_next) {
		ev_io_stop(link->loop, &link->readable);
		ev_io_stop(link->loop, &link->writable);
		redis_transport_free(link->transport);
		link->transport = NULL;
		link->address = link->address->ai_next;
		open_next(link, &err);
	} else {
		lose(link, &err);
	}
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct redis_link *link = w->data;

	(void)loop;
	(void)revents;
	if (link->state == LINK_CONNECTING)
		handshake(link);
	else if (is_connected(link))
		read_some(link);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct redis_link *link = w->data;

	(void)loop;
	(void)revents;
	if (link->state == LINK_CONNECTING)
		handshake(link);
	else if (is_connected(link))
		flush(link);
}

static void on_attempt(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_link *link = w->data;

	(void)loop;
	(void)revents;
	if (link->state == LINK_WAITING)
		attempt_begin(link);
	else if (link->state == LINK_RESOLVING)
		lose_text(link, ERR_TIMEOUT, "looking up the host takes too long");
	else if (link->state == LINK_CONNECTING)
		lose_text(link, ERR_TIMEOUT, "connecting takes too long");
	else if (link->state == LINK_GREETING)
		lose_text(link, ERR_TIMEOUT, "the server does not answer the greeting");
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_link *link = w->data;
	const struct redis_pending_entry *oldest;
	bool late = clock_mono_ms() - link->due_mono_ms > LATE_MS;
	int64_t now;

	(void)loop;
	(void)revents;
	if (link->state != LINK_UP)
		return;
	link->busy++;
	read_some(link);
	oldest = redis_pending_head(&link->pending);
	if (!link->freed && link->state == LINK_UP && oldest) {
		now = clock_mono_ms();
		if (oldest->deadline_mono_ms > now)
			deadline_arm(link, now, oldest->deadline_mono_ms);
		else if (late)
			deadline_arm(link, now, now + GRACE_MS);
		else
			lose_text(link, ERR_TIMEOUT,
				  "no answer within the command timeout");
	}
	leave(link);
}

/* ---- the owner's side ---- */

static int64_t or_default(int64_t value, int64_t otherwise)
{
	return value > 0 ? value : otherwise;
}

int redis_link_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		   struct redis_link **ret, struct err *err)
{
	struct redis_link *link = mem_new(struct redis_link);
	int rc;

	rc = redis_url_parse(conf->url, &link->url, err);
	if (rc == 0 && link->url.tls)
		rc = redis_tls_new(&link->url, &link->tls, err);
	if (rc < 0) {
		link_destroy(link);
		return rc;
	}
	link->loop = loop;
	link->name = conf->name ? mem_dup(conf->name) : NULL;
	link->connect_timeout_ms = or_default(conf->connect_timeout_ms, 5000);
	link->command_timeout_ms = or_default(conf->command_timeout_ms, 2000);
	link->queue_max = (size_t)or_default((int64_t)conf->queue_max, 10000);
	link->bytes_max = (size_t)or_default((int64_t)conf->bytes_max, 64 << 20);
	link->on_event = conf->on_event;
	link->on_push = conf->on_push;
	link->arg = conf->arg;
	backoff_init(&link->backoff, or_default(conf->retry_min_ms, 50),
		     or_default(conf->retry_max_ms, 2000));
	rng_seed(&link->rng, conf->seed ? conf->seed : rng_u64());
	redis_pending_init(&link->pending, link->queue_max > GREETING_MAX
						   ? link->queue_max
						   : GREETING_MAX);
	redis_pending_init(&link->failed, link->pending.max);

	ev_io_init(&link->readable, on_readable, -1, EV_READ);
	ev_io_init(&link->writable, on_writable, -1, EV_WRITE);
	ev_prepare_init(&link->turn_end, on_turn_end);
	ev_set_priority(&link->turn_end, EV_MINPRI);
	ev_timer_init(&link->attempt, on_attempt, 0., 0.);
	ev_timer_init(&link->deadline, on_deadline, 0., 0.);
	ev_timer_init(&link->lost, on_lost, 0., 0.);
	link->readable.data = link->writable.data = link->turn_end.data = link;
	link->attempt.data = link->deadline.data = link->lost.data = link;

	attempt_begin(link);
	*ret = link;
	return 0;
}

void redis_link_free(struct redis_link *link)
{
	if (!link)
		return;
	assert(!link->freed);
	link->freed = true;
	link->busy++;
	if (link->state != LINK_LOST)
		redis_pending_move(&link->failed, &link->pending);
	link->state = LINK_CLOSED;
	connection_close(link);
	ev_clear_pending(link->loop, &link->lost);
	answer_failed(link, true);
	leave(link);
}

void redis_link_scripts(struct redis_link *link, const struct redis_scripts *scripts)
{
	assert(link->nsets < SETS_MAX);
	link->sets[link->nsets++] = scripts;
}

bool redis_link_is_up(const struct redis_link *link)
{
	return link->state == LINK_UP;
}

const struct redis_server *redis_link_server(const struct redis_link *link)
{
	return link->has_server ? &link->server : NULL;
}

size_t redis_link_pending(const struct redis_link *link)
{
	return link->pending.count;
}

void redis_link_drop(struct redis_link *link, const char *why)
{
	if (link->state == LINK_CONNECTING || is_connected(link))
		lose_text(link, ERR_CONN, why);
}
