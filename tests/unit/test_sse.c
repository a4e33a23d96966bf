/* test_sse.c - event streams on a real loopback socket, client in the same loop */
#include "server/sse.h"

#include "base/mem.h"
#include "base/str.h"
#include "loopback.h"
#include "server/inside.h"
#include "server/request.h"
#include "server/response.h"
#include "server/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GET "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"

struct rig {
	struct loopback net;
	struct server *server;
	struct request *waiting;
	struct sse *sse; /* the newest; NULL when it is gone */
	int rooms, gones;
	bool drained;
};

static void on_room(void *arg)
{
	struct rig *rig = arg;

	rig->rooms++;
}

static void on_gone(void *arg)
{
	struct rig *rig = arg;

	rig->gones++;
	rig->sse = NULL;
}

static const struct sse_ops sse_ops = { .room = on_room, .gone = on_gone };

static size_t on_head(struct request *req, void *arg)
{
	(void)req;
	(void)arg;
	return 1000;
}

static void on_request(struct request *req, void *arg)
{
	struct rig *rig = arg;
	struct err err;

	if (strcmp(request_segment(req, 0), "later") == 0)
		rig->waiting = req;
	else if (strcmp(request_segment(req, 0), "plain") == 0)
		response_text(req, 200, "text/plain", "plain", 5);
	else
		assert_int_equal(sse_open(req, &sse_ops, rig, &rig->sse, &err), 0);
}

static void on_drained(void *arg)
{
	struct rig *rig = arg;

	rig->drained = true;
}

static struct rig *rig_new(void)
{
	static const struct server_ops ops = { on_head, on_request };
	struct server_options options = {
		.connections = 10,
		.idle_ms = 5000,
		.read_ms = 5000,
		.write_ms = 5000,
		.bodies_max_bytes = 1 << 20,
		.stream_max_bytes = 256 * 1024,
	};
	struct rig *rig = mem_new(struct rig);
	struct err err;

	loopback_open(&rig->net);
	options.listen_fd = rig->net.listen_fd;
	assert_int_equal(
		server_new(rig->net.loop, &options, &ops, rig, &rig->server, &err), 0);
	return rig;
}

static void rig_free(struct rig *rig)
{
	server_free(rig->server);
	assert_null(rig->sse);
	loopback_close(&rig->net);
	mem_free(rig);
}

static void turn(struct rig *rig)
{
	loopback_turn(&rig->net);
}

static int dial(struct rig *rig, const char *request)
{
	int fd = loopback_dial(&rig->net);

	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	return fd;
}

static bool hear(struct rig *rig, int fd, struct str *reply, const char *want)
{
	return loopback_hear(&rig->net, fd, reply, want);
}

static void send_event(struct rig *rig, const char *id, const char *data)
{
	struct sse_frame *frame =
		sse_frame_new(id, id ? strlen(id) : 0, data, strlen(data));

	sse_send(rig->sse, frame);
	sse_frame_unref(frame);
}

static void a_frame_has_its_id_and_a_line_for_each_line(void **state)
{
	struct sse_frame *frame = sse_frame_new("7-1", 3, "{\"a\":\r\n1}\nx", 11);
	size_t len;
	const char *text = sse_frame_text(frame, &len);

	(void)state;
	assert_memory_equal(text, "id: 7-1\ndata: {\"a\":\ndata: 1}\ndata: x\n\n", len);
	assert_int_equal(len, 38);
	sse_frame_unref(frame);
	frame = sse_frame_new(NULL, 0, "{}", 2);
	text = sse_frame_text(frame, &len);
	assert_memory_equal(text, "data: {}\n\n", len);
	sse_frame_unref(frame);
}

static void a_stream_begins_with_its_head_and_ends_with_the_last_chunk(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);

	(void)state;
	assert_true(hear(rig, fd, &reply, "d\r\nretry: 2000\n\n\r\n"));
	assert_non_null(strstr(str_text(&reply), "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(str_text(&reply), "Content-Type: text/event-stream"));
	assert_non_null(strstr(str_text(&reply), "Cache-Control: no-cache\r\n"));
	assert_non_null(strstr(str_text(&reply), "X-Accel-Buffering: no\r\n"));
	assert_non_null(strstr(str_text(&reply), "Connection: keep-alive\r\n"));
	assert_int_equal(server_streams(rig->server), 1);
	send_event(rig, "1-0", "{\"type\":\"x\"}");
	assert_true(
		hear(rig, fd, &reply, "1c\r\nid: 1-0\ndata: {\"type\":\"x\"}\n\n\r\n"));
	sse_end(rig->sse);
	assert_true(hear(rig, fd, &reply, "0\r\n\r\n"));
	while (rig->sse)
		turn(rig);
	assert_int_equal(rig->gones, 1);

	/* the connection goes on */
	str_reset(&reply, 0);
	assert_int_equal(send(fd, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n", 32, 0), 32);
	assert_true(hear(rig, fd, &reply, "plain"));
	close(fd);
	while (server_connections(rig->server))
		turn(rig);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_stream_may_be_opened_later(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	struct err err;

	(void)state;
	while (!rig->waiting)
		turn(rig);
	assert_int_equal(sse_open(rig->waiting, &sse_ops, rig, &rig->sse, &err), 0);
	assert_int_equal(server_pending(rig->server), 0);
	assert_true(hear(rig, fd, &reply, "retry: 2000"));
	assert_int_equal(server_connections(rig->server), 1);
	close(fd);
	while (rig->sse) /* noticed without a byte being written */
		turn(rig);
	assert_int_equal(server_connections(rig->server), 0);
	str_deinit(&reply);
	rig_free(rig);
}

static void http_1_0_gets_plain_text_until_the_end_of_file(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, "GET /now HTTP/1.0\r\nHost: a\r\n\r\n");

	(void)state;
	assert_true(hear(rig, fd, &reply, "\r\n\r\nretry: 2000\n\n"));
	assert_non_null(strstr(str_text(&reply), "Connection: close\r\n"));
	send_event(rig, NULL, "{}");
	sse_end(rig->sse);
	assert_true(hear(rig, fd, &reply, NULL));
	assert_non_null(strstr(str_text(&reply), "\n\ndata: {}\n\n"));
	assert_null(strstr(str_text(&reply), "\r\n0\r\n"));
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void an_idle_stream_gets_a_comment_each_round(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);
	int i;

	(void)state;
	assert_true(hear(rig, fd, &reply, "retry"));
	str_reset(&reply, 0);
	for (i = 0; i < SERVER_STREAM_SLOTS; i++)
		server_streams_tick(rig->server);
	assert_true(hear(rig, fd, &reply, "d\r\n: keepalive\n\n\r\n"));
	assert_null(strstr(str_text(&reply) + 4, "keepalive\n\n\r\nd"));
	close(fd);
	while (rig->sse)
		turn(rig);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_client_that_does_not_read_is_slow_then_stuck(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);
	struct str big = STR_INIT;
	int i;

	(void)state;
	while (!rig->sse)
		turn(rig);
	memset(str_reserve(&big, 50000), 'x', 50000);
	str_grew(&big, 50000);
	while (!sse_is_slow(rig->sse)) {
		send_event(rig, "1-1", str_text(&big));
		turn(rig);
	}
	/* it reads again: room is told, nothing is lost */
	send_event(rig, "1-2", "{\"last\":1}");
	assert_true(hear(rig, fd, &reply, "{\"last\":1}"));
	while (sse_queued(rig->sse))
		turn(rig);
	assert_true(rig->rooms > 0);

	for (i = 0; !sse_is_slow(rig->sse); i++) {
		send_event(rig, "1-3", str_text(&big));
		turn(rig);
	}
	/* first the kernel's buffers fill up */
	for (i = 0; rig->sse && i < 1000 * SERVER_STREAM_SLOTS; i++) {
		server_streams_tick(rig->server);
		if (i % SERVER_STREAM_SLOTS == 0)
			turn(rig);
	}
	assert_null(rig->sse);
	close(fd);
	str_deinit(&big);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_drop_is_a_cut(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);

	(void)state;
	assert_true(hear(rig, fd, &reply, "retry"));
	sse_drop(rig->sse);
	rig->sse = NULL;
	assert_true(hear(rig, fd, &reply, NULL));
	assert_null(strstr(str_text(&reply), "\r\n0\r\n"));
	assert_int_equal(rig->gones, 0);
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_client_that_talks_meanwhile_is_left_alone(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);
	int i;

	(void)state;
	assert_true(hear(rig, fd, &reply, "retry"));
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	for (i = 0; i < 5; i++)
		turn(rig);
	send_event(rig, "1-0", "{}");
	assert_true(hear(rig, fd, &reply, "data: {}"));
	sse_end(rig->sse);
	assert_true(hear(rig, fd, &reply, "0\r\n\r\n"));
	while (rig->sse)
		turn(rig);
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_drain_ends_streams(void **state)
{
	struct rig *rig = rig_new();
	struct str reply = STR_INIT;
	int fd = dial(rig, GET);

	(void)state;
	assert_true(hear(rig, fd, &reply, "retry"));
	send_event(rig, "1-0", "{\"queued\":1}");
	server_drain(rig->server, on_drained, rig);
	assert_true(hear(rig, fd, &reply, NULL));
	assert_non_null(strstr(str_text(&reply), "{\"queued\":1}\n\n\r\n0\r\n\r\n"));
	while (!rig->drained)
		turn(rig);
	assert_null(rig->sse);
	close(fd);
	str_deinit(&reply);
	rig_free(rig);
}

static void a_server_that_is_freed_tells_the_owners(void **state)
{
	struct rig *rig = rig_new();
	int fd = dial(rig, GET);

	(void)state;
	while (!rig->sse)
		turn(rig);
	rig_free(rig); /* asserts that it is gone */
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_has_its_id_and_a_line_for_each_line),
		cmocka_unit_test(
			a_stream_begins_with_its_head_and_ends_with_the_last_chunk),
		cmocka_unit_test(a_stream_may_be_opened_later),
		cmocka_unit_test(http_1_0_gets_plain_text_until_the_end_of_file),
		cmocka_unit_test(an_idle_stream_gets_a_comment_each_round),
		cmocka_unit_test(a_client_that_does_not_read_is_slow_then_stuck),
		cmocka_unit_test(a_drop_is_a_cut),
		cmocka_unit_test(a_client_that_talks_meanwhile_is_left_alone),
		cmocka_unit_test(a_drain_ends_streams),
		cmocka_unit_test(a_server_that_is_freed_tells_the_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
