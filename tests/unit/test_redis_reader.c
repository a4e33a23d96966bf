/* test_redis_reader.c - bytes of a server to replies, and what they mean */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"
#include "redis/redis_reader.h"

static int feed(struct redis_reader *reader, const char *text)
{
	return redis_reader_feed(reader, text, strlen(text), NULL);
}

static void every_type_is_read(void **state)
{
	static const char bytes[] =
		"*6\r\n:-42\r\n$5\r\na\0b\r\n\r\n$-1\r\n+OK\r\n-ERR no\r\n*0\r\n";
	struct redis_reader *reader = redis_reader_new();
	const struct redis_reply *reply, *part;
	int64_t n = 7;
	size_t len;

	(void)state;
	/* a byte at a time: nothing is said before the whole is there */
	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		assert_int_equal(redis_reader_next(reader, &reply, NULL), 0);
		assert_int_equal(redis_reader_feed(reader, bytes + i, 1, NULL), 0);
	}
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	assert_int_equal(redis_reply_type(reply), REDIS_ARRAY);
	assert_int_equal(redis_reply_count(reply), 6);
	assert_int_equal(redis_reply_int(redis_reply_at(reply, 0)), -42);
	part = redis_reply_at(reply, 1);
	assert_memory_equal(redis_reply_text(part, &len), "a\0b\r\n", 6);
	assert_int_equal(len, 5);
	assert_false(redis_reply_get_int(part, &n));
	assert_int_equal(redis_reply_type(redis_reply_at(reply, 2)), REDIS_NIL);
	assert_int_equal(redis_reply_type(redis_reply_at(reply, 3)), REDIS_STATUS);
	part = redis_reply_at(reply, 4);
	assert_int_equal(redis_reply_type(part), REDIS_ERROR);
	assert_string_equal(redis_reply_text(part, NULL), "ERR no");
	assert_int_equal(redis_reply_count(redis_reply_at(reply, 5)), 0);
	assert_null(redis_reply_at(reply, 6));
	assert_int_equal(n, 7);
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 0);
	redis_reader_free(reader);
}

static void the_wrong_type_reads_as_nothing(void **state)
{
	struct redis_reader *reader = redis_reader_new();
	const struct redis_reply *reply;
	int64_t n = 5;
	size_t len = 9;

	(void)state;
	assert_int_equal(redis_reply_type(NULL), REDIS_NIL);
	assert_null(redis_reply_at(NULL, 0));
	assert_int_equal(redis_reply_trouble(NULL), REDIS_TROUBLE_NONE);
	assert_int_equal(feed(reader, ":1\r\n$2\r\n17\r\n$3\r\n1x7\r\n"), 0);
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	assert_null(redis_reply_text(reply, &len));
	assert_int_equal(len, 0);
	assert_int_equal(redis_reply_count(reply), 0);
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	assert_int_equal(redis_reply_int(reply), 0);
	assert_true(redis_reply_get_int(reply, &n));
	assert_int_equal(n, 17);
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	assert_false(redis_reply_get_int(reply, &n));
	redis_reader_free(reader);
}

static void errors_have_their_class(void **state)
{
	static const struct {
		const char *text;
		enum redis_trouble trouble;
	} rows[] = {
		{ "OOM command not allowed when used memory > 'maxmemory'.",
		  REDIS_TROUBLE_OOM },
		{ "MISCONF Redis is configured to save RDB snapshots",
		  REDIS_TROUBLE_MISCONF },
		{ "READONLY You can't write against a read only replica.",
		  REDIS_TROUBLE_READONLY },
		{ "LOADING Redis is loading the dataset in memory",
		  REDIS_TROUBLE_LOADING },
		{ "NOSCRIPT No matching script.", REDIS_TROUBLE_NOSCRIPT },
		{ "MOVED 3999 127.0.0.1:6381", REDIS_TROUBLE_MOVED },
		{ "BUSY Redis is busy running a script.", REDIS_TROUBLE_BUSY },
		{ "BUSYGROUP Consumer Group name already exists", REDIS_TROUBLE_OTHER },
		{ "UNBLOCKED client unblocked via CLIENT UNBLOCK",
		  REDIS_TROUBLE_UNBLOCKED },
		{ "WRONGTYPE Operation against a key", REDIS_TROUBLE_WRONGTYPE },
		{ "NOAUTH Authentication required.", REDIS_TROUBLE_AUTH },
		{ "ERR unknown", REDIS_TROUBLE_OTHER },
		{ "", REDIS_TROUBLE_OTHER },
		/* an error inside a script, as servers before 7.0 say it */
		{ "ERR Error running script (call to f_0ab): @user_script:7: -OOM command not "
		  "allowed when used memory > 'maxmemory'.",
		  REDIS_TROUBLE_OOM },
		{ "ERR Error running script (call to f_0ab): @user_script:3: "
		  "@user_script: 3: -READONLY You can't write against a read only replica.",
		  REDIS_TROUBLE_READONLY },
		{ "ERR Error running script (call to f_0ab): @user_script:3: no-such thing",
		  REDIS_TROUBLE_OTHER },
	};
	struct redis_reader *reader = redis_reader_new();
	const struct redis_reply *reply;
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		(void)snprintf(line, sizeof(line), "-%s\r\n", rows[i].text);
		assert_int_equal(feed(reader, line), 0);
		assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
		assert_int_equal(redis_reply_trouble(reply), rows[i].trouble);
	}
	redis_reader_free(reader);
}

static void junk_is_refused(void **state)
{
	static const char *const junk[] = {
		"HTTP/1.1 400 Bad Request\r\n",
		"%2\r\n+a\r\n:1\r\n", /* RESP3 */
		"_\r\n",              /* RESP3 */
		"*1048577\r\n",       /* more elements than we take */
		"*2147483648\r\n",
		"*-2\r\n",
		"$-2\r\n",
		"$99999999999999999999\r\n",
		":12x\r\n",
		":\r\n",
		":99999999999999999999\r\n",
		"*x\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
		/* above: too deep */
	};
	const struct redis_reply *reply;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++) {
		struct redis_reader *reader = redis_reader_new();

		assert_int_equal(feed(reader, junk[i]), 0);
		if (redis_reader_next(reader, &reply, &err) != ERR_PROTO)
			fail_msg("taken: %s", junk[i]);
		assert_true(strlen(err.text) > 10);
		redis_reader_free(reader);
	}
}

/* Lengths that promise gigabytes cost nothing until the bytes are there. */
static void a_promise_of_many_arrays_is_bounded(void **state)
{
	struct redis_reader *reader = redis_reader_new();
	const struct redis_reply *reply;
	int rc = 0;

	(void)state;
	for (int i = 0; i < 200 && rc == 0; i++) {
		rc = feed(reader, i == 0 ? "*1048576\r\n" : "*1048576\r\n*-1\r\n");
		if (rc == 0)
			rc = redis_reader_next(reader, &reply, NULL);
	}
	assert_int_equal(rc, ERR_PROTO);
	redis_reader_free(reader);
}

static void a_large_text_comes_whole(void **state)
{
	struct redis_reader *reader = redis_reader_new();
	const struct redis_reply *reply;
	size_t left = 8 << 20, len;
	char *piece = mem_alloc(16384);
	const char *text;

	(void)state;
	memset(piece, 'z', 16384);
	assert_int_equal(feed(reader, "*2\r\n:1\r\n$8388608\r\n"), 0);
	while (left) {
		assert_int_equal(redis_reader_next(reader, &reply, NULL), 0);
		assert_int_equal(redis_reader_feed(reader, piece, 16384, NULL), 0);
		left -= 16384;
	}
	assert_int_equal(feed(reader, "\r\n+next\r\n"), 0);
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	text = redis_reply_text(redis_reply_at(reply, 1), &len);
	assert_int_equal(len, 8 << 20);
	assert_true(text[0] == 'z' && text[len - 1] == 'z');
	assert_int_equal(redis_reader_next(reader, &reply, NULL), 1);
	assert_string_equal(redis_reply_text(reply, NULL), "next");
	mem_free(piece);
	redis_reader_free(reader);
}

/*
 * Valid answers with a few bytes changed: an answer, more wanted, or an error, no crash.
 */
static void broken_answers_never_crash(void **state)
{
	static const char base[] =
		"*3\r\n$3\r\nfoo\r\n*2\r\n:12\r\n$-1\r\n+OK\r\n-ERR x\r\n:7\r\n$4\r\nabcd\r\n*-1\r\n";
	static const char alphabet[] = "*$:+-0123456789\r\nx\xff%";
	char bytes[sizeof(base)];
	const struct redis_reply *reply;
	struct rng rng;
	int ends[3] = { 0, 0, 0 };

	(void)state;
	rng_seed(&rng, 42);
	for (int round = 0; round < 20000; round++) {
		struct redis_reader *reader = redis_reader_new();
		size_t len = sizeof(base) - 1 - rng_below(&rng, 8);
		int rc = 0;

		memcpy(bytes, base, sizeof(base));
		for (uint64_t n = rng_below(&rng, 4); n > 0; n--)
			bytes[rng_below(&rng, len)] =
				alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		for (size_t at = 0; at < len && rc >= 0; at += 5) {
			rc = redis_reader_feed(reader, bytes + at,
					       len - at < 5 ? len - at : 5, NULL);
			while (rc >= 0 &&
			       (rc = redis_reader_next(reader, &reply, NULL)) == 1)
				ends[1]++;
		}
		ends[rc < 0 ? 2 : 0]++;
		redis_reader_free(reader);
	}
	assert_true(ends[0] > 1000 && ends[1] > 1000 && ends[2] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_read),
		cmocka_unit_test(the_wrong_type_reads_as_nothing),
		cmocka_unit_test(errors_have_their_class),
		cmocka_unit_test(junk_is_refused),
		cmocka_unit_test(a_promise_of_many_arrays_is_bounded),
		cmocka_unit_test(a_large_text_comes_whole),
		cmocka_unit_test(broken_answers_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
