/* store_call.h - one batch on Postgres, blocking: for verbs */
#ifndef CLI_STORE_CALL_H
#define CLI_STORE_CALL_H

#include "base/err.h"

#include <stdint.h>

struct conf;
struct pg_batch;
struct pg_reply;

/* Reads the rows; runs inside store_call(), once, when the batch is committed. */
typedef void (*store_call_cb)(void *arg, const struct pg_reply *reply);

/*
 * Connect as the configuration says, run the batch (taken in every case), let `read` see
 * the reply (NULL: nobody), disconnect. Returns 0 when it is committed, or
 *   ERR_CONN, ERR_TIMEOUT  Postgres cannot be reached, or did not answer in time; when
 *                          the text says so, the batch may be in all the same;
 *   ERR_REFUSED            it said no: the text has its reason;
 *   ERR_INPUT              the URL.
 */
int store_call(const struct conf *conf, struct pg_batch *batch, int64_t deadline_ms,
	       store_call_cb read, void *arg, struct err *err);
/* The exit code that such an error stands for. */
int store_call_exit_code(int rc);

#endif
