/*
 * identity.c - one master for one name in one fleet on this host
 *
 * The lock on data_dir keeps two masters from one folder. A copy of the folder, or a
 * worker.name that was copied with a file, gives the same name to two masters of two
 * folders: they would share rows of the registry, and one that lives hides the death of
 * the other. So the name is held as well: by an abstract socket, which nobody else can
 * bind while a descriptor of it is open and which leaves nothing behind. Nobody listens
 * on it. Its scope is the network namespace: containers with addresses of their own are
 * hosts of their own, and what is cloned to another machine is not seen here.
 *
 * Several fleets may use a name: what stands for a fleet is the address of its Postgres
 * at the start, without its secrets, since names of sockets are for all to see.
 */
#include "master/identity.h"

#include "base/digest.h"
#include "base/fdutil.h"
#include "base/str.h"
#include "conf/conf_url.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HEX_SHOWN 32

static socklen_t address_of(const char *host_name, const char *postgres_url,
			    struct sockaddr_un *ret)
{
	struct str text = STR_INIT;
	char hex[65];
	int len;

	str_printf(&text, "%s\n", host_name);
	conf_url_redact(postgres_url, &text);
	(void)digest_sha256(str_text(&text), text.len, hex);
	str_deinit(&text);
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	/* the first byte stays NUL: abstract */
	len = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "synapsed/%.*s",
		       HEX_SHOWN, hex);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

static int is_bound_to(int fd, const struct sockaddr_un *want, socklen_t want_len)
{
	struct sockaddr_un have;
	socklen_t len = sizeof(have);

	memset(&have, 0, sizeof(have));
	return fd >= 0 && getsockname(fd, (struct sockaddr *)&have, &len) == 0 &&
	       len == want_len && memcmp(&have, want, len) == 0;
}

int identity_take(const char *host_name, const char *postgres_url, int *inherited,
		  int *ret, struct err *err)
{
	struct sockaddr_un address;
	socklen_t len = address_of(host_name, postgres_url, &address);
	int fd, rc;

	if (is_bound_to(*inherited, &address, len)) {
		*ret = *inherited;
		*inherited = -1;
		return 0;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, "socket for the name of this host");
	if (bind(fd, (struct sockaddr *)&address, len) == 0) {
		*ret = fd;
		return 0;
	}
	rc = errno == EADDRINUSE
		     ? err_set(err, ERR_CONFLICT,
			       "another synapsed master of this host is called %s and has "
			       "the same Postgres: was its data_dir or worker.name copied?",
			       host_name)
		     : err_errno(err, "hold the name %s", host_name);
	fdutil_close(&fd);
	return rc;
}
