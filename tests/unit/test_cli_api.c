/* test_cli_api.c - what an answer means for the shell */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/cli_api.h"
#include "cli/store_call.h"
#include "ipc/exit_code.h"

static void a_status_becomes_an_exit_code(void **state)
{
	(void)state;
	assert_int_equal(cli_api_status_code(404), EXIT_CODE_NOT_FOUND);
	assert_int_equal(cli_api_status_code(409), EXIT_CODE_CONFLICT);
	assert_int_equal(cli_api_status_code(400), EXIT_CODE_REFUSED);
	assert_int_equal(cli_api_status_code(401), EXIT_CODE_REFUSED);
	assert_int_equal(cli_api_status_code(422), EXIT_CODE_REFUSED);
	assert_int_equal(cli_api_status_code(429), EXIT_CODE_REFUSED);
	assert_int_equal(cli_api_status_code(503), EXIT_CODE_REFUSED);
	assert_int_equal(cli_api_status_code(500), EXIT_CODE_FAILED);
	assert_int_equal(cli_api_status_code(302), EXIT_CODE_FAILED);
}

static void a_failed_call_becomes_an_exit_code(void **state)
{
	(void)state;
	assert_int_equal(cli_api_error_code(ERR_CONN), EXIT_CODE_UNREACHABLE);
	assert_int_equal(cli_api_error_code(ERR_TIMEOUT), EXIT_CODE_UNREACHABLE);
	assert_int_equal(cli_api_error_code(ERR_PROTO), EXIT_CODE_UNREACHABLE);
	assert_int_equal(cli_api_error_code(ERR_INPUT), EXIT_CODE_USAGE);
	assert_int_equal(cli_api_error_code(ERR_LIMIT), EXIT_CODE_FAILED);
}

static void what_postgres_said_becomes_an_exit_code(void **state)
{
	(void)state;
	assert_int_equal(store_call_exit_code(ERR_CONN), EXIT_CODE_UNREACHABLE);
	assert_int_equal(store_call_exit_code(ERR_TIMEOUT), EXIT_CODE_UNREACHABLE);
	assert_int_equal(store_call_exit_code(ERR_INPUT), EXIT_CODE_USAGE);
	assert_int_equal(store_call_exit_code(ERR_CONFLICT), EXIT_CODE_CONFLICT);
	assert_int_equal(store_call_exit_code(ERR_REFUSED), EXIT_CODE_REFUSED);
	assert_int_equal(store_call_exit_code(ERR_NOT_FOUND), EXIT_CODE_NOT_FOUND);
	assert_int_equal(store_call_exit_code(ERR_PROTO), EXIT_CODE_FAILED);
}

static void a_query_is_encoded(void **state)
{
	struct str path = STR_INIT;

	(void)state;
	str_add_text(&path, "/p");
	cli_api_query(&path, "none", NULL);
	cli_api_query(&path, "a", "x y&z=(1");
	cli_api_query(&path, "b", "");
	assert_string_equal(str_text(&path), "/p?a=x%20y%26z%3D%281&b=");
	str_deinit(&path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_becomes_an_exit_code),
		cmocka_unit_test(a_failed_call_becomes_an_exit_code),
		cmocka_unit_test(what_postgres_said_becomes_an_exit_code),
		cmocka_unit_test(a_query_is_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
