/* live_host.h - a master that is alive, with kinds of its own, for tests */
#ifndef TESTS_LIVE_HOST_H
#define TESTS_LIVE_HOST_H

#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOST_DEADLINE_MS 30000

/* Kinds of children, each table one host. */
extern const struct kind host_idlers[];    /* as many as worker.processes says */
extern const struct kind host_stubborns[]; /* does not drain */
extern const struct kind host_crashers[];  /* ends before it is ready */
extern const struct kind host_healers[];   /* the same, until host_heal_path exists */
extern const struct kind host_hangers[];   /* stands still soon, in job run_1:1 */
extern const struct kind host_nobody[];    /* nothing to run */
extern const struct kind host_mutes[];     /* never says that it is ready */
extern const struct kind host_house[];     /* api, keeper and workers, in no order */
/* The same three with the options that they read; with worker.slots 13 a worker does not
 * start, with 14 it never gets ready. The workers scale. */
extern const struct kind host_readers[];

extern char host_heal_path[128];

struct host {
	char dir[64];
	char data_dir[96];
	char run_dir[96];
	struct conf conf;
	struct conf_inputs
		inputs; /* with a path: conf comes from there, by conf_load() */
	int notify_fd;  /* -1, or where systemd would listen */
	pid_t pid;
	int log_fd;
	char buf[65536];
	size_t len;
	size_t at; /* behind the line that was returned last */
};

/* For cmocka: *state is a struct host. */
int host_set_up(void **state);
int host_tear_down(void **state);

/* The master of host->conf, or of its file; its log is read from the start. */
void host_start(struct host *host, const struct kind *kinds);
/* A file for it, with these lines more than it needs. */
void host_make_file(struct host *host, const char *more);
void host_write_file(struct host *host, const char *more);
/* The same, started with host_readers and ready. */
void host_start_file(struct host *host, const char *more);
/* A new file, and SIGHUP. */
void host_reload(struct host *host, const char *more);
/* Everything of it dies now. */
void host_kill(struct host *host);
/* Wait until everybody is gone; the master's exit code. */
int host_end(struct host *host);
/* SIGTERM before. */
int host_stop(struct host *host);

/* The next line of the log, without its end, or NULL at the end of all processes. Fails
 * the test when nothing comes for too long. */
char *host_line(struct host *host);
/* The next line with this event and this text ("": any). */
char *host_wait(struct host *host, const char *event, const char *text);
/* Read the log from its start again: lines of several processes came in any order. */
void host_rewind(struct host *host);
/* Of a pair in a line. */
int64_t host_number(const char *line, const char *key);

/* The caller closes it. */
const struct scoreboard *host_board(struct host *host);
int host_generation(struct host *host);
/* The board's word on the last reload has this text; "": it has none. */
bool host_shown(struct host *host, const char *text);
/* Living processes of all kinds, by the board. */
int host_living(struct host *host);
void host_wait_living(struct host *host, int count);
uint16_t host_free_port(void);

#define WITH_HOST(f) cmocka_unit_test_setup_teardown(f, host_set_up, host_tear_down)

#endif
