/* host_id.h - the name of this host, and the proof that one master has this folder */
#ifndef MASTER_HOST_ID_H
#define MASTER_HOST_ID_H

#include "base/err.h"

#define HOST_ID_FILE "host-id"
/* Room for "-<slot>.<8 hex>" behind it in an id of 255 bytes. */
#define HOST_ID_MAX 200

struct host_id {
	int fd; /* holds the flock; children close it so that it ends with the master */
	char name[HOST_ID_MAX + 1];
};

/*
 * Lock data_dir/host-id and find the name: the given one if it is not empty, else the one
 * that the file has, else a new one `worker-<hostname>-<8 hex>`, which is written there.
 * inherited is a descriptor of that file that comes with the lock (taken over and set to
 * -1), or -1. ERR_CONFLICT: another master has the folder; ERR_INPUT: the file or the
 * name is not what it must be; ERR_SYS.
 */
int host_id_take(const char *data_dir, const char *given, int *inherited,
		 struct host_id *ret, struct err *err);
void host_id_release(struct host_id *id);

#endif
