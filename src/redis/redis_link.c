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
 */
#include "redis/redis_link.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"
#include "redis/redis_command.h"
#include "redis/redis_greeting.h"
#include "redis/redis_link_in.h"
#include "redis/redis_reader.h"
#include "redis/redis_resolve.h"
#include "redis/redis_script.h"
#include "redis/redis_transport.h"

#include <assert.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define READ_BYTES     65536
#define FEED_BYTES     16384
#define READ_ROUNDS    16
#define OUT_KEEP_BYTES (1u << 18)
#define GREETING_MAX   256  /* commands of a greeting, with the scripts */
#define STEADY_MS      1000 /* up for so long: the backoff starts anew */
#define LATE_MS        100  /* a timer that is later than this: the loop stood still */
#define GRACE_MS       1000

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

void redis_link_lose(struct redis_link *link, int code, const char *format, ...)
{
	struct str text = STR_INIT;
	struct err err;
	va_list args;

	va_start(args, format);
	str_vprintf(&text, format, args);
	va_end(args);
	(void)err_set(&err, code, "%s", str_text(&text));
	str_deinit(&text);
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
	link->turn_due_mono_ms = 0;
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

void redis_link_enqueue(struct redis_link *link, const struct redis_command *command,
			const struct redis_pending_entry *entry)
{
	char buf[REDIS_COMMAND_HEAD_MAX];
	size_t head_len;
	const char *head = redis_command_head(command, buf, &head_len);

	(void)redis_pending_push(&link->pending,
				 entry); /* the caller has checked the room */
	if (link->out_done > link->out.len / 2) {
		str_drop(&link->out, link->out_done);
		link->out_done = 0;
	}
	str_add(&link->out, head, head_len);
	str_add(&link->out, command->bytes.data, command->bytes.len);
	link->queued += head_len + command->bytes.len;
}

int redis_link_send(struct redis_link *link, const struct redis_command *command,
		    redis_answer_cb cb, void *arg, struct err *err)
{
	struct redis_pending_entry entry = { .cb = cb, .arg = arg };

	assert(command->count > 0);
	if (link->state != LINK_UP)
		return err_set(err, ERR_CONN, "Redis is not connected");
	if (link->pending.count >= link->queue_max || FAULT_FAILS("redis.send"))
		return err_set(err, ERR_FULL, "%zu commands to Redis are unanswered",
			       link->pending.count);
	if (link->out.len - link->out_done + command->bytes.len > link->bytes_max)
		return err_set(err, ERR_FULL, "%zu bytes to Redis are unsent",
			       link->out.len - link->out_done);
	if (!link->turn_due_mono_ms)
		link->turn_due_mono_ms = clock_mono_ms() + link->command_timeout_ms;
	entry.begins_at = link->queued;
	entry.deadline_mono_ms = link->turn_due_mono_ms;
	redis_link_enqueue(link, command, &entry);
	if (!ev_is_active(&link->deadline))
		deadline_arm(link, clock_mono_ms(), entry.deadline_mono_ms);
	return 0;
}

/* ---- the greeting ---- */

static void greet(struct redis_link *link)
{
	link->state = LINK_GREETING;
	link->queued = link->written = 0;
	link->turn_due_mono_ms = 0;
	redis_reader_free(link->reader);
	link->reader = redis_reader_new();
	redis_greeting_send(link);
	ev_io_stop(link->loop, &link->writable);
	ev_io_start(link->loop, &link->readable);
	ev_prepare_start(link->loop, &link->turn_end);
}

void redis_link_greeted(struct redis_link *link)
{
	ev_timer_stop(link->loop, &link->attempt);
	link->state = LINK_UP;
	link->up_since_mono_ms = clock_mono_ms();
	tell(link, REDIS_EVENT_UP, NULL);
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
		redis_link_lose(link, ERR_PROTO, "an answer to no question");
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
		redis_link_lose(link, ERR_REFUSED,
				"this server is a replica by now, no master");
	else if (answer.trouble == REDIS_TROUBLE_LOADING)
		redis_link_lose(link, ERR_REFUSED, "this server is loading its data");
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
		redis_link_lose(link, ERR_TIMEOUT, "looking up the host takes too long");
	else if (link->state == LINK_CONNECTING)
		redis_link_lose(link, ERR_TIMEOUT, "connecting takes too long");
	else if (link->state == LINK_GREETING)
		redis_link_lose(link, ERR_TIMEOUT,
				"the server does not answer the greeting");
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
			redis_link_lose(link, ERR_TIMEOUT,
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
	assert(link->nsets < REDIS_LINK_SETS_MAX);
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
		redis_link_lose(link, ERR_CONN, "%s", why);
}
