/* test_pg_conninfo.c - from an url to what libpq wants to hear */
#include "pg/pg_conninfo.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *value(const struct pg_conninfo *info, const char *keyword)
{
	int i;

	for (i = 0; i < info->count; i++) {
		if (strcmp(info->keywords[i], keyword) == 0)
			return info->values[i];
	}
	return NULL;
}

static void an_url_is_taken_apart(void **state)
{
	struct pg_conninfo info = { .count = 0 };
	struct err err;

	(void)state;
	assert_int_equal(pg_conninfo_init(&info,
					  "postgresql://me:s%20x@10.0.0.1:6432/runs",
					  "synapsed worker", "-c jit=off", &err),
			 0);
	assert_string_equal(value(&info, "host"), "10.0.0.1");
	assert_string_equal(value(&info, "port"), "6432");
	assert_string_equal(value(&info, "user"), "me");
	assert_string_equal(value(&info, "password"), "s x");
	assert_string_equal(value(&info, "dbname"), "runs");
	assert_string_equal(value(&info, "application_name"), "synapsed worker");
	assert_string_equal(value(&info, "client_encoding"), "UTF8");
	assert_string_equal(value(&info, "target_session_attrs"), "read-write");
	assert_string_equal(value(&info, "options"), "-c jit=off");
	assert_null(info.keywords[info.count]);
	pg_conninfo_deinit(&info);
	assert_int_equal(info.count, 0);
}

static void the_driver_of_sqlalchemy_is_dropped(void **state)
{
	const char *const urls[] = {
		"postgresql+asyncpg://u:a+b@h/d",
		"postgres+psycopg2://u:a+b@h/d",
		"postgres://u:a+b@h/d",
	};
	struct pg_conninfo info;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		info = (struct pg_conninfo){ .count = 0 };
		assert_int_equal(pg_conninfo_init(&info, urls[i], NULL, NULL, &err), 0);
		assert_string_equal(value(&info, "host"), "h");
		assert_string_equal(value(&info, "password"), "a+b");
		assert_string_equal(value(&info, "application_name"), "synapsed");
		assert_null(value(&info, "options"));
		pg_conninfo_deinit(&info);
	}
}

static void what_the_url_says_stays(void **state)
{
	struct pg_conninfo info = { .count = 0 };
	struct err err;

	(void)state;
	assert_int_equal(
		pg_conninfo_init(
			&info,
			"postgresql://h/d?application_name=mine&options=-c%20a%3Db"
			"&target_session_attrs=any",
			"ours", "-c c=d", &err),
		0);
	assert_string_equal(value(&info, "application_name"), "mine");
	assert_string_equal(value(&info, "options"), "-c a=b -c c=d");
	assert_string_equal(value(&info, "target_session_attrs"), "any");
	pg_conninfo_deinit(&info);
}

static void a_bad_url_is_refused_without_quoting_it(void **state)
{
	const char *const urls[] = {
		"postgresql://me:hunter2%zz@h/d",
		"postgresql://h/d?nosuch=hunter2",
		"host=h hunter2",
		"postgresql://[::1/hunter2",
	};
	struct pg_conninfo info;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		info = (struct pg_conninfo){ .count = 0 };
		assert_int_equal(pg_conninfo_init(&info, urls[i], NULL, NULL, &err),
				 ERR_INPUT);
		assert_null(strstr(err.text, "hunter2"));
		pg_conninfo_deinit(&info);
	}
}

static void a_server_before_14_is_refused_with_a_sentence(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(pg_conninfo_check_version(140000, &err), 0);
	assert_int_equal(pg_conninfo_check_version(160002, &err), 0);
	assert_int_equal(pg_conninfo_check_version(130011, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "version 13"));
}

static void a_message_becomes_one_line(void **state)
{
	char to[64], small[8];

	(void)state;
	pg_conninfo_message(to, sizeof(to), "first\n\tsecond\n");
	assert_string_equal(to, "first; second");
	pg_conninfo_message(to, sizeof(to), "");
	assert_string_equal(to, "");
	pg_conninfo_message(to, sizeof(to), "caf\xc3\xa9 \x01");
	assert_string_equal(to, "caf\xc3\xa9 ?");
	pg_conninfo_message(to, sizeof(to), "bad \xff\xc3\xa9");
	assert_string_equal(to, "bad ???");
	pg_conninfo_message(small, sizeof(small), "a long message\nof two");
	assert_true(strlen(small) < sizeof(small));
	assert_memory_equal(small, "a lon", 5);
}

static void the_session_has_its_limits(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	pg_conninfo_session(&out, 10000, 2000);
	assert_non_null(strstr(str_text(&out), "-c statement_timeout=10000 "));
	assert_non_null(strstr(str_text(&out), "-c lock_timeout=2000 "));
	assert_null(strstr(str_text(&out), "synchronous_commit"));
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_url_is_taken_apart),
		cmocka_unit_test(the_driver_of_sqlalchemy_is_dropped),
		cmocka_unit_test(what_the_url_says_stays),
		cmocka_unit_test(a_bad_url_is_refused_without_quoting_it),
		cmocka_unit_test(a_server_before_14_is_refused_with_a_sentence),
		cmocka_unit_test(a_message_becomes_one_line),
		cmocka_unit_test(the_session_has_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
