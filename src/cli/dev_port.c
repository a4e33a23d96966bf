/*
 * dev_port.c - TCP ports on loopback for servers that are started a little later
 *
 * A port is tried by binding to it. Until its server does the same, seconds later, it
 * looks free to everybody: so who means to use one claims it, by an abstract socket that
 * is named after it. The kernel lets such a name go with the process that has it, and
 * keeps it, like the port, to the namespace of the network. A stranger to this may still
 * be first; then the server says so.
 */
#include "cli/dev_port.h"

#include "base/fdutil.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TRIES 16 /* ports that others claim, before it is said that there is none */

/* Bind to it and let it go: the port, or 0. */
static int probe(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, bound = 0;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons((uint16_t)port);
	/* as servers do: a port that somebody left a moment ago is free */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 1) == 0 &&
	    getsockname(fd, (struct sockaddr *)&at, &size) == 0)
		bound = ntohs(at.sin_port);
	fdutil_close(&fd);
	return bound;
}

int dev_port_free(void)
{
	return probe(0);
}

/* -1: somebody has it. */
static int claim_name(int port)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), len;

	/* the first byte, which is 0, makes the name abstract */
	len = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "synapsed/port/%d",
		       port);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&at,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					(size_t)len)) < 0)
		fdutil_close(&fd);
	return fd;
}

int dev_port_claim(int port, int *claim)
{
	int tries, found;

	*claim = -1;
	for (tries = port ? 1 : TRIES; tries > 0; tries--) {
		found = port ? port : probe(0);
		if (!found)
			return 0;
		*claim = claim_name(found);
		/* claimed first and tried then: who had it may listen by now */
		if (*claim >= 0 && probe(found) == found)
			return found;
		fdutil_close(claim);
	}
	return 0;
}
