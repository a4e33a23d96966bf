/* autoscale.h - the number of workers follows what waits */
#ifndef MASTER_AUTOSCALE_H
#define MASTER_AUTOSCALE_H

#include <stdbool.h>
#include <stdint.h>

struct master;

/* Each second, from a callback of the loop. */
void autoscale_tick(struct master *m, int64_t now_mono_ms);
/* Whether the configuration in force leaves the number to the master at all; then
 * between which bounds. */
bool autoscale_bounds(const struct master *m, int *min, int *max);

#endif
