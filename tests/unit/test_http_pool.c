/* test_http_pool.c - requests of a pool against a small server in a thread */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/http_pool.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GENEROUS_MS 30000

/* ---- the server: what it answers is the path ---- */

static int listener;
static int port;
static atomic_int accepted, closed, requests;

static void say(int fd, const char *text)
{
	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void say_much(int fd, const char *piece, int times)
{
	while (times--)
		say(fd, piece);
}

/* false: the connection ends. */
static bool answer(int fd, const char *path)
{
	if (strncmp(path, "/ok", 3) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nRetry-After: 7\r\n"
			"Content-Length: 5\r\n\r\nhello");
	} else if (strncmp(path, "/empty", 6) == 0) {
		say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
	} else if (strncmp(path, "/redirect", 9) == 0) {
		say(fd,
		    "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/half", 5) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
	} else if (strncmp(path, "/cut", 4) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
		return false;
	} else if (strncmp(path, "/big", 4) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
		say_much(fd, "0123456789", 10000);
	} else if (strncmp(path, "/heads", 6) == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n");
		say_much(fd, "X-More: 0123456789012345678901234567890123456789\r\n",
			 3000);
	} else if (strncmp(path, "/noise", 6) == 0) {
		say(fd, "what?\r\n\r\n");
		return false;
	} else if (strncmp(path, "/drop", 5) == 0) {
		return false;
	}
	return true; /* /stall */
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char head[4096];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, head + len, sizeof(head) - 1 - len, 0)) > 0) {
		char *end;

		len += (size_t)n;
		head[len] = '\0';
		end = strstr(head, "\r\n\r\n");
		if (!end)
			continue;
		atomic_fetch_add(&requests, 1);
		len = 0; /* bodies come in the same piece here */
		if (!answer(fd, strchr(head, ' ') + 1))
			break;
	}
	(void)close(fd);
	atomic_fetch_add(&closed, 1);
	return NULL;
}

static void *accept_all(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pthread_t thread;

		atomic_fetch_add(&accepted, 1);
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
			abort();
		(void)pthread_detach(thread);
	}
	return NULL;
}

static int start_server(void **state)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	pthread_t thread;

	(void)state;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(listener, 64) < 0 ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) < 0)
		return -1;
	port = ntohs(addr.sin_port);
	return pthread_create(&thread, NULL, accept_all, NULL) || pthread_detach(thread);
}

/* ---- requests ---- */

static struct ev_loop *loop;
static struct http_pool *pool;

struct asked {
	struct http_transfer *transfer;
	struct str body;
	int status;
	char type[32];
	int64_t retry_after_ms;
	int rc; /* 1: not done yet */
	struct err err;
	bool refuse_head, refuse_body, hurry;
};

static int on_head(void *arg, const struct http_head *head)
{
	struct asked *asked = arg;

	asked->status = head->status;
	asked->retry_after_ms = head->retry_after_ms;
	(void)snprintf(asked->type, sizeof(asked->type), "%s", head->content_type);
	return asked->refuse_head ? -1 : 0;
}

static int on_body(void *arg, const char *bytes, size_t len)
{
	struct asked *asked = arg;

	str_add(&asked->body, bytes, len);
	if (asked->hurry)
		http_transfer_hurry(asked->transfer, 50);
	return asked->refuse_body ? -1 : 0;
}

static void on_done(void *arg, int rc, const struct err *err)
{
	struct asked *asked = arg;

	asked->rc = rc;
	if (rc < 0)
		asked->err = *err;
	asked->transfer = NULL;
	ev_break(loop, EVBREAK_ONE);
}

static const struct http_ops ops = { .head = on_head, .body = on_body, .done = on_done };

static struct http_request request_of(const char *path, char *url, size_t room)
{
	(void)snprintf(url, room, "http://127.0.0.1:%d%s", port, path);
	return (struct http_request){
		.method = "POST",
		.url = url,
		.body = "x",
		.body_len = 1,
		.deadline_mono_ms = clock_mono_ms() + GENEROUS_MS,
		.silence_ms = GENEROUS_MS,
		.answer_max_bytes = 1000,
		.ops = &ops,
	};
}

static void send_to(struct asked *asked, const struct http_request *request)
{
	struct http_request mine = *request;
	struct err err;

	mine.arg = asked;
	asked->rc = 1;
	assert_int_equal(http_pool_send(pool, &mine, &asked->transfer, &err), 0);
	assert_int_equal(asked->rc, 1); /* never from in there */
}

static void ask(struct asked *asked, const char *path)
{
	char url[128];
	struct http_request request = request_of(path, url, sizeof(url));

	send_to(asked, &request);
}

static void wait_done(struct asked *asked)
{
	while (asked->rc == 1)
		ev_run(loop, EVRUN_ONCE);
}

/* Turn the loop until the counter is there; the transfers must not end meanwhile. */
static void wait_count(atomic_int *count, int wanted)
{
	int64_t end_mono_ms = clock_mono_ms() + GENEROUS_MS;

	while (atomic_load(count) < wanted) {
		assert_true(clock_mono_ms() < end_mono_ms);
		ev_run(loop, EVRUN_NOWAIT);
		(void)usleep(1000);
	}
}

static void open_pool(size_t connections)
{
	const struct http_pool_options options = {
		.connections = connections,
		.connect_timeout_ms = GENEROUS_MS,
		.loop = loop = ev_loop_new(EVFLAG_AUTO),
	};
	struct err err;

	atomic_store(&accepted, 0);
	atomic_store(&closed, 0);
	atomic_store(&requests, 0);
	pool = http_pool_new(&options, &err);
	assert_non_null(pool);
}

static void close_pool(void)
{
	http_pool_free(pool);
	wait_count(&closed, atomic_load(&accepted)); /* none of its connections is left */
	ev_loop_destroy(loop);
}

static void expect(const char *path, int rc, const char *said)
{
	struct asked asked = { 0 };

	ask(&asked, path);
	wait_done(&asked);
	assert_int_equal(asked.rc, rc);
	if (said && !strstr(asked.err.text, said))
		fail_msg("'%s' is not in '%s'", said, asked.err.text);
	str_deinit(&asked.body);
}

/* ---- tests ---- */

static void an_answer_comes_in_its_parts(void **state)
{
	struct asked asked = { 0 };

	(void)state;
	open_pool(4);
	ask(&asked, "/ok");
	wait_done(&asked);
	assert_int_equal(asked.rc, 0);
	assert_int_equal(asked.status, 200);
	assert_string_equal(asked.type, "text/x");
	assert_int_equal(asked.retry_after_ms, 7000);
	assert_string_equal(str_text(&asked.body), "hello");
	str_reset(&asked.body, 0);
	ask(&asked, "/empty");
	wait_done(&asked);
	assert_int_equal(asked.rc, 0);
	assert_int_equal(asked.status, 204);
	assert_string_equal(asked.type, "");
	assert_int_equal(asked.body.len, 0);
	ask(&asked, "/redirect");
	wait_done(&asked);
	assert_int_equal(asked.status, 302); /* not followed */
	assert_int_equal(atomic_load(&accepted), 1);
	assert_int_equal(http_pool_active(pool), 0);
	str_deinit(&asked.body);
	close_pool();
}

static void what_goes_wrong_has_its_name(void **state)
{
	struct asked asked = { 0 };

	(void)state;
	open_pool(4);
	expect("/cut", ERR_CONN, "before the answer was whole");
	expect("/drop", ERR_CONN, "without an answer");
	expect("/noise", ERR_PROTO, NULL);
	expect("/big", ERR_LIMIT, "larger than 1000 bytes");
	expect("/heads", ERR_PROTO, "head of the answer");
	asked.refuse_head = true;
	ask(&asked, "/ok");
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_CLOSED);
	assert_int_equal(asked.body.len, 0);
	ask(&asked, "/empty");
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_CLOSED);
	asked.refuse_head = false;
	asked.refuse_body = true;
	ask(&asked, "/ok");
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_CLOSED);
	str_deinit(&asked.body);
	close_pool();
}

static void deadlines_are_kept(void **state)
{
	struct asked asked = { 0 };
	struct http_request request;
	char url[128];

	(void)state;
	open_pool(1);
	request = request_of("/stall", url, sizeof(url));
	request.deadline_mono_ms = clock_mono_ms() + 100;
	send_to(&asked, &request);
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_TIMEOUT);
	assert_non_null(strstr(asked.err.text, "not whole in time"));

	request = request_of("/half", url, sizeof(url));
	request.silence_ms = 100;
	send_to(&asked, &request);
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_TIMEOUT);
	assert_non_null(strstr(asked.err.text, "nothing came for 100 ms"));
	assert_string_equal(str_text(&asked.body), "half");

	asked.hurry = true;
	str_reset(&asked.body, 0);
	ask(&asked, "/half");
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_TIMEOUT);
	assert_non_null(strstr(asked.err.text, "the end of the answer"));
	str_deinit(&asked.body);
	close_pool();
}

static void what_waits_for_a_connection_has_a_deadline_too(void **state)
{
	struct asked first = { 0 }, second = { 0 };
	struct http_request request;
	char url[128];

	(void)state;
	open_pool(1);
	ask(&first, "/stall");
	wait_count(&requests, 1);
	request = request_of("/ok", url, sizeof(url));
	request.deadline_mono_ms = clock_mono_ms() + 50;
	send_to(&second, &request);
	assert_int_equal(http_pool_waiting(pool), 1);
	wait_done(&second);
	assert_int_equal(second.rc, ERR_TIMEOUT);
	assert_non_null(strstr(second.err.text, "no connection became free"));
	assert_int_equal(first.rc, 1);
	close_pool(); /* with one under way */
}

static void an_abandoned_one_is_closed_at_once_and_makes_room(void **state)
{
	struct asked first = { 0 }, second = { 0 }, third = { 0 };

	(void)state;
	open_pool(1);
	ask(&first, "/half");
	wait_count(&requests, 1);
	ask(&second, "/ok");
	ask(&third, "/ok");
	assert_int_equal(http_pool_waiting(pool), 2);
	http_transfer_abandon(third.transfer);
	http_transfer_abandon(first.transfer);
	wait_count(&closed, 1);
	wait_done(&second);
	assert_int_equal(second.rc, 0);
	assert_int_equal(first.rc, 1);
	assert_int_equal(third.rc, 1);
	assert_int_equal(atomic_load(&accepted),
			 2); /* its connection was not used again */
	str_deinit(&first.body);
	str_deinit(&second.body);
	close_pool();
}

static void no_more_connections_than_allowed_each_used_again(void **state)
{
	struct asked asked[40];
	size_t i;

	(void)state;
	memset(asked, 0, sizeof(asked));
	open_pool(3);
	for (i = 0; i < 40; i++)
		ask(&asked[i], "/ok");
	for (i = 0; i < 40; i++) {
		wait_done(&asked[i]);
		assert_int_equal(asked[i].rc, 0);
		str_deinit(&asked[i].body);
	}
	assert_true(atomic_load(&accepted) <= 3);
	assert_int_equal(atomic_load(&requests), 40);
	close_pool();
}

static void descriptors_are_not_inherited(void **state)
{
	struct asked asked = { 0 };
	struct dirent *entry;
	int seen = 0;
	DIR *dir;

	(void)state;
	open_pool(1);
	ask(&asked, "/stall");
	wait_count(&requests, 1);
	dir = opendir("/proc/self/fd");
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct sockaddr_in peer = { 0 };
		socklen_t len = sizeof(peer);
		int fd = atoi(entry->d_name);

		if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
		    ntohs(peer.sin_port) != port)
			continue;
		seen++;
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	(void)closedir(dir);
	assert_int_equal(seen, 1);
	close_pool();
}

static void what_cannot_be_sent_is_refused(void **state)
{
	const char *bad[] = { "X: a\r\nY: b", NULL };
	struct http_transfer *transfer = NULL;
	struct http_request request;
	char url[128];
	struct err err;

	(void)state;
	open_pool(1);
	request = request_of("/ok", url, sizeof(url));
	request.headers = bad;
	assert_int_equal(http_pool_send(pool, &request, &transfer, &err), ERR_INPUT);
	request.headers = NULL;
	request.url = "file:///etc/passwd";
	assert_int_equal(http_pool_send(pool, &request, &transfer, &err), ERR_INPUT);
	assert_null(transfer);
	assert_int_equal(http_pool_waiting(pool), 0);
	close_pool();
}

static void nobody_is_there(void **state)
{
	struct asked asked = { 0 };
	struct http_request request;
	char url[128];

	(void)state;
	open_pool(1);
	request = request_of("/ok", url, sizeof(url));
	request.url = "http://127.0.0.1:1/";
	send_to(&asked, &request);
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_CONN);
	request.url = "http://[::1/";
	send_to(&asked, &request);
	wait_done(&asked);
	assert_int_equal(asked.rc, ERR_INPUT);
	close_pool();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_in_its_parts),
		cmocka_unit_test(what_goes_wrong_has_its_name),
		cmocka_unit_test(deadlines_are_kept),
		cmocka_unit_test(what_waits_for_a_connection_has_a_deadline_too),
		cmocka_unit_test(an_abandoned_one_is_closed_at_once_and_makes_room),
		cmocka_unit_test(no_more_connections_than_allowed_each_used_again),
		cmocka_unit_test(descriptors_are_not_inherited),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
		cmocka_unit_test(nobody_is_there),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start_server, NULL);
}
