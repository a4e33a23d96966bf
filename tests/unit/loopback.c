/*
 * loopback.c - a socket that listens on 127.0.0.1 and clients of it, in one loop
 */
#include "loopback.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GIVE_UP_MS 60000

void loopback_open(struct loopback *net)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);

	net->loop = ev_loop_new(EVFLAG_AUTO);
	net->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(net->listen_fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(net->listen_fd, 64), 0);
	assert_int_equal(getsockname(net->listen_fd, (struct sockaddr *)&in, &len), 0);
	net->port = in.sin_port;
	net->end_mono_ms = clock_mono_ms() + GIVE_UP_MS;
}

void loopback_close(struct loopback *net)
{
	ev_loop_destroy(net->loop);
	assert_int_equal(close(net->listen_fd), 0);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

void loopback_turn(struct loopback *net)
{
	ev_timer tick;

	assert_true(clock_mono_ms() < net->end_mono_ms);
	ev_timer_init(&tick, on_tick, 0.002, 0.0);
	ev_timer_start(net->loop, &tick);
	ev_run(net->loop, EVRUN_ONCE);
	ev_timer_stop(net->loop, &tick);
}

int loopback_dial(struct loopback *net)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = net->port };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

bool loopback_hear(struct loopback *net, int fd, struct str *reply, const char *want)
{
	char buf[65536];

	while (!want || !strstr(str_text(reply), want)) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n > 0)
			str_add(reply, buf, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			return !want;
		else
			loopback_turn(net);
	}
	return true;
}
