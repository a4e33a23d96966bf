/* test_redis_url.c - where a Redis is, as people write it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis/redis_url.h"

static void parse(const char *text, struct redis_url *url)
{
	struct err err;
	int rc = redis_url_parse(text, url, &err);

	if (rc < 0)
		fail_msg("%s: %s", text, err.text);
}

static void a_plain_url_has_its_defaults(void **state)
{
	struct redis_url url;

	(void)state;
	parse("redis://cache", &url);
	assert_string_equal(url.host, "cache");
	assert_int_equal(url.port, 6379);
	assert_int_equal(url.db, 0);
	assert_null(url.user);
	assert_null(url.password);
	assert_null(url.path);
	assert_false(url.tls);
	redis_url_deinit(&url);

	parse("redis://", &url);
	assert_string_equal(url.host, "localhost");
	redis_url_deinit(&url);
	parse("redis://:6380/", &url);
	assert_string_equal(url.host, "localhost");
	assert_int_equal(url.port, 6380);
	redis_url_deinit(&url);
}

static void login_port_and_database_are_taken_apart(void **state)
{
	struct redis_url url;

	(void)state;
	parse("redis://bob:p%40ss%3aword@10.0.0.7:7001/12", &url);
	assert_string_equal(url.user, "bob");
	assert_string_equal(url.password, "p@ss:word");
	assert_string_equal(url.host, "10.0.0.7");
	assert_int_equal(url.port, 7001);
	assert_int_equal(url.db, 12);
	redis_url_deinit(&url);

	parse("redis://:a@b@host", &url); /* the last '@' ends the login */
	assert_null(url.user);
	assert_string_equal(url.password, "a@b");
	assert_string_equal(url.host, "host");
	redis_url_deinit(&url);

	parse("redis://[::1]:7002/3?db=4", &url);
	assert_string_equal(url.host, "::1");
	assert_int_equal(url.port, 7002);
	assert_int_equal(url.db, 4);
	redis_url_deinit(&url);
}

static void a_unix_socket_is_a_path(void **state)
{
	struct redis_url url;

	(void)state;
	parse("unix:///run/redis/a%20b.sock?db=2&password=x", &url);
	assert_string_equal(url.path, "/run/redis/a b.sock");
	assert_null(url.host);
	assert_string_equal(url.password, "x");
	assert_int_equal(url.db, 2);
	redis_url_deinit(&url);

	parse("unix://:secret@/run/x@y.sock", &url);
	assert_string_equal(url.path, "/run/x@y.sock");
	assert_string_equal(url.password, "secret");
	redis_url_deinit(&url);
}

static void tls_options_are_those_of_redis_py(void **state)
{
	struct redis_url url;

	(void)state;
	parse("rediss://h/0", &url);
	assert_true(url.tls);
	assert_true(url.verify);
	assert_true(url.verify_host);
	redis_url_deinit(&url);

	parse("rediss://h?ssl_cert_reqs=none", &url);
	assert_false(url.verify);
	redis_url_deinit(&url);

	parse("rediss://h?ssl_ca_certs=%2Fetc%2Fca.pem&ssl_cert_reqs=required&"
	      "ssl_check_hostname=false&ssl_certfile=/c&ssl_keyfile=/k&socket_timeout=3",
	      &url);
	assert_string_equal(url.ca_file, "/etc/ca.pem");
	assert_string_equal(url.cert_file, "/c");
	assert_string_equal(url.key_file, "/k");
	assert_true(url.verify);
	assert_false(url.verify_host);
	redis_url_deinit(&url);
}

static void what_cannot_be_meant_is_refused_without_being_shown(void **state)
{
	static const char *const bad[] = {
		"",
		"localhost:6379",
		"http://hunter2@host",
		"redis+cluster://:hunter2@a:1,b:2",
		"redis+sentinel://hunter2@a:1",
		"redis://:hunter2@a:1,b:2",
		"redis://:hunter2@host:0",
		"redis://:hunter2@host:65536",
		"redis://:hunter2@host:6379x",
		"redis://:hunter2@host:",
		"redis://:hunter2@host/hunter2",
		"redis://:hunter2@host/-1",
		"redis://:hunter2@host/99999999999",
		"redis://:hunter2@host?nonsense=hunter2",
		"redis://:hunter2@host?db",
		"redis://:hunter2@host?db=x",
		"redis://:hunter2@host?ssl_ca_certs=/x",
		"redis://:hunter2%zz@host",
		"redis://:hunter2%00@host",
		"redis://:hunter2%4",
		"redis://hunter2@host",
		"redis://:hunter2@[::1",
		"redis://:hunter2@[]",
		"redis://:hunter2@[::1]x",
		"redis://:hunter2@host#x",
		"unix://:hunter2@relative",
		"unix://",
		"rediss://:hunter2@h?ssl_cert_reqs=maybe",
		"rediss://:hunter2@h?ssl_check_hostname=maybe",
		"rediss://:hunter2@h?ssl_certfile=/x",
		"unix:///01234567890123456789012345678901234567890123456789012345678901234567"
		"890123456789012345678901234567890123456789",
	};
	struct redis_url url = { .db = 77 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (redis_url_parse(bad[i], &url, &err) != ERR_INPUT)
			fail_msg("accepted: %s", bad[i]);
		assert_true(strlen(err.text) > 10);
		assert_null(strstr(err.text, "hunter2"));
		assert_int_equal(url.db, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_url_has_its_defaults),
		cmocka_unit_test(login_port_and_database_are_taken_apart),
		cmocka_unit_test(a_unix_socket_is_a_path),
		cmocka_unit_test(tls_options_are_those_of_redis_py),
		cmocka_unit_test(what_cannot_be_meant_is_refused_without_being_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
