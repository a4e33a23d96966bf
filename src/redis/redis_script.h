/*
 * redis_script.h - Lua scripts called by digest, loaded again when the server forgot them
 */
#ifndef REDIS_REDIS_SCRIPT_H
#define REDIS_REDIS_SCRIPT_H

#include "base/err.h"
#include "redis/redis_link.h"

#include <stddef.h>

struct embed;
struct redis_command;

/* A set of scripts, one per embedded text. Read-only after _new; for any number of links
 * of one process. */
struct redis_scripts;

/* Texts are borrowed for ever (they are static). The caller's. */
struct redis_scripts *redis_scripts_new(const struct embed *texts, size_t count);
void redis_scripts_free(struct redis_scripts *scripts);
size_t redis_scripts_count(const struct redis_scripts *scripts);
/* Script i; borrowed. */
const struct embed *redis_scripts_text(const struct redis_scripts *scripts, size_t i);

/* Reset the command and begin a call of script i (index in texts) with nkeys keys; the
 * caller adds the keys, then the arguments. */
void redis_script_begin(const struct redis_scripts *scripts, size_t i, unsigned nkeys,
			struct redis_command *command);

/*
 * redis_link_send() for such a command. If the server does not know the script it is
 * loaded and called once more (nothing was executed, so that is safe). The scripts must
 * outlive the answer.
 */
int redis_script_send(struct redis_link *link, const struct redis_scripts *scripts,
		      size_t i, const struct redis_command *command, redis_answer_cb cb,
		      void *arg, struct err *err);

#endif
