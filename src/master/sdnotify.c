/*
 * sdnotify.c - what systemd is told
 *
 * The protocol is one datagram to the socket that NOTIFY_SOCKET names, a path or, with a
 * leading @, an abstract name of exact length. The socket does not block: a manager that
 * hangs must not stop the master.
 */
#include "master/sdnotify.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/units.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t watchdog_usec(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t value, who;

	if (!usec || units_parse_int(usec, &value) < 0 || value <= 0)
		return 0;
	if (pid && (units_parse_int(pid, &who) < 0 || who != getpid()))
		return 0;
	return value;
}

static int sdnotify_connect(struct sdnotify *sd, const char *name, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	if (len < 2 || len >= sizeof(addr.sun_path) || (name[0] != '/' && name[0] != '@'))
		return err_set(err, ERR_INPUT, "NOTIFY_SOCKET names no socket: %.120s",
			       name);
	memcpy(addr.sun_path, name, len);
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	sd->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sd->fd < 0)
		return err_errno(err, "socket for NOTIFY_SOCKET");
	if (connect(sd->fd, (struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		int rc = err_errno(err, "connect to NOTIFY_SOCKET %s", name);

		fdutil_close(&sd->fd);
		return rc;
	}
	return 0;
}

int sdnotify_open(struct sdnotify *sd, struct err *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int rc = 0;

	sd->fd = -1;
	sd->watchdog_every_ms = 0;
	sd->watchdog_next_mono_ms = 0;
	sd->held = false;
	sd->name[0] = '\0';
	if (name && name[0]) {
		(void)snprintf(sd->name, sizeof(sd->name), "%s", name);
		rc = sdnotify_connect(sd, name, err);
		if (rc == 0 && watchdog_usec()) {
			sd->watchdog_every_ms = watchdog_usec() / 2000;
			if (sd->watchdog_every_ms < 1)
				sd->watchdog_every_ms = 1;
		}
	}
	if (unsetenv("NOTIFY_SOCKET") < 0 || unsetenv("WATCHDOG_USEC") < 0 ||
	    unsetenv("WATCHDOG_PID") < 0)
		return err_errno(err, "unsetenv");
	return rc;
}

int sdnotify_export(const struct sdnotify *sd)
{
	char text[24];

	if (sd->fd < 0)
		return 0;
	if (setenv("NOTIFY_SOCKET", sd->name, 1) < 0)
		return -1;
	if (!sd->watchdog_every_ms)
		return 0;
	(void)snprintf(text, sizeof(text), "%lld",
		       (long long)sd->watchdog_every_ms * 2000);
	return setenv("WATCHDOG_USEC", text, 1);
}

void sdnotify_close(struct sdnotify *sd)
{
	fdutil_close(&sd->fd);
}

void sdnotify_send(struct sdnotify *sd, const char *state)
{
	if (sd->fd < 0 || sd->held)
		return;
	if (send(sd->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_warn("sdnotify.unsent", LOG_S("error", strerror(errno)));
}

void sdnotify_tick(struct sdnotify *sd, int64_t now_mono_ms)
{
	if (!sd->watchdog_every_ms || now_mono_ms < sd->watchdog_next_mono_ms)
		return;
	sd->watchdog_next_mono_ms = now_mono_ms + sd->watchdog_every_ms;
	sdnotify_send(sd, "WATCHDOG=1");
}
