/* file_once.h - Idempotency-Keys of a host without Postgres */
#ifndef API_FILE_ONCE_H
#define API_FILE_ONCE_H

#include "base/err.h"
#include "base/ids.h"

struct files_dir;

enum file_once {
	FILE_ONCE_FRESH,    /* nobody used it in 24 hours: it is noted now */
	FILE_ONCE_REPLAYED, /* the same body was accepted, as ret_run_id */
	FILE_ONCE_OTHER,    /* another body was */
};

/* host_file_sync_first() */
typedef int (*file_once_sync)(void *arg, int fd, const char *text, size_t len,
			      struct err *err);

/*
 * Note a key for a run that is accepted next, unless it was used. A note whose run was
 * never accepted counts for nothing. FRESH: the run may be durable when the files that
 * sync is given (it takes the descriptors) are. Negative: ERR_SYS.
 */
int file_once_take(const struct files_dir *dir, const char *tenant_id, const char *key,
		   const char *body_sha256, const char *run_id, char ret_run_id[IDS_MAX],
		   file_once_sync sync, void *arg, struct err *err);

/* The run that a fresh key was noted for was not accepted: the key is fresh again, in
 * this process at once. */
void file_once_forget(const struct files_dir *dir, const char *tenant_id,
		      const char *key);
/* Forget those that are too old. */
void file_once_sweep(const struct files_dir *dir);

#endif
