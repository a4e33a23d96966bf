/*
 * bench_load.h - requests from outside: a few processes, connections that are kept open
 */
#ifndef CLI_BENCH_LOAD_H
#define CLI_BENCH_LOAD_H

#include "base/err.h"
#include "cli/bench_samples.h"

#include <stdbool.h>
#include <stdint.h>

struct str;

/* What is sent. Texts are whole requests, borrowed for the call. */
struct bench_load_plan {
	int port; /* on loopback */
	const struct str *request;
	const struct str *last; /* instead of `request` the last of `count`; NULL: no */
	bool bulk;              /* an answer names each of its runs */
	int64_t count;          /* requests; 0: as many as fit into duration_ms */
	int64_t duration_ms;    /* of sending; with count: of all of it, or it failed */
	int rate_per_s;         /* sent when due, whatever is answered; 0: one after the
				   other on each connection */
	int connections;        /* of each process, 1..BENCH_LOAD_CONNECTIONS */
	int processes;          /* 1..BENCH_LOAD_PROCESSES */
};

#define BENCH_LOAD_CONNECTIONS 256
#define BENCH_LOAD_PROCESSES   8

/* Embed it zeroed. */
struct bench_load_result {
	int64_t sent;     /* requests */
	int64_t accepted; /* runs */
	int64_t first_sent_at_ms;
	int64_t last_read_at_ms;        /* of the last answer */
	struct bench_samples answer_us; /* request sent -> answer read */
	struct bench_samples due_us;    /* request due -> answer read: rate_per_s */
};

/*
 * Make the load and wait for all answers. stop (with arg) is asked now and then: true
 * ends it with ERR_CLOSED. ERR_CONN: a connection broke; ERR_REFUSED: an answer was not
 * 202, or a run of a bulk request was refused; ERR_TIMEOUT. The caller deinits the result
 * in every case.
 */
int bench_load_run(const struct bench_load_plan *plan, bool (*stop)(void *arg), void *arg,
		   struct bench_load_result *ret, struct err *err);
void bench_load_result_deinit(struct bench_load_result *result);

#endif
