/* test_dev_port.c - ports for servers that are started a little later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fdutil.h"
#include "cli/dev_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void a_claimed_port_is_nobody_elses_until_it_is_let_go(void **state)
{
	int first, second, port;

	(void)state;
	port = dev_port_claim(0, &first);
	assert_true(port > 0 && first >= 0);
	assert_int_equal(dev_port_claim(port, &second), 0);
	assert_int_equal(second, -1);
	assert_int_not_equal(dev_port_claim(0, &second), port);
	fdutil_close(&second);
	fdutil_close(&first);
	assert_int_equal(dev_port_claim(port, &second), port);
	fdutil_close(&second);
}

static void a_port_that_somebody_listens_on_is_not_claimed(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0), claim;

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(dev_port_claim(ntohs(at.sin_port), &claim), 0);
	assert_int_equal(claim, -1);
	fdutil_close(&fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claimed_port_is_nobody_elses_until_it_is_let_go),
		cmocka_unit_test(a_port_that_somebody_listens_on_is_not_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
