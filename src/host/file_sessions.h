/* file_sessions.h - turns of conversations that a host on files has, in their order */
#ifndef HOST_FILE_SESSIONS_H
#define HOST_FILE_SESSIONS_H

#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>

struct file_run;

/* Embed it. */
struct file_sessions {
	struct map by_id; /* struct file_session */
};

void file_sessions_init(struct file_sessions *sessions);
void file_sessions_deinit(struct file_sessions *sessions);

/* A run comes and goes; nothing if it is no turn. */
void file_sessions_enter(struct file_sessions *sessions, struct file_run *run);
void file_sessions_leave(struct file_sessions *sessions, struct file_run *run);

/* Is no turn in front of it? True for runs that are none. */
bool file_sessions_is_first(const struct file_run *run);
/* The turn that is live, or NULL; how many there are. */
struct file_run *file_sessions_live(const struct file_sessions *sessions,
				    const char *session_id, size_t *ret_count);
/* The one behind it in its session, or NULL. */
struct file_run *file_sessions_next(const struct file_run *run);

#endif
