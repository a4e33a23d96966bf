/* privileges.h - who the daemon is: root opens what only root may, then it is a user */
#ifndef MASTER_PRIVILEGES_H
#define MASTER_PRIVILEGES_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct conf;

/*
 * Root's way down, in this order: find, folder, lend, (what makes files), take back,
 * (what needs root), drop. For who is not root, or is to stay it, each of them but find
 * and folder does nothing. Log lines say what find and drop decided.
 */
struct privileges {
	bool lower; /* we are root, and become this user */
	uid_t uid;
	gid_t gid;
	char user[64];
	char home[256]; /* "": unknown */
};

/* ERR_INPUT: there is no such user or group. */
int privileges_find(const struct conf *conf, struct privileges *ret, struct err *err);
/* mkdir -p; what is made is the user's, what was there stays whose it is. */
int privileges_folder(const struct privileges *p, const char *path, mode_t mode,
		      struct err *err);
/* Files that are made and locked from here on are the user's; root comes back by
 * privileges_take_back(). */
int privileges_lend(const struct privileges *p, struct err *err);
/* While they are lent: ERR_SYS if the user may not make files there. */
int privileges_check_folder(const struct privileges *p, const char *path,
			    struct err *err);
int privileges_take_back(const struct privileges *p, struct err *err);
/*
 * For good: user, group, the user's other groups, no capability. Proves that there is no
 * way back. HOME, USER and LOGNAME become the user's, for what children start.
 */
int privileges_drop(const struct privileges *p, struct err *err);

/* The number of a group, by name or number; option names it in the error. ERR_INPUT. */
int privileges_group(const char *name, const char *option, gid_t *ret, struct err *err);

#endif
