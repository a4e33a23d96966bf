/* test_server.c - the HTTP server on a real loopback socket, client in the same loop */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "loopback.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GIVE_UP_MS 10000

/* The handler under test: what it does is chosen by the path. */
struct rig {
	struct loopback net;
	struct server *server;
	struct request *waiting; /* /later: answered by the test */
	int heads, requests;
	size_t body_len;
	bool drained;
};

static size_t on_head(struct request *req, void *arg)
{
	struct rig *rig = arg;

	rig->heads++;
	if (strcmp(request_segment(req, 0), "refused") == 0)
		response_text(req, 404, "text/plain", "no", 2);
	return 100000;
}

static void on_request(struct request *req, void *arg)
{
	struct rig *rig = arg;
	struct str out = STR_INIT;

	rig->requests++;
	(void)request_body(req, &rig->body_len);
	if (strcmp(request_segment(req, 0), "later") == 0) {
		rig->waiting = req;
		return;
	}
	if (strcmp(request_segment(req, 0), "big") == 0) {
		char *zeros = str_reserve(&out, 4 << 20);

		memset(zeros, 'z', 4 << 20);
		str_grew(&out, 4 << 20);
	} else {
		str_printf(&out, "{\"method\":%d,\"len\":%zu,\"peer\":\"%s\"}",
			   (int)request_method(req), rig->body_len, request_peer(req));
	}
	response_header(req, "X-Test", "yes");
	response_json(req, 200, &out);
}

static void on_drained(void *arg)
{
	struct rig *rig = arg;

	rig->drained = true;
}

static struct rig *rig_bound(int64_t deadline_ms, int64_t connections, int64_t of_client)
{
	static const struct server_ops ops = { on_head, on_request };
	struct server_options options = {
		.connections = connections,
		.client_connections = of_client,
		.idle_ms = deadline_ms,
		.read_ms = deadline_ms,
		.write_ms = deadline_ms,
		.bodies_max_bytes = 64 << 20,
	};
	struct rig *rig = mem_new(struct rig);
	struct err err;

	loopback_open(&rig->net);
	options.listen_fd = rig->net.listen_fd;
	assert_int_equal(
		server_new(rig->net.loop, &options, &ops, rig, &rig->server, &err), 0);
	return rig;
}

static struct rig *rig_new(int64_t deadline_ms, int64_t connections)
{
	return rig_bound(deadline_ms, connections, 0);
}

static void rig_free(struct rig *rig)
{
	server_free(rig->server);
	loopback_close(&rig->net);
	mem_free(rig);
}

static void turn(struct rig *rig)
{
	loopback_turn(&rig->net);
}

static int dial(struct rig *rig)
{
	return loopback_dial(&rig->net);
}

/* Send all of it while the loop turns; a client that is cut off stops early. */
static void say_n(struct rig *rig, int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n < 0) {
			turn(rig);
			continue;
		}
		text += n;
		len -= (size_t)n;
	}
}

static void say(struct rig *rig, int fd, const char *text)
{
	say_n(rig, fd, text, strlen(text));
}

static bool hear(struct rig *rig, int fd, struct str *reply, const char *want)
{
	return loopback_hear(&rig->net, fd, reply, want);
}

/* One request on a connection of its own; the status, or 0 without an answer. */
static int ask(struct rig *rig, const char *text, const char *want)
{
	struct str reply = STR_INIT;
	int fd = dial(rig);
	int status = 0;

	say(rig, fd, text);
	if (!hear(rig, fd, &reply, want))
		fail_msg("no '%s' in '%s'", want ? want : "end", str_text(&reply));
	(void)sscanf(str_text(&reply), "HTTP/1.1 %d", &status);
	close(fd);
	str_deinit(&reply);
	return status;
}

static void a_request_is_answered_with_its_headers(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str reply = STR_INIT;
	int fd = dial(rig);

	(void)state;
	say(rig, fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
	assert_true(hear(rig, fd, &reply, "}"));
	assert_non_null(strstr(str_text(&reply), "HTTP/1.1 200"));
	assert_non_null(strstr(str_text(&reply), "X-Test: yes"));
	assert_non_null(strstr(str_text(&reply), "Content-Type: application/json"));
	assert_non_null(strstr(str_text(&reply), "\"len\":5,\"peer\":\"127.0.0.1\""));
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void one_connection_carries_many_requests(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str reply = STR_INIT;
	int fd = dial(rig);
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		str_reset(&reply, 1 << 20);
		say(rig, fd, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
		assert_true(hear(rig, fd, &reply, "}"));
	}
	assert_int_equal(rig->requests, 50);
	assert_int_equal(server_connections(rig->server), 1);
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void an_answer_may_come_later(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str reply = STR_INIT;
	struct str body = STR_INIT;
	int fd = dial(rig);

	(void)state;
	say(rig, fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!rig->waiting)
		turn(rig);
	assert_int_equal(server_pending(rig->server), 1);
	str_add_text(&body, "{\"late\":true}");
	response_json(rig->waiting, 202, &body);
	assert_int_equal(server_pending(rig->server), 0);
	assert_true(hear(rig, fd, &reply, "}"));
	assert_non_null(strstr(str_text(&reply), "HTTP/1.1 202"));
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_client_that_left_before_its_answer_harms_nobody(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str body = STR_INIT;
	int fd = dial(rig);

	(void)state;
	say(rig, fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!rig->waiting)
		turn(rig);
	close(fd);
	turn(rig);
	str_add_text(&body, "{}");
	response_json(rig->waiting, 200, &body);
	while (server_connections(rig->server) > 0)
		turn(rig);
	rig_free(rig);
}

static void head_sends_no_body(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str reply = STR_INIT;
	int fd = dial(rig);

	(void)state;
	say(rig, fd, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	assert_true(hear(rig, fd, &reply, NULL));
	assert_non_null(strstr(str_text(&reply), "HTTP/1.1 200"));
	assert_null(strchr(str_text(&reply), '{'));
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void unclear_framing_is_refused_and_the_connection_closed(void **state)
{
	static const char *const heads[] = {
		"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
		"Content-Length: 3\r\nContent-Length: 3\r\n",
		"Content-Length: 3\r\nContent-Length: 4\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: identity\r\n",
		"Content-Length : 3\r\n",
		"X\tY: 1\r\n",
		"Content-Length: x\r\n",
		"Content-Length: -1\r\n",
		"Content-Length: 99999999999999999999999\r\n",
	};
	struct rig *rig = rig_new(5000, 10);
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		int status;

		(void)snprintf(text, sizeof(text),
			       "POST /x HTTP/1.1\r\nHost: a\r\n%s\r\nabc", heads[i]);
		status = ask(rig, text, NULL);
		if (status != 400 && status != 413)
			fail_msg("%d for %s", status, heads[i]);
	}
	assert_int_equal(rig->requests, 0);
	assert_int_equal(
		ask(rig,
		    "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
		    NULL),
		400);
	rig_free(rig);
}

static void heads_up_to_six_kib_pass_and_no_larger(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	static const int sizes[] = { 5900, 6300, 7900, 20000, 100000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct str text = STR_INIT;
		int n;

		str_add_text(&text,
			     "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n");
		for (n = 0; text.len + 120 < (size_t)sizes[i]; n++)
			str_printf(&text, "X-%d: %0100d\r\n", n, n);
		str_add_text(&text, "\r\n");
		assert_int_equal(ask(rig, str_text(&text), NULL), i == 0 ? 200 : 431);
		str_deinit(&text);
	}
	rig_free(rig);
}

static void chunked_bodies_are_counted(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str text = STR_INIT;
	int i;

	(void)state;
	assert_int_equal(ask(rig,
			     "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
			     "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
			     "}"),
			 200);
	assert_int_equal(rig->body_len, 5);

	str_add_text(&text,
		     "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (i = 0; i < 101; i++)
		str_printf(&text, "3e8\r\n%01000d\r\n", i);
	str_add_text(&text, "0\r\n\r\n");
	assert_int_equal(ask(rig, str_text(&text), "body_too_large"), 413);
	str_deinit(&text);
	rig_free(rig);
}

static void a_body_over_the_bound_is_413_however_it_comes(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str text = STR_INIT;

	(void)state;
	/* small enough to be read off, so that the answer cannot be lost */
	str_add_text(&text,
		     "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
	memset(str_reserve(&text, 1000000), 'x', 1000000);
	str_grew(&text, 1000000);
	assert_int_equal(ask(rig, str_text(&text), "body_too_large"), 413);
	/* never sent: answered by the head alone */
	assert_int_equal(ask(rig,
			     "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: "
			     "1000000000\r\n\r\n",
			     "body_too_large"),
			 413);
	assert_int_equal(ask(rig,
			     "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
			     "Content-Length: 1000000\r\n\r\n",
			     "body_too_large"),
			 413);
	assert_int_equal(rig->requests, 0);
	str_deinit(&text);
	rig_free(rig);
}

static void a_request_refused_by_its_head_never_reaches_the_handler(void **state)
{
	struct rig *rig = rig_new(5000, 10);

	(void)state;
	assert_int_equal(
		ask(rig,
		    "POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		    "no"),
		404);
	assert_int_equal(ask(rig, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "bad_uri"),
			 400);
	assert_int_equal(rig->requests, 0);
	rig_free(rig);
}

static void a_connection_that_says_nothing_is_closed(void **state)
{
	struct rig *rig = rig_new(300, 10);

	(void)state;
	assert_int_equal(ask(rig, "", NULL), 0);
	assert_int_equal(ask(rig, "GET /x HTTP/1.1\r\nHost:", NULL), 0);
	assert_int_equal(ask(rig,
			     "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
			     NULL),
			 0);
	while (server_connections(rig->server) > 0)
		turn(rig);
	rig_free(rig);
}

static void a_byte_now_and_then_does_not_move_the_deadline(void **state)
{
	struct rig *rig = rig_new(300, 10);
	struct str reply = STR_INIT;
	int fd = dial(rig);
	int64_t start_ms = clock_mono_ms();

	(void)state;
	say(rig, fd, "GET /x HTTP/1.1\r\n");
	while (clock_mono_ms() < start_ms + GIVE_UP_MS) {
		char c;

		if (send(fd, "a", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
		    recv(fd, &c, 1, MSG_DONTWAIT) == 0)
			break;
		turn(rig);
	}
	assert_true(clock_mono_ms() < start_ms + GIVE_UP_MS);
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_client_that_does_not_read_is_cut_off(void **state)
{
	struct rig *rig = rig_new(300, 10);
	int64_t start_ms = clock_mono_ms();
	int fd = dial(rig);

	(void)state;
	say(rig, fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
	while (rig->requests == 0 || server_connections(rig->server) > 0) {
		assert_true(clock_mono_ms() < start_ms + GIVE_UP_MS);
		turn(rig);
	}
	close(fd);
	rig_free(rig);
}

static void an_address_has_its_part_of_the_connections(void **state)
{
	struct rig *rig = rig_bound(5000, 100, 2);
	struct str reply = STR_INIT;
	int fds[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		fds[i] = dial(rig);
	say(rig, fds[2], "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(hear(rig, fds[2], &reply, "\"too_many_connections\"}"));
	assert_non_null(strstr(str_text(&reply), "HTTP/1.1 503 "));
	assert_non_null(strstr(str_text(&reply), "\r\nContent-Length: 81\r\n"));
	close(fds[2]);
	assert_int_equal(server_connections(rig->server), 2);
	close(fds[0]);
	while (server_connections(rig->server) > 1)
		turn(rig);
	fds[0] = dial(rig);
	say(rig, fds[0], "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	str_reset(&reply, 1024);
	assert_true(hear(rig, fds[0], &reply, "HTTP/1.1 200 "));
	close(fds[0]);
	close(fds[1]);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_connection_too_many_waits_for_its_turn(void **state)
{
	struct rig *rig = rig_new(5000, 2);
	struct str reply = STR_INIT;
	int fds[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		fds[i] = dial(rig);
	for (i = 0; i < 20; i++)
		turn(rig);
	assert_int_equal(server_connections(rig->server), 2);
	say(rig, fds[2], "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	for (i = 0; i < 10; i++)
		turn(rig);
	assert_int_equal(rig->requests, 0);
	close(fds[0]);
	assert_true(hear(rig, fds[2], &reply, "}"));
	close(fds[1]);
	close(fds[2]);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_drain_finishes_what_is_in_flight(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	struct str reply = STR_INIT;
	struct str body = STR_INIT;
	int idle = dial(rig);
	int busy = dial(rig);

	(void)state;
	say(rig, idle, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(hear(rig, idle, &reply, "}"));
	say(rig, busy, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	while (!rig->waiting)
		turn(rig);
	server_drain(rig->server, on_drained, rig);
	assert_true(hear(rig, idle, &reply, NULL)); /* the idle one is closed at once */
	assert_false(rig->drained);

	str_reset(&reply, 0);
	str_add_text(&body, "{\"late\":true}");
	response_json(rig->waiting, 200, &body);
	assert_true(hear(rig, busy, &reply, NULL));
	assert_non_null(strstr(str_text(&reply), "{\"late\":true}"));
	assert_non_null(strstr(str_text(&reply), "Connection: close"));
	while (!rig->drained)
		turn(rig);
	close(idle);
	close(busy);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_drain_without_connections_is_over_in_a_turn(void **state)
{
	struct rig *rig = rig_new(5000, 10);
	int i;

	(void)state;
	server_drain(rig->server, on_drained, rig);
	assert_false(rig->drained);
	for (i = 0; i < 5 && !rig->drained; i++)
		turn(rig);
	assert_true(rig->drained);
	rig_free(rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_with_its_headers),
		cmocka_unit_test(one_connection_carries_many_requests),
		cmocka_unit_test(an_answer_may_come_later),
		cmocka_unit_test(a_client_that_left_before_its_answer_harms_nobody),
		cmocka_unit_test(head_sends_no_body),
		cmocka_unit_test(unclear_framing_is_refused_and_the_connection_closed),
		cmocka_unit_test(heads_up_to_six_kib_pass_and_no_larger),
		cmocka_unit_test(chunked_bodies_are_counted),
		cmocka_unit_test(a_body_over_the_bound_is_413_however_it_comes),
		cmocka_unit_test(a_request_refused_by_its_head_never_reaches_the_handler),
		cmocka_unit_test(a_connection_that_says_nothing_is_closed),
		cmocka_unit_test(a_byte_now_and_then_does_not_move_the_deadline),
		cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
		cmocka_unit_test(an_address_has_its_part_of_the_connections),
		cmocka_unit_test(a_connection_too_many_waits_for_its_turn),
		cmocka_unit_test(a_drain_finishes_what_is_in_flight),
		cmocka_unit_test(a_drain_without_connections_is_over_in_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
