/* reload.h - a new configuration, beside the one in force until it has proved itself */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct child;
struct child_env;
struct conf;
struct master;

#define RELOAD_BY_MAX 32

/* All fields are for reading outside of reload.c. */
struct reload {
	const struct conf *conf;   /* the candidate; NULL: none is under way */
	const struct conf *before; /* in force when it began */
	unsigned readers;          /* enum conf_reader: whom it touches */
	int generation;            /* its number */
	int api_listen_fd;         /* -1: the one in force stays */
	int health_listen_fd;      /* the same */
	bool again;                /* one more was asked for */
	bool was_quiet;            /* when it began */
	char failed[256];          /* why it will be withdrawn; "": no reason */
	char by[RELOAD_BY_MAX];
	int64_t since_mono_ms;
};

void reload_init(struct reload *reload);
static inline bool reload_active(const struct reload *reload)
{
	return reload->conf != NULL;
}

/* 0 when it is under way, done, or waits for the one before; ERR_INPUT: the new one is
 * bad, ERR_SYS: a new address cannot be had. Logged either way. */
int reload_begin(struct master *m, const char *by, struct err *err);
/* Between two turns of the loop: in force, if all of it is ready; withdrawn, if some of
 * it failed; the next one. */
void reload_advance(struct master *m);
/* A child of the candidate died or could not be had. */
void reload_failed(struct master *m, const struct child *child, const char *cause);
/* Withdraw the candidate, if there is one, and forget what was asked for after it. why is
 * static. */
void reload_abandon(struct master *m, const char *why);
/* At the end of the process, which keeps what is in keep (NULL: nothing). */
void reload_drop(struct master *m, const struct child_env *keep);

#endif
