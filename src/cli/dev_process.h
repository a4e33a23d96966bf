/* dev_process.h - a program that `dev` runs beside itself */
#ifndef CLI_DEV_PROCESS_H
#define CLI_DEV_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct str;

/* Embed it zeroed: nothing runs. For readers: pid (0: nothing runs), status. */
struct dev_process {
	const char *name; /* borrowed: "Postgres" */
	pid_t pid;
	int pidfd;
	int status; /* of waitpid(2), when it has ended */
};

struct dev_program {
	const char *name;        /* for messages */
	const char *const *argv; /* argv[0] is looked for in PATH unless it has a slash */
	const char *const *env;  /* NULL: ours */
	const char *dir;         /* where it runs */
	const char *log;         /* file that its output is appended to; NULL: ours */
	int death_signal;        /* what it gets when we die */
};

/*
 * Start it in a process group of its own, so that a terminal's Ctrl-C reaches us alone.
 */
int dev_process_start(struct dev_process *process, const struct dev_program *program,
		      struct err *err);
/* Has it ended? Fine when nothing runs (true). */
bool dev_process_ended(struct dev_process *process);
/* Wait until it ends or the time is over: dev_process_ended(). */
bool dev_process_wait(struct dev_process *process, int64_t deadline_ms);
/*
 * Ask it to end by a signal, insist by SIGKILL on its whole group when deadline_ms are
 * over. True: it ended by itself. Fine when nothing runs.
 */
bool dev_process_stop(struct dev_process *process, int signal, int64_t deadline_ms);
/* "ended with status 1", "ended by signal 9". */
void dev_process_say_end(const struct dev_process *process, struct str *out);
/* The last lines of a log, indented; nothing when there is none. */
void dev_process_tail(const char *log, struct str *out);

/* Run a program to its end: 0, ERR_SYS, ERR_TIMEOUT, or ERR_REFUSED unless it ended 0. */
int dev_process_run(const struct dev_program *program, int64_t deadline_ms,
		    struct err *err);

#endif
