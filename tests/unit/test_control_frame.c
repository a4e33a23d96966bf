/* test_control_frame.c - asks and answers come out as they went in, and junk does not */
#include "ipc/control_frame.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void good(unsigned char bytes[CONTROL_FRAME_BYTES])
{
	const struct control_frame frame = { .type = CONTROL_ASK,
					     .act = CONTROL_WORKER_STOP,
					     .number = 7,
					     .wait_s = 60,
					     .text = "why" };

	control_frame_encode(&frame, bytes);
}

static void every_field_survives_the_trip(void **state)
{
	struct control_frame in = { .number = INT64_MIN, .code = ERR_CONFLICT }, out;
	unsigned char bytes[CONTROL_FRAME_BYTES];
	int type, act;

	(void)state;
	memset(in.text, 'x', CONTROL_FRAME_TEXT);
	in.wait_s = INT32_MAX;
	for (type = CONTROL_ASK; type <= CONTROL_TEXT; type++)
		for (act = 1; act <= CONTROL_ACT_LAST; act++) {
			in.type = type;
			in.act = act;
			control_frame_encode(&in, bytes);
			assert_int_equal(
				control_frame_decode(bytes, sizeof(bytes), &out, NULL),
				0);
			assert_int_equal(out.type, type);
			assert_int_equal(out.act, act);
			assert_true(out.number == in.number);
			assert_int_equal(out.code, ERR_CONFLICT);
			assert_int_equal(out.wait_s, INT32_MAX);
			assert_string_equal(out.text, in.text);
			assert_string_not_equal(control_frame_act_name(act), "unknown");
		}
	assert_string_equal(control_frame_act_name(0), "unknown");
	assert_string_equal(control_frame_act_name(CONTROL_ACT_LAST + 1), "unknown");
}

/* Two versions of the program speak it. */
static void the_layout_is_what_it_was(void **state)
{
	static const unsigned char head[] = { 'S', 'Y', 'C', '1', 1, 0, 10, 0, 7,
					      0,   0,   0,   0,   0, 0, 0,  0, 0,
					      0,   0,   60,  0,   0, 0, 'w' };
	unsigned char bytes[CONTROL_FRAME_BYTES];

	(void)state;
	good(bytes);
	if (head[0] == bytes[0]) /* in this byte order */
		assert_memory_equal(bytes, head, sizeof(head));
}

static void what_cannot_be_shown_is_not_sent(void **state)
{
	struct control_frame in = { .type = CONTROL_TEXT }, out;
	unsigned char bytes[CONTROL_FRAME_BYTES];

	(void)state;
	(void)strcpy(in.text, "a\nb\x7F\xC3\xA4");
	control_frame_encode(&in, bytes);
	assert_int_equal(control_frame_decode(bytes, sizeof(bytes), &out, NULL), 0);
	assert_string_equal(out.text, "a?b?\xC3\xA4");
}

static void junk_is_refused(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
	} cases[] = {
		{ 0, 'X' },  /* magic */
		{ 23, 128 }, /* a negative wait */
		{ 24, 27 },  /* a text that steers a terminal */
		{ 30, 'x' }, /* bytes behind its end */
		{ 63, 'x' },
	};
	struct control_frame out = { .type = 99 };
	unsigned char bytes[CONTROL_FRAME_BYTES + 1] = { 0 };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		good(bytes);
		bytes[cases[i].at] = cases[i].byte;
		assert_int_equal(
			control_frame_decode(bytes, CONTROL_FRAME_BYTES, &out, &err),
			ERR_PROTO);
	}
	good(bytes);
	for (i = 0; i <= sizeof(bytes); i++)
		if (i != CONTROL_FRAME_BYTES)
			assert_int_equal(control_frame_decode(bytes, i, &out, &err),
					 ERR_PROTO);
	assert_int_equal(out.type, 99);
}

static void noise_breaks_nothing(void **state)
{
	unsigned char bytes[CONTROL_FRAME_BYTES];
	struct control_frame out;
	struct rng rng;
	int i, at;

	(void)state;
	rng_seed(&rng, 4);
	for (i = 0; i < 20000; i++) {
		good(bytes);
		for (at = 0; at < 4; at++)
			bytes[rng_below(&rng, sizeof(bytes))] =
				(unsigned char)rng_below(&rng, 256);
		if (control_frame_decode(bytes, sizeof(bytes), &out, NULL) == 0) {
			assert_true(strlen(out.text) <= CONTROL_FRAME_TEXT);
			assert_true(out.wait_s >= 0);
		}
	}
}

static void a_reason_is_told_in_pieces(void **state)
{
	const struct control_frame end = { .type = CONTROL_REFUSED, .code = ERR_INPUT };
	struct control_frame frame;
	char text[2 * CONTROL_FRAME_TEXT + 2];
	int fds[2], pieces = 0;
	size_t got = 0;

	(void)state;
	memset(text, 'r', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(control_frame_recv(fds[1], &frame, NULL), 0);
	assert_int_equal(control_frame_tell(fds[0], &end, text, NULL), 0);
	while (control_frame_recv(fds[1], &frame, NULL) == 1 &&
	       frame.type == CONTROL_TEXT) {
		got += strlen(frame.text);
		pieces++;
	}
	assert_int_equal(frame.type, CONTROL_REFUSED);
	assert_int_equal(got, sizeof(text) - 1);
	assert_int_equal(pieces, 3);
	/* a message that is no frame is consumed */
	assert_int_equal(send(fds[0], text, sizeof(text), 0), sizeof(text));
	assert_int_equal(control_frame_recv(fds[1], &frame, NULL), ERR_PROTO);
	assert_int_equal(control_frame_recv(fds[1], &frame, NULL), 0);
	(void)close(fds[0]);
	assert_int_equal(control_frame_recv(fds[1], &frame, NULL), ERR_CLOSED);
	(void)close(fds[1]);
}

static void one_that_does_not_read_blocks_nobody(void **state)
{
	const struct control_frame frame = { .type = CONTROL_DONE };
	int fds[2], rc = 0, i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = control_frame_send(fds[0], &frame, NULL);
	assert_int_equal(rc, ERR_FULL);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_survives_the_trip),
		cmocka_unit_test(the_layout_is_what_it_was),
		cmocka_unit_test(what_cannot_be_shown_is_not_sent),
		cmocka_unit_test(junk_is_refused),
		cmocka_unit_test(noise_breaks_nothing),
		cmocka_unit_test(a_reason_is_told_in_pieces),
		cmocka_unit_test(one_that_does_not_read_blocks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
