/*
 * sandbox.h - the command line that executes a program with nothing of the host in
 * reach
 */
#ifndef TOOLS_SANDBOX_H
#define TOOLS_SANDBOX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_ARGS_MAX  128
#define SANDBOX_FILTER_FD 4 /* where the program's system call filter is read from */
#define SANDBOX_TMP_BYTES (64LL * 1024 * 1024) /* of /tmp, in memory */
#define SANDBOX_NOBODY    65534
#define SANDBOX_LAYERS    "user pid net ipc uts mounts limits seccomp"

struct sandbox {
	struct arena arena;
	const char *argv[SANDBOX_ARGS_MAX]; /* ended by NULL */
	size_t count;
	struct str filter; /* the bytes of sandbox_filter_open() */
	bool full;         /* an argument did not fit: sandbox_init() says so */
};

/*
 * Make the command line for python (a path; it is looked up now): bubblewrap's, or
 * python's own when bubblewrap is NULL. source and mode become its -c text and
 * argument. The texts are borrowed. ERR_SYS, ERR_NOT_FOUND: a program is not there.
 */
int sandbox_init(struct sandbox *sandbox, const char *bubblewrap, const char *python,
		 const char *source, const char *mode, struct err *err);
void sandbox_deinit(struct sandbox *sandbox);

/* A descriptor, the caller's, for SANDBOX_FILTER_FD of one start. */
int sandbox_filter_open(const struct sandbox *sandbox, struct err *err);

#endif
