/* files_retain.h - files of runs that ended long ago are deleted */
#ifndef STORE_FILES_RETAIN_H
#define STORE_FILES_RETAIN_H

#include <stdint.h>

struct files_dir;
struct files_index;
struct files_retain;

/* keep_runs: so many that have ended stay, the newest; keep_ms: so long. 0: no bound.
 * Both are borrowed. */
struct files_retain *files_retain_new(struct files_dir *dir, struct files_index *index,
				      int64_t keep_runs, int64_t keep_ms);
void files_retain_free(struct files_retain *retain);

/* Some of what is to go, now and then: a few files at a time. */
void files_retain_some(struct files_retain *retain, int64_t now_wall_ms);

#endif
