/* loopback.h - a socket that listens on 127.0.0.1 and clients of it, in one loop */
#ifndef TESTS_UNIT_LOOPBACK_H
#define TESTS_UNIT_LOOPBACK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct str;

/* Embed it; a test that waits longer than a minute in all has failed. */
struct loopback {
	struct ev_loop *loop;
	int listen_fd; /* for the server, which borrows it */
	in_port_t port;
	int64_t end_mono_ms;
};

void loopback_open(struct loopback *net);
/* Behind whatever has watchers in its loop. */
void loopback_close(struct loopback *net);
/* One short turn of the loop: waits 2 ms at most. */
void loopback_turn(struct loopback *net);
/* A connected client; the caller's to close. */
int loopback_dial(struct loopback *net);
/* Read into reply until `want` is in it (NULL: until the end of file). False: the other
 * side ended without it. */
bool loopback_hear(struct loopback *net, int fd, struct str *reply, const char *want);

#endif
