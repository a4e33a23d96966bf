/*
 * listener.c - the listening sockets, opened once and inherited
 *
 * They live in the master, so a child that dies or is replaced refuses no connection: the
 * backlog waits for the next one. Children of a kind share one socket and the kernel
 * wakes who is free.
 */
#include "master/listener.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SD_FIRST_FD 3
#define BACKLOG     4096 /* the kernel cuts it to net.core.somaxconn */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int address_of(const struct conf_listen *at, union address *ret,
		      socklen_t *ret_len, struct err *err)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, at->host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(at->port);
		*ret_len = sizeof(ret->v4);
		return 0;
	}
	if (inet_pton(AF_INET6, at->host, &ret->v6.sin6_addr) == 1) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(at->port);
		*ret_len = sizeof(ret->v6);
		return 0;
	}
	return err_set(err, ERR_INPUT, "%s is not a numeric address", at->host);
}

static bool is_bound_to(int fd, const union address *want)
{
	union address have;
	socklen_t len = sizeof(have);

	memset(&have, 0, sizeof(have));
	if (getsockname(fd, &have.any, &len) < 0 ||
	    have.any.sa_family != want->any.sa_family)
		return false;
	if (want->any.sa_family == AF_INET)
		return have.v4.sin_port == want->v4.sin_port &&
		       have.v4.sin_addr.s_addr == want->v4.sin_addr.s_addr;
	return have.v6.sin6_port == want->v6.sin6_port &&
	       memcmp(&have.v6.sin6_addr, &want->v6.sin6_addr, 16) == 0;
}

static int unset_all(struct err *err)
{
	if (unsetenv("LISTEN_PID") < 0 || unsetenv("LISTEN_FDS") < 0 ||
	    unsetenv("LISTEN_FDNAMES") < 0)
		return err_errno(err, "unsetenv");
	return 0;
}

int listener_inherit(struct listener_inherited *ret, struct err *err)
{
	const char *pid_text = getenv("LISTEN_PID"), *count_text = getenv("LISTEN_FDS");
	int64_t pid, count;
	int i, listening;
	socklen_t len;

	ret->count = 0;
	if (!pid_text || !count_text || units_parse_int(pid_text, &pid) < 0 ||
	    pid != getpid())
		return unset_all(err); /* meant for somebody else, or for nobody */
	if (units_parse_int(count_text, &count) < 0 || count < 0 ||
	    count > LISTENER_INHERITED_MAX)
		return err_set(err, ERR_INPUT, "LISTEN_FDS must be 0..%d",
			       LISTENER_INHERITED_MAX);
	for (i = 0; i < (int)count; i++) {
		int fd = SD_FIRST_FD + i;

		len = sizeof(listening);
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
		    !listening)
			return err_set(err, ERR_INPUT,
				       "LISTEN_FDS: descriptor %d is no listening socket",
				       fd);
		if (fdutil_cloexec(fd, true) < 0 || fdutil_nonblock(fd) < 0)
			return err_errno(err, "LISTEN_FDS: descriptor %d", fd);
		ret->fds[ret->count++] = fd;
	}
	return unset_all(err);
}

void listener_drop(struct listener_inherited *inherited)
{
	for (int i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0)
			continue;
		log_warn(
			"listener.unused", LOG_N("fd", inherited->fds[i]),
			LOG_S("what",
			      "a socket from systemd is bound to no configured address"));
		fdutil_close(&inherited->fds[i]);
	}
	inherited->count = 0;
}

static int open_new(const union address *address, socklen_t len, int *ret,
		    struct err *err)
{
	int one = 1, rc;
	int fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_errno(err, "socket");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    (address->any.sa_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) < 0))
		rc = err_errno(err, "setsockopt");
	else if (bind(fd, &address->any, len) < 0)
		rc = err_errno(err, "bind");
	else if (listen(fd, BACKLOG) < 0)
		rc = err_errno(err, "listen");
	else
		rc = 0;
	if (rc < 0) {
		fdutil_close(&fd);
		return rc;
	}
	*ret = fd;
	return 0;
}

int listener_open(const struct conf_listen *at, const char *what,
		  struct listener_inherited *inherited, int *ret, struct err *err)
{
	union address address;
	socklen_t len = 0;
	int i, rc;

	rc = address_of(at, &address, &len, err);
	if (rc < 0)
		goto out;
	for (i = 0; i < inherited->count; i++) {
		if (inherited->fds[i] < 0 || !is_bound_to(inherited->fds[i], &address))
			continue;
		*ret = inherited->fds[i];
		inherited->fds[i] = -1;
		return 0;
	}
	rc = open_new(&address, len, ret, err);
out:
	if (rc < 0)
		err_wrap(err, "%s %s port %u", what, at->host, at->port);
	return rc;
}
