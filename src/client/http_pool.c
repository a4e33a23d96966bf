/*
 * http_pool.c - HTTP requests of a child with an event loop: many at a time, bounded
 *
 * libcurl does them, on the loop by curl_loop.c. One transfer is one connection
 * (HTTP/1.1), so that an abandoned one can be closed at once and the far side sees it.
 *
 *	waiting   in pool->waiting, without an easy handle: there are `connections`
 *		  others, or LOOKUPS_MAX that have not got beyond the look-up of
 *		  their name
 *	active    in pool->active, libcurl's
 *	ended     libcurl is done with it: the handle is removed, then done is called
 *
 * Names are looked up by libcurl in threads, one for each look-up under way: hence
 * LOOKUPS_MAX, or a thousand requests to a name that is not cached were a thousand
 * threads. What a transfer has left behind is told by CURLOPT_OPENSOCKETFUNCTION (the
 * name is known) and CURLOPT_PREREQFUNCTION (a connection was used again).
 *
 * Time: each transfer has one timer for the nearer of its deadline and the end of the
 * allowed silence; bytes that come only note when, and the timer looks at that when it
 * fires. libcurl's own limits count in seconds and not while a transfer waits.
 *
 * A pool that has had nothing to do for REST_SEC gives its idle connections and libcurl's
 * memory back.
 */
#include "client/http_pool.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "client/curl_loop.h"
#include "client/egress.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define LOOKUPS_MAX 16
#define REST_SEC    30.
/* Read and kept per transfer by libcurl; answers of models come in small pieces. */
#define BUFFER_BYTES 4096L
#define HEAD_MAX     65536

struct http_pool {
	struct http_pool_options options;
	struct curl_loop curl;
	struct list active;  /* struct http_transfer */
	struct list waiting; /* struct http_transfer, oldest first */
	size_t active_count;
	size_t waiting_count;
	size_t lookups; /* of the active ones, those whose name is looked up */
	ev_timer kick;  /* waiting ones may start */
	ev_timer rest;
};

struct http_transfer {
	struct list node;
	struct http_pool *pool;
	const struct http_ops *ops;
	void *arg;
	CURL *easy; /* NULL: waits for its turn */
	struct curl_slist *headers;
	char *url;
	char *method;
	const void *body;
	size_t body_len;
	size_t answer_max;
	size_t answer_len;
	size_t head_len;
	int64_t deadline_mono_ms;
	int64_t silence_ms;
	int64_t heard_mono_ms; /* when the last byte came, or it became active */
	ev_timer timer;
	bool looking; /* its name is looked up */
	bool headed;  /* head was called */
	bool stopped; /* a callback ended it */
	bool refused; /* an address of it is none that requests may go to */
	bool too_large;
	bool large_head;
	bool hurried;
};

/* ---- the end of a transfer ---- */

static void looked_up(struct http_transfer *transfer)
{
	if (!transfer->looking)
		return;
	transfer->looking = false;
	transfer->pool->lookups--;
}

/* Takes it from libcurl, which closes its connection unless the answer was whole. */
static void transfer_free(struct http_transfer *transfer)
{
	struct http_pool *pool = transfer->pool;

	looked_up(transfer);
	list_remove(&transfer->node);
	ev_timer_stop(pool->options.loop, &transfer->timer);
	if (transfer->easy) {
		pool->active_count--;
		curl_loop_remove(&pool->curl, transfer->easy);
	} else {
		pool->waiting_count--;
	}
	curl_slist_free_all(transfer->headers);
	mem_free(transfer->url);
	mem_free(transfer->method);
	mem_free(transfer);
	if (pool->active_count == 0 && !ev_is_active(&pool->rest))
		ev_timer_again(pool->options.loop, &pool->rest);
}

static void end(struct http_transfer *transfer, int rc, const struct err *err)
{
	const struct http_ops *ops = transfer->ops;
	void *arg = transfer->arg;

	transfer_free(transfer);
	ops->done(arg, rc, err);
}

static int judge(const struct http_transfer *transfer, CURLcode code, struct err *err)
{
	const char *text = curl_easy_strerror(code);

	if (transfer->too_large)
		return err_set(err, ERR_LIMIT, "the answer is larger than %zu bytes",
			       transfer->answer_max);
	if (transfer->large_head)
		return err_set(err, ERR_PROTO,
			       "the head of the answer is larger than %d bytes",
			       HEAD_MAX);
	if (transfer->stopped)
		return err_set(err, ERR_CLOSED, "the answer was not read to its end");
	if (transfer->refused && code == CURLE_COULDNT_CONNECT)
		return err_set(err, ERR_REFUSED,
			       "its address is none that requests may go to "
			       "(egress.allow)");
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return err_set(err, ERR_INPUT, "%s", text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_TIMEOUT, "no connection within %lld ms",
			       (long long)transfer->pool->options.connect_timeout_ms);
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: a body without a head */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_BAD_CONTENT_ENCODING:
		return err_set(err, ERR_PROTO, "%s", text);
	case CURLE_GOT_NOTHING:
		return err_set(err, ERR_CONN,
			       "the connection was closed without an answer");
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
		return err_set(err, ERR_CONN,
			       "the connection broke before the answer was whole");
	default:
		break;
	}
	return err_set(err, ERR_CONN, "%s", text);
}

/* ---- what an answer brings ---- */

static int give_head(struct http_transfer *transfer)
{
	struct http_head head = { 0 };
	const char *type = NULL;
	curl_off_t after_sec = 0;
	long status = 0;

	transfer->headed = true;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &after_sec);
	head.status = (int)status;
	head.content_type = type ? type : "";
	if (after_sec > 0)
		head.retry_after_ms =
			after_sec < INT32_MAX ? (int64_t)after_sec * 1000 : INT64_MAX / 2;
	return transfer->ops->head(transfer->arg, &head);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct http_transfer *transfer = data;
	size_t len = size * count;

	transfer->heard_mono_ms = clock_mono_ms();
	if (!transfer->headed && give_head(transfer) != 0) {
		transfer->stopped = true;
		return 0; /* fewer than len: the transfer ends */
	}
	if (len > transfer->answer_max - transfer->answer_len) {
		transfer->too_large = true;
		return 0;
	}
	transfer->answer_len += len;
	if (transfer->ops->body(transfer->arg, bytes, len) != 0) {
		transfer->stopped = true;
		return 0;
	}
	return len;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct http_transfer *transfer = data;

	(void)bytes; /* libcurl keeps them, for what give_head() asks */
	transfer->heard_mono_ms = clock_mono_ms();
	transfer->head_len += size * count;
	if (transfer->head_len > HEAD_MAX) {
		transfer->large_head = true;
		return 0;
	}
	return size * count;
}

static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct http_transfer *transfer = data;
	const struct egress *egress = transfer->pool->options.egress;

	(void)purpose;
	looked_up(transfer);
	if (egress && !egress_allows(egress, &addr->addr)) {
		transfer->refused = true;
		return CURL_SOCKET_BAD;
	}
	/* close-on-exec from the first moment: another thread of ours may not fork, a
	 * helper of a later time shall not get it */
	return socket(addr->family, addr->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		      addr->protocol);
}

static int on_connected(void *data, char *their_ip, char *our_ip, int their_port,
			int our_port)
{
	struct http_transfer *transfer = data;

	(void)their_ip;
	(void)our_ip;
	(void)their_port;
	(void)our_port;
	looked_up(transfer);
	transfer->heard_mono_ms = clock_mono_ms();
	return CURL_PREREQFUNC_OK;
}

/* ---- time ---- */

static int64_t due_mono_ms(const struct http_transfer *transfer)
{
	int64_t silent_mono_ms = transfer->heard_mono_ms + transfer->silence_ms;

	return transfer->easy && silent_mono_ms < transfer->deadline_mono_ms
		       ? silent_mono_ms
		       : transfer->deadline_mono_ms;
}

static void arm(struct http_transfer *transfer)
{
	struct ev_loop *loop = transfer->pool->options.loop;
	int64_t left_ms = due_mono_ms(transfer) - clock_mono_ms();

	ev_timer_stop(loop, &transfer->timer);
	ev_now_update(loop);
	ev_timer_set(&transfer->timer, left_ms > 0 ? (double)left_ms / 1000. : 0., 0.);
	ev_timer_start(loop, &transfer->timer);
}

/* ---- the start of a transfer ---- */

static bool set_up(struct http_transfer *transfer)
{
	CURL *easy = transfer->easy;
	int bad = 0;

	bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* or removing a transfer would wait for the thread that looks its name up */
	bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_URL, transfer->url);
	bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	bad |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT,
				PACKAGE_NAME "/" PACKAGE_VERSION);
	bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
				(long)transfer->pool->options.connect_timeout_ms);
	bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	if (transfer->body) {
		bad |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
		bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)transfer->body_len);
		bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body);
	}
	bad |= curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->method);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	bad |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	bad |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	bad |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	return !bad;
}

/* false: there is no memory for it. */
static bool activate(struct http_transfer *transfer)
{
	struct http_pool *pool = transfer->pool;

	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		return false;
	list_remove(&transfer->node);
	list_push(&pool->active, &transfer->node);
	pool->waiting_count--;
	pool->active_count++;
	transfer->looking = true;
	pool->lookups++;
	ev_timer_stop(pool->options.loop, &pool->rest);
	transfer->heard_mono_ms = clock_mono_ms();
	arm(transfer);
	return set_up(transfer) && curl_loop_add(&pool->curl, transfer->easy);
}

static void start_waiting(struct http_pool *pool)
{
	struct http_transfer *transfer;
	struct err err;

	while (!list_empty(&pool->waiting) &&
	       pool->active_count < pool->options.connections &&
	       pool->lookups < LOOKUPS_MAX) {
		transfer = list_entry(pool->waiting.next, struct http_transfer, node);
		if (activate(transfer))
			continue;
		(void)err_set(&err, ERR_CONN, "no memory for the request");
		end(transfer, ERR_CONN, &err);
	}
}

static void on_turned(void *arg)
{
	start_waiting(arg);
}

static void on_ended(void *arg, void *data, CURLcode code)
{
	struct http_transfer *transfer = data;
	struct err err = { 0 };
	int rc = code == CURLE_OK ? 0 : judge(transfer, code, &err);

	(void)arg;
	if (rc == 0 && !transfer->headed && give_head(transfer) != 0)
		rc = err_set(&err, ERR_CLOSED, "the answer was not read");
	end(transfer, rc, &err);
}

static void on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct http_transfer *transfer = w->data;
	struct http_pool *pool = transfer->pool;
	int64_t now_mono_ms = clock_mono_ms();
	struct err err;

	(void)loop;
	(void)revents;
	if (due_mono_ms(transfer) > now_mono_ms) {
		arm(transfer); /* something was heard since */
		return;
	}
	if (transfer->hurried)
		(void)err_set(&err, ERR_TIMEOUT, "the end of the answer did not come");
	else if (!transfer->easy)
		(void)err_set(&err, ERR_TIMEOUT, "no connection became free in time");
	else if (now_mono_ms >= transfer->deadline_mono_ms)
		(void)err_set(&err, ERR_TIMEOUT, "the answer was not whole in time");
	else
		(void)err_set(&err, ERR_TIMEOUT, "nothing came for %lld ms",
			      (long long)transfer->silence_ms);
	end(transfer, ERR_TIMEOUT, &err);
	start_waiting(pool);
}

/* With the next turn of the loop, so that no done comes out of send or abandon. */
static void kick(struct http_pool *pool)
{
	if (list_empty(&pool->waiting) || ev_is_active(&pool->kick))
		return;
	ev_timer_set(&pool->kick, 0., 0.);
	ev_timer_start(pool->options.loop, &pool->kick);
}

static void on_kick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	start_waiting(w->data);
}

static void on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct http_pool *pool = w->data;

	(void)revents;
	ev_timer_stop(loop, w);
	if (pool->active_count == 0)
		curl_loop_close(&pool->curl);
}

static int add_header(struct curl_slist **list, const char *line, struct err *err)
{
	struct curl_slist *longer;
	const char *p;

	for (p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(err, ERR_INPUT,
				       "a header holds a control character");
	longer = curl_slist_append(*list, line);
	if (!longer)
		return err_set(err, ERR_LIMIT, "no memory for the request");
	*list = longer;
	return 0;
}

int http_pool_send(struct http_pool *pool, const struct http_request *request,
		   struct http_transfer **ret, struct err *err)
{
	struct http_transfer *transfer;
	struct curl_slist *headers = NULL;
	const char *const *line;
	int rc;

	if (strncasecmp(request->url, "http://", 7) != 0 &&
	    strncasecmp(request->url, "https://", 8) != 0)
		return err_set(err, ERR_INPUT, "not an http:// or https:// URL");
	rc = add_header(&headers, "Expect:", err); /* no question before the body */
	for (line = request->headers; rc == 0 && line && *line; line++)
		rc = add_header(&headers, *line, err);
	if (rc < 0) {
		curl_slist_free_all(headers);
		return rc;
	}
	transfer = mem_new(struct http_transfer);
	transfer->pool = pool;
	transfer->ops = request->ops;
	transfer->arg = request->arg;
	transfer->headers = headers;
	transfer->url = mem_dup(request->url);
	transfer->method = mem_dup(request->method);
	transfer->body = request->body;
	transfer->body_len = request->body_len;
	transfer->answer_max = request->answer_max_bytes;
	transfer->deadline_mono_ms = request->deadline_mono_ms;
	transfer->silence_ms = request->silence_ms;
	ev_timer_init(&transfer->timer, on_due, 0., 0.);
	transfer->timer.data = transfer;
	list_push(&pool->waiting, &transfer->node);
	pool->waiting_count++;
	arm(transfer);
	kick(pool);
	*ret = transfer;
	return 0;
}

void http_transfer_abandon(struct http_transfer *transfer)
{
	struct http_pool *pool = transfer->pool;

	assert(!curl_loop_inside(&pool->curl));
	transfer_free(transfer);
	kick(pool);
}

void http_transfer_hurry(struct http_transfer *transfer, int64_t within_ms)
{
	int64_t due = clock_mono_ms() + within_ms;

	transfer->hurried = true;
	if (due < transfer->deadline_mono_ms)
		transfer->deadline_mono_ms = due;
	arm(transfer);
}

/* ---- life ---- */

struct http_pool *http_pool_new(const struct http_pool_options *options, struct err *err)
{
	struct http_pool *pool;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_set(err, ERR_LIMIT, "libcurl does not start");
		return NULL;
	}
	pool = mem_new(struct http_pool);
	pool->options = *options;
	list_init(&pool->active);
	list_init(&pool->waiting);
	curl_loop_init(&pool->curl, options->loop, options->connections, on_ended,
		       on_turned, pool);
	ev_timer_init(&pool->kick, on_kick, 0., 0.);
	pool->kick.data = pool;
	ev_timer_init(&pool->rest, on_rest, REST_SEC, REST_SEC);
	pool->rest.data = pool;
	return pool;
}

void http_pool_free(struct http_pool *pool)
{
	if (!pool)
		return;
	while (!list_empty(&pool->waiting))
		transfer_free(list_entry(pool->waiting.next, struct http_transfer, node));
	while (!list_empty(&pool->active))
		transfer_free(list_entry(pool->active.next, struct http_transfer, node));
	curl_loop_close(&pool->curl);
	ev_timer_stop(pool->options.loop, &pool->kick);
	ev_timer_stop(pool->options.loop, &pool->rest);
	mem_free(pool);
	curl_global_cleanup();
}

size_t http_pool_active(const struct http_pool *pool)
{
	return pool->active_count;
}

size_t http_pool_waiting(const struct http_pool *pool)
{
	return pool->waiting_count;
}
