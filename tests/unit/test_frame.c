/* test_frame.c - frames come out as they went in, and junk does not */
#include "ipc/frame.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void good(unsigned char bytes[FRAME_BYTES])
{
	struct frame frame;

	frame_init(&frame, FRAME_OBITUARY, 255, "signal SIGSEGV");
	frame.pid = 4711;
	frame.generation = 3;
	frame_encode(&frame, bytes);
}

static void every_type_survives_the_trip(void **state)
{
	unsigned char bytes[FRAME_BYTES];
	struct frame in, out;
	int type;

	(void)state;
	for (type = FRAME_READY; type <= FRAME_REOPEN; type++) {
		frame_init(&in, (enum frame_type)type, INT64_MIN + type, "why not");
		in.pid = INT32_MAX;
		in.generation = type;
		frame_encode(&in, bytes);
		assert_int_equal(frame_decode(bytes, sizeof(bytes), &out, NULL), 0);
		assert_int_equal(out.type, type);
		assert_true(out.number == in.number);
		assert_int_equal(out.pid, in.pid);
		assert_int_equal(out.generation, in.generation);
		assert_string_equal(out.text, "why not");
		assert_string_not_equal(frame_type_name(out.type), "unknown");
	}
	assert_string_equal(frame_type_name((enum frame_type)99), "unknown");
}

static void a_long_or_dirty_text_is_made_to_fit(void **state)
{
	char text[100];
	struct frame frame;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[3] = '\n';
	text[4] = (char)0xc3;
	frame_init(&frame, FRAME_DRAIN, 0, text);
	assert_int_equal(strlen(frame.text), FRAME_TEXT_MAX - 1);
	assert_memory_equal(frame.text, "xxx??xxx", 8);
	frame_init(&frame, FRAME_DRAIN, 0, NULL);
	assert_string_equal(frame.text, "");
}

static void a_wrong_length_is_refused(void **state)
{
	unsigned char bytes[FRAME_BYTES + 1] = { 0 };
	struct frame out;
	struct err err;
	size_t len;

	(void)state;
	good(bytes);
	for (len = 0; len <= FRAME_BYTES + 1; len++) {
		if (len == FRAME_BYTES)
			continue;
		assert_int_equal(frame_decode(bytes, len, &out, &err), ERR_PROTO);
		assert_non_null(strstr(err.text, "bytes"));
	}
}

static void refused_after(size_t at, unsigned char value)
{
	unsigned char bytes[FRAME_BYTES];
	struct frame out = { .number = 42 };

	good(bytes);
	bytes[at] = value;
	assert_int_equal(frame_decode(bytes, sizeof(bytes), &out, NULL), ERR_PROTO);
	assert_int_equal(out.number, 42); /* untouched */
}

static void each_spoilt_field_is_refused(void **state)
{
	(void)state;
	refused_after(0, 'X');   /* magic */
	refused_after(4, 0);     /* type */
	refused_after(4, 8);     /* one more than there are */
	refused_after(5, 1);     /* its high byte */
	refused_after(6, 1);     /* zero */
	refused_after(19, 0x80); /* sign of pid */
	refused_after(23, 0x80); /* sign of generation */
	refused_after(24, '\n'); /* text */
	refused_after(63, 'x');  /* bytes behind its end */
}

static void a_text_without_an_end_is_refused(void **state)
{
	unsigned char bytes[FRAME_BYTES];
	struct frame out;

	(void)state;
	good(bytes);
	memset(bytes + 24, 'x', FRAME_TEXT_MAX);
	assert_int_equal(frame_decode(bytes, sizeof(bytes), &out, NULL), ERR_PROTO);
}

static void random_bytes_are_refused(void **state)
{
	unsigned char bytes[FRAME_BYTES];
	struct rng rng;
	struct frame out;
	int round;
	size_t i;

	(void)state;
	rng_seed(&rng, 20261123);
	for (round = 0; round < 100000; round++) {
		good(bytes);
		for (i = 0; i < sizeof(bytes); i++)
			if (i >= 4 || round % 2) /* half of them with our magic */
				bytes[i] = (unsigned char)rng_next(&rng);
		assert_int_equal(frame_decode(bytes, sizeof(bytes), &out, NULL),
				 ERR_PROTO);
	}
}

static void a_socket_carries_frames_and_tells_the_end(void **state)
{
	struct frame in, out;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(frame_recv(fds[0], &out, NULL), 0); /* nothing, and no wait */
	frame_init(&in, FRAME_QUIET, 7, "");
	assert_int_equal(frame_send(fds[1], &in, NULL), 0);
	assert_int_equal(frame_send(fds[1], &in, NULL), 0);
	assert_int_equal(frame_recv(fds[0], &out, NULL), 1);
	assert_int_equal(out.type, FRAME_QUIET);
	assert_int_equal(frame_recv(fds[0], &out, NULL), 1);
	assert_int_equal(send(fds[1], "junk", 4, 0), 4);
	assert_int_equal(frame_recv(fds[0], &out, NULL), ERR_PROTO);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(frame_recv(fds[0], &out, NULL), ERR_CLOSED);
	assert_int_equal(frame_send(fds[0], &in, NULL), ERR_SYS); /* and no SIGPIPE */
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(frame_recv(fds[0], &out, NULL), ERR_SYS);
}

static void what_a_peer_said_last_is_read_although_it_left_something_unread(void **state)
{
	struct frame in, out;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	frame_init(&in, FRAME_OBITUARY, 7, "");
	assert_int_equal(frame_send(fds[0], &in, NULL), 0);
	in.type = FRAME_OBITUARY_DONE;
	assert_int_equal(frame_send(fds[1], &in, NULL), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(frame_recv(fds[0], &out, NULL), 1);
	assert_int_equal(out.type, FRAME_OBITUARY_DONE);
	assert_int_equal(frame_recv(fds[0], &out, NULL), ERR_CLOSED);
	assert_int_equal(close(fds[0]), 0);
}

static void a_peer_that_does_not_read_fills_up(void **state)
{
	struct frame frame;
	int fds[2], n, rc;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	frame_init(&frame, FRAME_QUIET, 0, "");
	for (n = 0; (rc = frame_send(fds[0], &frame, NULL)) == 0; n++)
		assert_true(n < 1000000);
	assert_int_equal(rc, ERR_FULL);
	assert_true(n >= 16);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(close(fds[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_survives_the_trip),
		cmocka_unit_test(a_long_or_dirty_text_is_made_to_fit),
		cmocka_unit_test(a_wrong_length_is_refused),
		cmocka_unit_test(each_spoilt_field_is_refused),
		cmocka_unit_test(a_text_without_an_end_is_refused),
		cmocka_unit_test(random_bytes_are_refused),
		cmocka_unit_test(a_socket_carries_frames_and_tells_the_end),
		cmocka_unit_test(
			what_a_peer_said_last_is_read_although_it_left_something_unread),
		cmocka_unit_test(a_peer_that_does_not_read_fills_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
