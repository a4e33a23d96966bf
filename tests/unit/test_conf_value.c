/* test_conf_value.c - one option's value, kind by kind */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"

static struct conf conf;
static struct arena arena;

static int make_arena(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	arena_init(&arena);
	return 0;
}

static int drop_arena(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

static const struct conf_row *row_of(const char *key)
{
	const struct conf_row *row = conf_rows_find(key);

	assert_non_null(row);
	return row;
}

/* The value is taken and reads back as expected. */
static void taken(const char *key, const char *text, const char *expected)
{
	struct err err = { .code = 0, .text = "" };
	struct str out = STR_INIT;
	int rc = conf_value_set(row_of(key), text, &conf, &arena, 3, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
	conf_value_add(row_of(key), &conf, &out);
	assert_string_equal(str_text(&out), expected);
	str_deinit(&out);
}

/* The value is refused with this text, and the field stays. */
static void refused(const char *key, const char *text, const char *expected)
{
	struct conf before = conf;
	struct err err;

	assert_int_equal(conf_value_set(row_of(key), text, &conf, &arena, 3, &err),
			 ERR_INPUT);
	assert_string_equal(err.text, expected);
	assert_memory_equal(&before, &conf, sizeof(conf));
}

#define BOOL_WANTED "; expected either true or false"
static void a_boolean_is_true_or_false(void **state)
{
	(void)state;
	taken("postgres.pgbouncer", "true", "true");
	assert_true(conf.postgres.pgbouncer);
	taken("postgres.pgbouncer", "false", "false");
	refused("postgres.pgbouncer", "yes", "'yes' is neither" BOOL_WANTED);
	refused("postgres.pgbouncer", "", "'' is empty" BOOL_WANTED);
}

static void a_choice_is_one_of_its_words(void **state)
{
	(void)state;
	taken("log.level", "debug", "debug");
	assert_int_equal(conf.log.level, LOG_LEVEL_DEBUG);
	taken("log.format", "json", "json");
	assert_int_equal(conf.log.format, LOG_FORMAT_JSON);
	taken("db.stock_indexes", "keep", "keep");
	assert_int_equal(conf.db.stock_indexes, CONF_STOCK_INDEXES_KEEP);
	refused("log.level", "loud",
		"'loud' is none of them; expected one of error, warn, info, debug");
	refused("log.level", "Info",
		"'Info' is none of them; expected one of error, warn, info, debug");
}

#define SLOTS_WANTED "; expected an integer from 1 to 100000"
static void a_count_is_a_decimal_integer(void **state)
{
	(void)state;
	taken("worker.slots", "17", "17");
	refused("worker.slots", "0", "'0' is out of range" SLOTS_WANTED);
	refused("worker.slots", "-1", "'-1' is out of range" SLOTS_WANTED);
	refused("worker.slots", "100001", "'100001' is out of range" SLOTS_WANTED);
	refused("worker.slots", "010", "'010' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "-010", "'-010' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "0x10", "'0x10' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "1_000", "'1_000' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "1.0", "'1.0' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "+1", "'+1' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", " 1", "' 1' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "99999999999999999999",
		"'99999999999999999999' is not a decimal integer" SLOTS_WANTED);
	refused("worker.slots", "auto", "'auto' is not a decimal integer" SLOTS_WANTED);
}

static void processes_may_be_auto(void **state)
{
	(void)state;
	taken("worker.processes", "auto", "3 (auto)");
	taken("worker.processes", "7", "7");
	refused("worker.processes", "Auto",
		"'Auto' is not a decimal integer; expected an integer from 1 to 256, or "
		"auto");
}

#define POLL_WANTED "; expected a duration from 10ms to 1m, such as 1s"
static void a_duration_has_a_unit(void **state)
{
	(void)state;
	taken("queue.poll", "250ms", "250ms");
	assert_int_equal(conf.queue.poll_ms, 250);
	taken("queue.poll", "60s", "1m");
	taken("drain.deadline", "0", "0");
	refused("queue.poll", "5", "'5' has no unit" POLL_WANTED);
	refused("queue.poll", "5 s", "'5 s' is not a duration" POLL_WANTED);
	refused("queue.poll", "1.5s", "'1.5s' is not a duration" POLL_WANTED);
	refused("queue.poll", "-5s", "'-5s' is not a duration" POLL_WANTED);
	refused("queue.poll", "5KiB", "'5KiB' is not a duration" POLL_WANTED);
	refused("queue.poll", "2m", "'2m' is out of range" POLL_WANTED);
	refused("queue.poll", "9223372036854775807d",
		"'9223372036854775807d' is not a duration" POLL_WANTED);
}

#define BODY_WANTED "; expected a size from 1KiB to 64MiB, such as 1MiB"
static void a_size_has_a_unit(void **state)
{
	(void)state;
	taken("api.body_max", "2048B", "2KiB");
	assert_int_equal(conf.api.body_max_bytes, 2048);
	refused("api.body_max", "2048", "'2048' has no unit" BODY_WANTED);
	refused("api.body_max", "1MB", "'1MB' is not a size" BODY_WANTED);
	refused("api.body_max", "1GiB", "'1GiB' is out of range" BODY_WANTED);
}

static void a_folder_is_an_absolute_path(void **state)
{
	char path[100];

	(void)state;
	taken("data_dir", "/srv/da ta", "/srv/da ta");
	refused("data_dir", "srv",
		"'srv' is not absolute; expected an absolute path of at most 3000 bytes");
	refused("data_dir", "/a\nb",
		"'/a\\x0ab' holds a control character; expected an absolute path of at "
		"most 3000 bytes");
	refused("data_dir", "/a\377",
		"'/a\\xff' is not UTF-8; expected an absolute path of at most 3000 "
		"bytes");
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[81] = '\0';
	refused("run_dir", path,
		"'/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is too "
		"long; expected an absolute path of at most 80 bytes");
	path[80] = '\0';
	taken("run_dir", path, path);
}

#define LISTEN_WANTED                                                                    \
	"; expected a numeric address and a port, such as 127.0.0.1:8765 or [::1]:8765"
static void a_listener_is_an_address_and_a_port(void **state)
{
	(void)state;
	taken("api.listen", "0.0.0.0:80", "0.0.0.0:80");
	assert_string_equal(conf.api.listen.host, "0.0.0.0");
	assert_int_equal(conf.api.listen.port, 80);
	taken("api.listen", "[::1]:65535", "[::1]:65535");
	assert_string_equal(conf.api.listen.host, "::1");
	refused("api.listen", "8765",
		"'8765' is not an address and a port" LISTEN_WANTED);
	refused("api.listen", "[::1]",
		"'[::1]' is not an address and a port" LISTEN_WANTED);
	refused("api.listen", "localhost:80",
		"'localhost:80' has no numeric address" LISTEN_WANTED);
	refused("api.listen", "::1:80", "'::1:80' has no numeric address" LISTEN_WANTED);
	refused("api.listen", ":80", "':80' has no numeric address" LISTEN_WANTED);
	refused("api.listen", "[127.0.0.1]:80",
		"'[127.0.0.1]:80' has no numeric address" LISTEN_WANTED);
	refused("api.listen", "[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0]:80",
		"'[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0]:80' has no numeric "
		"address" LISTEN_WANTED);
	refused("api.listen", "127.0.0.1:0",
		"'127.0.0.1:0' has no port from 1 to 65535" LISTEN_WANTED);
	refused("api.listen", "127.0.0.1:65536",
		"'127.0.0.1:65536' has no port from 1 to 65535" LISTEN_WANTED);
	refused("api.listen", "127.0.0.1:080",
		"'127.0.0.1:080' has no port from 1 to 65535" LISTEN_WANTED);
	refused("api.listen",
		"127.0.0.1:", "'127.0.0.1:' has no port from 1 to 65535" LISTEN_WANTED);
}

static void a_name_has_few_characters(void **state)
{
	(void)state;
	taken("worker.name", "worker-a.B_9", "worker-a.B_9");
	refused("worker.name", "a/b",
		"'a/b' is no such name; expected 1 to 128 characters of A-Z a-z 0-9 _ . "
		"-");
	refused("worker.name", "\303\244",
		"'\303\244' is no such name; expected 1 to 128 characters of A-Z a-z 0-9 "
		"_ . -");
}

#define NAMES_WANTED                                                                     \
	"; expected 1 to 64 names, each 1 to 64 characters of A-Z a-z 0-9 _ . -"
static void names_are_a_list_without_repeats(void **state)
{
	struct str many = STR_INIT;
	struct err err;
	int i;

	(void)state;
	taken("queue.names", "a, b ,c", "a,b,c");
	assert_int_equal(conf.queue.names.count, 3);
	assert_string_equal(conf.queue.names.items[1], "b");
	refused("queue.names", "a,,b", "'a,,b' holds something else" NAMES_WANTED);
	refused("queue.names", "a,", "'a,' holds something else" NAMES_WANTED);
	refused("queue.names", "a,b c", "'a,b c' holds something else" NAMES_WANTED);
	refused("queue.names", "a,b,a", "'a,b,a' names one twice" NAMES_WANTED);
	for (i = 0; i < 65; i++)
		str_printf(&many, "%sq%d", i ? "," : "", i);
	assert_int_equal(conf_value_set(row_of("queue.names"), str_text(&many), &conf,
					&arena, 1, &err),
			 ERR_INPUT);
	assert_non_null(strstr(err.text, "holds too many"));
	str_deinit(&many);
}

static void a_set_is_shown_in_the_order_of_its_words(void **state)
{
	(void)state;
	taken("roles", "keeper, worker", "worker,keeper");
	assert_int_equal(conf.roles, CONF_ROLE_KEEPER | CONF_ROLE_WORKER);
	taken("roles", "api,api", "api");
	refused("roles", "worker,clerk",
		"'worker,clerk' names something else; expected one or more of worker, "
		"api, keeper");
	refused("roles", ",",
		"',' names something else; expected one or more of worker, api, keeper");
}

static void a_secret_is_not_in_its_error(void **state)
{
	(void)state;
	taken("redis.url", "redis://u:pw@h/0", "redis://u:***@h/0");
	assert_string_equal(conf.redis.url, "redis://u:pw@h/0");
	refused("redis.url", "http://u:pw@h",
		"the value has another scheme or none; expected a URL that begins with "
		"redis:// or rediss:// or unix://");
	refused("postgres.url", "",
		"the value is empty; expected a URL that begins with postgresql:// or "
		"postgres://");
}

static void a_secret_has_a_bound(void **state)
{
	char url[2100] = "redis://";
	struct err err;

	(void)state;
	memset(url + 8, 'h', sizeof(url) - 9);
	assert_int_equal(conf_value_set(row_of("redis.url"), url, &conf, &arena, 1, &err),
			 ERR_INPUT);
	assert_non_null(strstr(err.text, "the value is too long; expected"));
}

static void a_list_member_is_checked_alone(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(conf_value_check_item(row_of("queue.names"), "a", &err), 0);
	assert_int_equal(conf_value_check_item(row_of("queue.names"), "a,b", &err),
			 ERR_INPUT);
	assert_int_equal(conf_value_check_item(row_of("roles"), "api", &err), 0);
	assert_int_equal(conf_value_check_item(row_of("roles"), "api,worker", &err),
			 ERR_INPUT);
}

static void quoted(const char *text, const char *expected)
{
	struct str out = STR_INIT;

	conf_value_quote(&out, text);
	assert_string_equal(str_text(&out), expected);
	str_deinit(&out);
}

static void foreign_text_is_quoted_and_cut(void **state)
{
	(void)state;
	quoted("a'b", "'a'b'");
	quoted("a\033[1m\177", "'a\\x1b[1m\\x7f'");
	quoted("\303\244", "'\303\244'");
	quoted("\303", "'\\xc3'");
	quoted("123456789012345678901234567890123456789012345678901234567890",
	       "'123456789012345678901234567890123456789012345678901234567890'");
	quoted("12345678901234567890123456789012345678901234567890123456789\303\244",
	       "'12345678901234567890123456789012345678901234567890123456789...'");
}

static void from_stock(const char *key, const char *text, int rc, const char *expected)
{
	struct str out = STR_INIT;
	struct err err;

	assert_int_equal(conf_value_from_stock(row_of(key), text, &conf, &out, &err), rc);
	assert_string_equal(rc < 0 ? err.text : str_text(&out), expected);
	str_deinit(&out);
}

static void stock_variables_hold_bare_numbers(void **state)
{
	(void)state;
	from_stock("engine.step_timeout", "300", 0, "300s");
	from_stock("engine.run_timeout", "30", 0, "30m");
	from_stock("events.ttl", "3600", 0, "3600s");
	from_stock("postgres.pgbouncer", "1", 0, "true");
	from_stock("postgres.pgbouncer", "0", 0, "false");
	from_stock("limits.rate_per_tenant", "-1", 0, "0");
	from_stock("limits.rate_per_tenant", "7", 0, "7");
	from_stock("worker.slots", "12", 0, "12");
	from_stock("engine.step_timeout", "300s", ERR_INPUT,
		   "'300s' is not a decimal integer, which this variable holds; expected "
		   "a duration from 1s to 1d, such as 300s");
	from_stock(
		"engine.step_timeout", "0", ERR_INPUT,
		"'0' is out of range; expected a duration from 1s to 1d, such as 300s");
	from_stock("postgres.pgbouncer", "2", ERR_INPUT,
		   "'2' is neither 0 nor 1; expected either true or false");
	from_stock("postgres.pgbouncer", "true", ERR_INPUT,
		   "'true' is not a decimal integer, which this variable holds; expected "
		   "either true or false");
}

static void a_stock_port_keeps_the_address(void **state)
{
	(void)state;
	taken("api.listen", "[::1]:1", "[::1]:1");
	from_stock("api.listen", "9999", 0, "[::1]:9999");
	from_stock("api.listen", "70000", ERR_INPUT,
		   "'70000' is not a port from 1 to 65535" LISTEN_WANTED);
	from_stock("api.listen", "0", ERR_INPUT,
		   "'0' is not a port from 1 to 65535" LISTEN_WANTED);
	from_stock("api.listen", "0.0.0.0:80", ERR_INPUT,
		   "'0.0.0.0:80' is not a decimal integer, which this variable "
		   "holds" LISTEN_WANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boolean_is_true_or_false),
		cmocka_unit_test(a_choice_is_one_of_its_words),
		cmocka_unit_test(a_count_is_a_decimal_integer),
		cmocka_unit_test(processes_may_be_auto),
		cmocka_unit_test(a_duration_has_a_unit),
		cmocka_unit_test(a_size_has_a_unit),
		cmocka_unit_test(a_folder_is_an_absolute_path),
		cmocka_unit_test(a_listener_is_an_address_and_a_port),
		cmocka_unit_test(a_name_has_few_characters),
		cmocka_unit_test(names_are_a_list_without_repeats),
		cmocka_unit_test(a_set_is_shown_in_the_order_of_its_words),
		cmocka_unit_test(a_secret_is_not_in_its_error),
		cmocka_unit_test(a_secret_has_a_bound),
		cmocka_unit_test(a_list_member_is_checked_alone),
		cmocka_unit_test(foreign_text_is_quoted_and_cut),
		cmocka_unit_test(stock_variables_hold_bare_numbers),
		cmocka_unit_test(a_stock_port_keeps_the_address),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
