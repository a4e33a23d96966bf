/* test_netrange.c - networks, as texts and as bits */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/netrange.h"

static const uint8_t ten[4] = { 10, 1, 2, 3 };

static void a_text_is_a_network_or_none(void **state)
{
	struct netrange range;

	(void)state;
	assert_true(netrange_parse("10.1.0.0/16", &range));
	assert_int_equal(range.bits, 112);
	assert_true(netrange_parse("::1", &range));
	assert_int_equal(range.bits, 128);
	assert_true(netrange_parse("::/0", &range));
	assert_int_equal(range.bits, 0);
	assert_false(netrange_parse("10.1.0.0/33", &range));
	assert_false(netrange_parse("10.1/16", &range));
	assert_false(netrange_parse("", &range));
}

static void a_network_has_what_shares_its_bits(void **state)
{
	struct netrange range;
	uint8_t address[16];

	(void)state;
	netrange_map(ten, address);
	assert_true(netrange_is_mapped(address));
	assert_true(netrange_parse("10.1.0.0/15", &range));
	assert_true(netrange_has(&range, address));
	assert_true(netrange_parse("10.1.2.2/31", &range));
	assert_true(netrange_has(&range, address));
	assert_true(netrange_parse("10.1.2.2", &range));
	assert_false(netrange_has(&range, address));
	assert_true(netrange_parse("0.0.0.0/0", &range));
	assert_true(netrange_has(&range, address));
	address[0] = 1;
	assert_false(netrange_is_mapped(address));
	assert_false(netrange_has(&range, address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_a_network_or_none),
		cmocka_unit_test(a_network_has_what_shares_its_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
