/*
 * host_id.c - the name of this host, and the proof that one master has this folder
 *
 * The lock is flock(2) on the very file that holds the name, so it is written in place:
 * a rename would leave the lock on a file that nobody can find. It belongs to the open
 * description, which a fork shares, so a child that kept the descriptor would keep the
 * folder locked after its master's end. Children close it (spawn.c); helpers never see
 * it.
 *
 * A cloned data_dir gives two hosts one name. They still never share an incarnation,
 * since that ends in random digits.
 */
#include "master/host_id.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool name_is_legal(const char *name)
{
	size_t len = strlen(name), i;

	if (len == 0 || len > HOST_ID_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

static void name_make(char name[HOST_ID_MAX + 1])
{
	char host[64], hex[9];

	if (gethostname(host, sizeof(host)) < 0)
		(void)snprintf(host, sizeof(host), "localhost");
	host[sizeof(host) - 1] = '\0'; /* a longer one is cut without an end */
	for (char *p = host; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '-';
	rng_hex(hex, 8);
	(void)snprintf(name, HOST_ID_MAX + 1, "worker-%s-%s",
		       host[0] ? host : "localhost", hex);
}

static int name_write(int fd, const char *path, const char *name, struct err *err)
{
	char line[HOST_ID_MAX + 2];
	int len = snprintf(line, sizeof(line), "%s\n", name);

	if (ftruncate(fd, 0) < 0)
		return err_errno(err, "truncate %s", path);
	if (pwrite(fd, line, (size_t)len, 0) != len || fsync(fd) < 0)
		return err_errno(err, "write %s", path);
	return 0;
}

/* An empty file is new, or its writer died before the name was in. */
static int name_read(const char *path, char name[HOST_ID_MAX + 1], struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	rc = fdutil_read_file(path, HOST_ID_MAX + 1, &text, &len, err);
	if (rc < 0)
		return rc;
	if (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strlen(text) != len || (len && !name_is_legal(text)))
		rc = err_set(err, ERR_INPUT,
			     "%s does not hold a host name; remove it to get a new one",
			     path);
	else
		memcpy(name, text, len + 1);
	mem_free(text);
	return rc;
}

int host_id_take(const char *data_dir, const char *given, int *inherited,
		 struct host_id *ret, struct err *err)
{
	struct host_id id = { .fd = -1 };
	char path[PATH_MAX];
	int rc;

	if (given[0] && !name_is_legal(given))
		return err_set(err, ERR_INPUT,
			       "worker.name must be 1..%d printable bytes without spaces",
			       HOST_ID_MAX);
	if (snprintf(path, sizeof(path), "%s/%s", data_dir, HOST_ID_FILE) >=
	    (int)sizeof(path))
		return err_set(err, ERR_LIMIT, "path too long: %.80s", data_dir);
	if (fdutil_same_file(*inherited, path)) {
		id.fd = *inherited; /* its lock is ours: to ask for it again is no harm */
		*inherited = -1;
	} else {
		id.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	}
	if (id.fd < 0)
		return err_errno(err, "open %s", path);
	if (flock(id.fd, LOCK_EX | LOCK_NB) < 0) {
		rc = errno == EWOULDBLOCK
			     ? err_set(err, ERR_CONFLICT,
				       "another synapsed master is running with data_dir %s "
				       "(it holds the lock on %s)",
				       data_dir, path)
			     : err_errno(err, "lock %s", path);
		goto out;
	}

	if (given[0]) {
		(void)snprintf(id.name, sizeof(id.name), "%s", given);
		rc = 0;
	} else {
		rc = name_read(path, id.name, err);
		if (rc == 0 && !id.name[0]) {
			name_make(id.name);
			rc = name_write(id.fd, path, id.name, err);
		}
	}
	if (rc < 0)
		goto out;
	*ret = id;
	id.fd = -1;
out:
	fdutil_close(&id.fd);
	return rc;
}

void host_id_release(struct host_id *id)
{
	fdutil_close(&id->fd);
}
