/* test_redis_command.c - one command, straight into RESP bytes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis/redis_command.h"

static void arguments_are_counted_bulk_strings(void **state)
{
	struct redis_command command = REDIS_COMMAND_INIT;

	(void)state;
	redis_command_words(&command, "SET", "key", "", NULL);
	redis_command_arg(&command, "a\r\n\0b", 5);
	redis_command_joined(&command, "ab", 2, "cde", 3);
	assert_int_equal(command.count, 5);
	assert_int_equal(command.bytes.len, 9 + 9 + 6 + 11 + 11);
	assert_memory_equal(
		command.bytes.data,
		"$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n$5\r\na\r\n\0b\r\n$5\r\nabcde\r\n",
		command.bytes.len);
	redis_command_deinit(&command);
}

static void numbers_are_decimal_to_their_ends(void **state)
{
	struct redis_command command = REDIS_COMMAND_INIT;

	(void)state;
	redis_command_int(&command, 0);
	redis_command_int(&command, -7);
	redis_command_int(&command, INT64_MAX);
	redis_command_int(&command, INT64_MIN);
	assert_string_equal(str_text(&command.bytes),
			    "$1\r\n0\r\n$2\r\n-7\r\n$19\r\n9223372036854775807\r\n"
			    "$20\r\n-9223372036854775808\r\n");
	redis_command_deinit(&command);
}

static void a_reset_begins_anew(void **state)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	char large[1000];

	(void)state;
	memset(large, 'x', sizeof(large));
	redis_command_arg(&command, large, sizeof(large));
	assert_memory_equal(command.bytes.data, "$1000\r\nxxx", 10);
	redis_command_reset(&command);
	assert_int_equal(command.count, 0);
	redis_command_text(&command, "PING");
	assert_string_equal(str_text(&command.bytes), "$4\r\nPING\r\n");
	redis_command_deinit(&command);
}

static void commands_that_begin_alike_share_their_beginning(void **state)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	char head[REDIS_COMMAND_HEAD_MAX];
	struct redis_command_mark begun;
	const char *at;
	size_t len;

	(void)state;
	redis_command_words(&command, "SET", "key", NULL);
	begun = redis_command_mark(&command);
	redis_command_text(&command, "first");
	redis_command_text(&command, "EX");
	redis_command_cut(&command, &begun);
	redis_command_text(&command, "2nd");
	assert_int_equal(command.count, 3);
	assert_int_equal(command.bytes.len, 27);
	assert_memory_equal(command.bytes.data, "$3\r\nSET\r\n$3\r\nkey\r\n$3\r\n2nd\r\n",
			    27);
	at = redis_command_head(&command, head, &len);
	assert_int_equal(len, 4);
	assert_memory_equal(at, "*3\r\n", 4);
	redis_command_deinit(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_counted_bulk_strings),
		cmocka_unit_test(numbers_are_decimal_to_their_ends),
		cmocka_unit_test(a_reset_begins_anew),
		cmocka_unit_test(commands_that_begin_alike_share_their_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
