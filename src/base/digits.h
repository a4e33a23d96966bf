/* digits.h - whole numbers as decimal digits, where printf would be most of the work */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_MAX 20 /* of UINT64_MAX */

/* The digits of n into buf of DIGITS_MAX bytes, without a NUL; returns how many. */
size_t digits_put(uint64_t n, char *buf);
/* Likewise, in front of `end`; returns where they begin. */
char *digits_put_before(uint64_t n, char *end);
/* Exactly width digits into buf, zeros in front: the last ones of n. */
void digits_put_padded(unsigned n, size_t width, char *buf);

#endif
