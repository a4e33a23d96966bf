/* percent.h - what URLs have encoded as %XX */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode len bytes into out of len + 1, with a NUL behind them; in a form a '+' is a
 * blank. The length, or -1 for a broken escape and for a NUL, which no text of ours has.
 */
int64_t percent_decode(const char *text, size_t len, bool form, char *out);

#endif
