/* cli_control.h - one ask of the daemon of this host, and what became of it */
#ifndef CLI_CLI_CONTROL_H
#define CLI_CLI_CONTROL_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct scoreboard;

struct cli_control {
	const char *run_dir;
	int act;            /* enum control_act */
	int64_t number;     /* of the ask */
	bool wait;          /* for the end, not only for "accepted" */
	int64_t timeout_ms; /* of the wait; 0: what the daemon says, or some minutes */
	/* Called twice a second while it waits, and once more behind it with over. NULL:
	 * nobody wants to know. */
	void (*progress)(void *arg, int64_t waited_ms, bool over);
	void *arg;
};

enum cli_control_result {
	CLI_CONTROL_DONE,
	CLI_CONTROL_ACCEPTED, /* and nobody waits */
	CLI_CONTROL_REFUSED,  /* err has the daemon's code and reason */
	CLI_CONTROL_FAILED,   /* the same: it began, and did not come to its end */
	CLI_CONTROL_LATE,     /* it still goes on; err says since when */
	CLI_CONTROL_NOBODY,   /* there is no socket, or nobody behind it; err says so */
};

/* number: of "done". */
enum cli_control_result cli_control_ask(const struct cli_control *ask, int64_t *number,
					struct err *err);

#endif
