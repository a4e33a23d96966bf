/* test_conf_url.c - URLs of stores: what is refused, and what may be shown */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "conf/conf_url.h"

static const char *const redis[] = { "redis", "rediss", "unix", NULL };
static const char *const postgres[] = { "postgresql", "postgres", NULL };

static void shown_as(const char *url, const char *expected)
{
	struct str out = STR_INIT;

	conf_url_redact(url, &out);
	assert_string_equal(str_text(&out), expected);
	str_deinit(&out);
}

static void refused(const char *url, const char *const *schemes, const char *expected)
{
	struct err err;

	assert_int_equal(conf_url_check(url, schemes, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, expected));
	assert_null(strstr(err.text, "pw"));
}

static void taken(const char *url, const char *const *schemes)
{
	struct err err = { .code = 0, .text = "" };
	int rc = conf_url_check(url, schemes, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(rc, 0);
}

static void well_formed_urls_are_taken(void **state)
{
	(void)state;
	taken("redis://localhost", redis);
	taken("REDIS://localhost:6379/0", redis);
	taken("rediss://user:p%40w@redis.example.org:6380/3", redis);
	taken("redis://:pw@[::1]:6379", redis);
	taken("unix:///run/redis.sock", redis);
	taken("unix://user:pw@/run/redis.sock?db=1", redis);
	taken("postgresql:///db?host=/run/postgresql", postgres);
	taken("postgres://u:pw@h/db?sslmode=require", postgres);
	taken("postgresql://u@h1:5432,h2:5433/db", postgres);
	taken("postgresql://%2Frun%2Fpostgresql/db", postgres);
}

static void another_scheme_is_refused(void **state)
{
	(void)state;
	refused("http://h:pw@x", redis, "another scheme or none");
	refused("redis:/h", redis, "another scheme or none");
	refused("localhost:6379", redis, "another scheme or none");
	refused("://h", redis, "another scheme or none");
	refused("", redis, "another scheme or none");
	refused("mysql://u:pw@h/d", postgres, "another scheme or none");
}

static void a_missing_or_malformed_host_is_refused(void **state)
{
	(void)state;
	refused("redis://", redis, "no host");
	refused("redis:///0", redis, "no host");
	refused("redis://:pw@", redis, "no host");
	refused("redis://h!st", redis, "no host name has");
	refused("redis://[::1", redis, "malformed IPv6");
	refused("redis://[zz]:1", redis, "malformed IPv6");
	refused("redis://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]", redis,
		"malformed IPv6");
	refused("unix://", redis, "absolute path of a socket");
	refused("unix:///", redis, "absolute path of a socket");
	refused("unix://run/redis.sock", redis, "absolute path of a socket");
}

static void a_malformed_port_is_refused(void **state)
{
	(void)state;
	refused("redis://h:", redis, "malformed port");
	refused("redis://h:0", redis, "malformed port");
	refused("redis://h:65536", redis, "malformed port");
	refused("redis://h:123456", redis, "malformed port");
	refused("redis://h:6a", redis, "malformed port");
	refused("redis://[::1]6379", redis, "malformed port");
	refused("postgresql://h1:1,h2:x/d", postgres, "malformed port");
}

static void unencoded_characters_are_refused(void **state)
{
	(void)state;
	refused("redis://u:p w@h", redis, "percent-encoded");
	refused("redis://u:p\nw@h", redis, "percent-encoded");
	refused("redis://u:p\303\244@h", redis, "percent-encoded");
	refused("redis://u:p/w@h", redis, "an @ behind its host");
	refused("redis://u:p?w@h", redis, "an @ behind its host");
	refused("redis://u:p#w@h", redis, "an @ behind its host");
}

static void the_password_is_not_shown(void **state)
{
	(void)state;
	shown_as("redis://user:secret@h:6379/0", "redis://user:***@h:6379/0");
	shown_as("redis://:secret@h", "redis://:***@h");
	shown_as("redis://a:b:c@h", "redis://a:***@h");
	shown_as("redis://a:b@c@h", "redis://a:***@h");
	shown_as("postgresql://user@h1,h2:5433/db", "postgresql://user@h1,h2:5433/db");
	shown_as("redis://h", "redis://h");
}

static void only_harmless_parameters_are_shown(void **state)
{
	(void)state;
	shown_as("postgres://h/db?sslmode=require&password=x&user=u",
		 "postgres://h/db?sslmode=require&password=***&user=u");
	shown_as("postgres://h/db?p%61ssword=x", "postgres://h/db?p%61ssword=***");
	shown_as("postgres://h/db?secret", "postgres://h/db?***");
	shown_as("postgres://h/db?a=1&&b=2", "postgres://h/db?a=***&***&b=***");
	shown_as("postgres://h/db?dbname=a#secret", "postgres://h/db?dbname=a");
	shown_as("redis://h/0#secret", "redis://h/0");
}

static void what_cannot_be_taken_apart_is_not_shown(void **state)
{
	(void)state;
	shown_as("redis://:pa/ss@h", "redis://***");
	shown_as("redis://:pa?ss@h", "redis://***");
	shown_as("redis://:pa#ss@h", "redis://***");
	shown_as("user:secret", "***");
	shown_as("://user:secret@h", "://***");
	shown_as("", "***");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_urls_are_taken),
		cmocka_unit_test(another_scheme_is_refused),
		cmocka_unit_test(a_missing_or_malformed_host_is_refused),
		cmocka_unit_test(a_malformed_port_is_refused),
		cmocka_unit_test(unencoded_characters_are_refused),
		cmocka_unit_test(the_password_is_not_shown),
		cmocka_unit_test(only_harmless_parameters_are_shown),
		cmocka_unit_test(what_cannot_be_taken_apart_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
