/* autopsy.h - what is known of a death, told and kept */
#ifndef MASTER_AUTOPSY_H
#define MASTER_AUTOPSY_H

#include <stdbool.h>
#include <stdint.h>

struct child;
struct master;

/*
 * It was reaped; its slot of the scoreboard is as it left it. In the log, and among the
 * last deaths that `status` shows, unless it ended in order.
 */
void autopsy_record(struct master *m, const struct child *child, const char *cause,
		    int64_t lived_ms, bool in_order);

#endif
