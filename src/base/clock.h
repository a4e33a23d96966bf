/* clock.h - the two clocks: one that may be stored, one that may not */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/*
 * Milliseconds since 1970 by the wall clock: may jump, may be stored or shown (_at_ms).
 */
int64_t clock_wall_ms(void);
/* Monotonic milliseconds of this boot: never jumps, never leaves the host (_mono_ms). */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* CPU time of this process in microseconds. */
int64_t clock_cpu_us(void);

#endif
