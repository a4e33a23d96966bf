/* fires.h - which moments of a schedule are to be dealt with now */
#ifndef RUN_FIRES_H
#define RUN_FIRES_H

#include "run/cron.h"

#include <stddef.h>

enum fires_missed {
	FIRES_MISSED_SKIP, /* none that is late */
	FIRES_MISSED_ONCE, /* the last of them */
	FIRES_MISSED_ALL,  /* all of them, the newest if there are too many */
	FIRES_MISSED_COUNT,
};

#define FIRES_MAX      1000         /* moments at once */
#define FIRES_LATE_SEC 60           /* what is so late is missed */
#define FIRES_BACK_SEC (31 * 86400) /* older ones are forgotten */

/* The word in tables and bodies; FIRES_MISSED_COUNT: none. */
enum fires_missed fires_missed_find(const char *word);

/*
 * next_sec is the moment that is to be dealt with next, now_sec >= next_sec. Into due[]
 * (max 1..FIRES_MAX entries), in order, those that are to fire; *ret_next is the first
 * one behind now, -1 if there is none. Returns how many.
 */
size_t fires_plan(const struct cron *cron, const char *zone, enum fires_missed missed,
		  int64_t next_sec, int64_t now_sec, size_t max, int64_t *due,
		  int64_t *ret_next);

#endif
