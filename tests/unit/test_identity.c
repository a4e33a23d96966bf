/* test_identity.c - one master for one name in one fleet on this host */
#include "master/identity.h"

#include "base/fdutil.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define URL "postgresql://u:secret@h/d"

static char name[64];
static int none = -1;

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(name, sizeof(name), "test-identity-%d", (int)getpid());
	return 0;
}

static void a_name_is_held_until_its_descriptor_is_closed(void **state)
{
	int first = -1, second = -1;
	struct err err;

	(void)state;
	assert_int_equal(identity_take(name, URL, &none, &first, NULL), 0);
	assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(identity_take(name, URL, &none, &second, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, name));
	assert_null(strstr(err.text, "secret"));
	assert_int_equal(second, -1);
	fdutil_close(&first);
	assert_int_equal(identity_take(name, URL, &none, &second, NULL), 0);
	fdutil_close(&second);
}

static void another_name_and_another_fleet_are_free(void **state)
{
	int held[3];

	(void)state;
	assert_int_equal(identity_take(name, URL, &none, &held[0], NULL), 0);
	assert_int_equal(identity_take("test-other", URL, &none, &held[1], NULL), 0);
	assert_int_equal(
		identity_take(name, "postgresql://h/other", &none, &held[2], NULL), 0);
	for (int i = 0; i < 3; i++)
		fdutil_close(&held[i]);
}

static void a_new_password_is_the_same_fleet(void **state)
{
	int first, second = -1;

	(void)state;
	assert_int_equal(identity_take(name, URL, &none, &first, NULL), 0);
	assert_int_equal(
		identity_take(name, "postgresql://u:new@h/d", &none, &second, NULL),
		ERR_CONFLICT);
	fdutil_close(&first);
}

static void an_upgrade_goes_on_with_what_it_inherits(void **state)
{
	int old, inherited, now = -1;

	(void)state;
	assert_int_equal(identity_take(name, URL, &none, &old, NULL), 0);
	inherited = dup(old);
	assert_int_equal(identity_take(name, URL, &inherited, &now, NULL), 0);
	assert_int_equal(inherited, -1);
	fdutil_close(&old); /* it is held without a gap */
	assert_int_equal(identity_take(name, URL, &none, &old, NULL), ERR_CONFLICT);
	/* that of another name is of no use, and stays the caller's */
	inherited = now;
	assert_int_equal(identity_take("test-other", URL, &inherited, &old, NULL), 0);
	assert_int_equal(inherited, now);
	fdutil_close(&old);
	fdutil_close(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_held_until_its_descriptor_is_closed),
		cmocka_unit_test(another_name_and_another_fleet_are_free),
		cmocka_unit_test(a_new_password_is_the_same_fleet),
		cmocka_unit_test(an_upgrade_goes_on_with_what_it_inherits),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
