/* zone.h - local time of a time zone by name */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

/* Is it "UTC", or a zone that this host knows ("Europe/Berlin")? Reads a file. */
bool zone_ok(const char *name);

/*
 * Seconds that local time is ahead of UTC at a moment (seconds since 1970). The zone is
 * one for which zone_ok() said true. Changes the process' TZ for the call: for processes
 * of one thread.
 */
int64_t zone_offset_sec(const char *name, int64_t at_sec);

#endif
