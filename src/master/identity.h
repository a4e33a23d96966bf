/* identity.h - one master for one name in one fleet on this host */
#ifndef MASTER_IDENTITY_H
#define MASTER_IDENTITY_H

#include "base/err.h"

/*
 * Hold the host's name for this fleet, which its Postgres stands for. *ret is the
 * descriptor that holds it: children close it, so that it ends with the master, and an
 * upgrade passes it on: inherited is that one (taken over and set to -1), or -1.
 * ERR_CONFLICT: another master of this host has it.
 */
int identity_take(const char *host_name, const char *postgres_url, int *inherited,
		  int *ret, struct err *err);

#endif
