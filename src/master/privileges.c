/*
 * privileges.c - who the daemon is: root opens what only root may, then it is a user
 *
 * Nothing of the daemon needs root but a port below 1024, a limit above the hard
 * one and a better place in the kernel's order of who dies for want of memory. So the
 * master gives root up before its first child, for itself as well: what a bug in it could
 * do then is what the user can do. The price is said in synapsed(8): a reload opens no
 * port below 1024 and reads the file as that user.
 *
 * Between the folders and the sockets the locks are taken: by the user's rights, so that
 * root neither follows a link that the user laid nor leaves a file that is not the
 * user's; and before the sockets, so that a second master says who is in its way and
 * not that an address is in use.
 *
 * Without `user` root becomes `synapsed` where a package made that user, as people expect
 * of a Debian host; in a container there is none, root is what it was started as, and a
 * warning says so. "root" is the answer of those who want that.
 */
#include "master/privileges.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/units.h"
#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEFAULT_USER "synapsed"
#define NSS_ROOM     16384 /* for one entry of passwd or group: large groups are long */

/* 1, 0 when there is no such entry, or ERR_*. A name of digits alone may be a number. */
static int find_user(const char *name, struct privileges *p, struct err *err)
{
	char *room = mem_alloc(NSS_ROOM);
	struct passwd entry, *found = NULL;
	int64_t number;
	int rc = getpwnam_r(name, &entry, room, NSS_ROOM, &found);

	if (rc == 0 && !found && units_parse_int(name, &number) == 0 && number >= 0 &&
	    number < UINT_MAX) {
		p->uid = (uid_t)number;
		rc = getpwuid_r(p->uid, &entry, room, NSS_ROOM, &found);
		if (rc == 0 && !found) { /* a number that has no name: containers */
			(void)snprintf(p->user, sizeof(p->user), "%s", name);
			p->gid = (gid_t)-1;
			rc = 1;
			goto out;
		}
	}
	if (found) {
		p->uid = entry.pw_uid;
		p->gid = entry.pw_gid;
		(void)snprintf(p->user, sizeof(p->user), "%s", entry.pw_name);
		if (snprintf(p->home, sizeof(p->home), "%s", entry.pw_dir) >=
		    (int)sizeof(p->home))
			p->home[0] = '\0';
		rc = 1;
	} else if (rc != 0 && rc != ENOENT && rc != ESRCH) { /* both: "no such entry" */
		errno = rc;
		rc = err_errno(err, "look up user %s", name);
	} else {
		rc = 0;
	}
out:
	mem_free(room);
	return rc;
}

int privileges_group(const char *name, const char *option, gid_t *ret, struct err *err)
{
	char *room = mem_alloc(NSS_ROOM);
	struct group entry, *found = NULL;
	int64_t number;
	int rc = getgrnam_r(name, &entry, room, NSS_ROOM, &found);

	if (found) {
		*ret = entry.gr_gid;
		rc = 0;
	} else if (rc == 0 && units_parse_int(name, &number) == 0 && number >= 0 &&
		   number < UINT_MAX) {
		*ret = (gid_t)number;
	} else if (rc != 0 && rc != ENOENT && rc != ESRCH) {
		errno = rc;
		rc = err_errno(err, "look up group %s", name);
	} else {
		rc = err_set(err, ERR_INPUT, "%s: there is no group %s", option, name);
	}
	mem_free(room);
	return rc;
}

static int find_unprivileged(const struct conf *conf, struct privileges *p)
{
	if (conf->user[0] && (find_user(conf->user, p, NULL) <= 0 || p->uid != geteuid()))
		log_warn("privileges.ignored", LOG_S("user", conf->user),
			 LOG_N("uid", geteuid()),
			 LOG_S("what", "only root can become another user"));
	return 0;
}

int privileges_find(const struct conf *conf, struct privileges *ret, struct err *err)
{
	const char *name = conf->user[0] ? conf->user : DEFAULT_USER;
	struct privileges p = { .lower = false };
	int rc;

	memset(ret, 0, sizeof(*ret));
	if (geteuid() != 0)
		return find_unprivileged(conf, &p);
	rc = find_user(name, &p, err);
	if (rc < 0)
		return rc;
	if (rc == 0 && conf->user[0])
		return err_set(err, ERR_INPUT, "user: there is no user %s", name);
	if (rc == 0) {
		log_warn("privileges.root",
			 LOG_S("what",
			       "the daemon stays root: no user is configured, and "
			       "there is no system user " DEFAULT_USER));
		return 0;
	}
	if (p.uid == 0)
		return 0;
	if (conf->group[0]) {
		rc = privileges_group(conf->group, "group", &p.gid, err);
		if (rc < 0)
			return rc;
	}
	if (p.gid == (gid_t)-1)
		return err_set(err, ERR_INPUT,
			       "user: no user has the number %s, so group must be set",
			       name);
	p.lower = true;
	*ret = p;
	return 0;
}

/* What mkdir made is root's so far. By descriptor: whoever owns the folder above may
 * have put another thing there. */
static int give(const struct privileges *p, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;

	if (fd < 0 || fchown(fd, p->uid, p->gid) < 0)
		rc = err_errno(err, "give %s to user %s", path, p->user);
	fdutil_close(&fd);
	return rc;
}

int privileges_folder(const struct privileges *p, const char *path, mode_t mode,
		      struct err *err)
{
	const char *name = strrchr(path, '/');
	char above[PATH_MAX];
	struct stat st;
	int rc;

	if (!p->lower || stat(path, &st) == 0)
		return fdutil_mkdirs(path, mode, err); /* says it, if it is no folder */
	/* the folders above are root's, and the user must get through */
	if (name && name > path && (size_t)(name - path) < sizeof(above)) {
		memcpy(above, path, (size_t)(name - path));
		above[name - path] = '\0';
		rc = fdutil_mkdirs(above, 0755, err);
		if (rc < 0)
			return rc;
	}
	if (mkdir(path, mode) < 0)
		return err_errno(err, "mkdir %s", path);
	return give(p, path, err);
}

int privileges_lend(const struct privileges *p, struct err *err)
{
	if (!p->lower)
		return 0;
	/* the groups stay from here on: root needs none */
	if ((p->home[0] ? initgroups(p->user, p->gid) : setgroups(1, &p->gid)) < 0 ||
	    setegid(p->gid) < 0 || seteuid(p->uid) < 0)
		return err_errno(err, "become user %s", p->user);
	return 0;
}

int privileges_check_folder(const struct privileges *p, const char *path, struct err *err)
{
	if (!p->lower || faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0)
		return 0;
	return err_errno(err, "user %s cannot use %s", p->user, path);
}

int privileges_take_back(const struct privileges *p, struct err *err)
{
	if (p->lower && (seteuid(0) < 0 || setegid(0) < 0))
		return err_errno(err, "become root again");
	return 0;
}

/* With unusual securebits they survive the change of user. */
static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { .effective =
										   0 } };

	if (syscall(SYS_capset, &head, none) < 0)
		return err_errno(err, "give up all capabilities");
	return 0;
}

static int adopt_environment(const struct privileges *p, struct err *err)
{
	if ((p->home[0] && setenv("HOME", p->home, 1) < 0) ||
	    setenv("USER", p->user, 1) < 0 || setenv("LOGNAME", p->user, 1) < 0)
		return err_errno(err, "setenv");
	return 0;
}

int privileges_drop(const struct privileges *p, struct err *err)
{
	int rc;

	if (!p->lower)
		return 0;
	if (setresgid(p->gid, p->gid, p->gid) < 0 ||
	    setresuid(p->uid, p->uid, p->uid) < 0)
		return err_errno(err, "become user %s", p->user);
	rc = drop_capabilities(err);
	if (rc < 0)
		return rc;
	if (setresuid(0, 0, 0) == 0 || (p->gid != 0 && setresgid(0, 0, 0) == 0))
		return err_set(err, ERR_SYS,
			       "become user %s: the kernel lets us be root again",
			       p->user);
	rc = adopt_environment(p, err);
	if (rc < 0)
		return rc;
	log_info("privileges.dropped", LOG_S("user", p->user), LOG_N("uid", p->uid),
		 LOG_N("gid", p->gid), LOG_N("groups", getgroups(0, NULL)));
	return 0;
}
