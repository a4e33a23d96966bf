/* standalone.h - what an API child has to execute runs itself */
#ifndef API_STANDALONE_H
#define API_STANDALONE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct child_env;
struct ev_loop;
struct key_files;
struct runs_port;
struct standalone;

/*
 * Before anything else is opened (the spawn gate forks): NULL in *ret when this host
 * needs none of it, in scale mode and without files of runs from before. ERR_SYS.
 */
int standalone_prepare(struct child_env *env, struct standalone **ret, struct err *err);

/* next: the port of scale mode, or NULL. lost(arg): nothing can be started here any more,
 * another child does better. The caller calls standalone_free() in any case. */
int standalone_open(struct standalone *alone, struct ev_loop *loop,
		    const struct runs_port *next, void (*lost)(void *arg), void *arg,
		    struct err *err);

/* Borrowed; live as long as it does. */
const struct runs_port *standalone_port(struct standalone *alone);
struct key_files *standalone_keys(struct standalone *alone);

/* As host_file_linger(), and host_file_drain(). */
void standalone_linger(struct standalone *alone);
void standalone_drain(struct standalone *alone, bool finish, void (*idle)(void *arg),
		      void *arg);

/* Every request is answered; the server and next are freed after it. NULL is fine. */
void standalone_free(struct standalone *alone);

#endif
