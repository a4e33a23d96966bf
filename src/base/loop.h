/*
 * loop.h - the event loop: libev, for every folder
 *
 * The one declared exception to "one library per folder". Include it before any header
 * that pulls <elf.h> (libseccomp does): both define EV_NONE, and ev.h must come first.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#define EV_COMPAT3 0
#include <ev.h> /* IWYU pragma: export */

#endif
