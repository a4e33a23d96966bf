/*
 * digits.c - whole numbers as decimal digits, where printf would be most of the work
 *
 * A run of one step writes some eighty numbers: moments, ids, lengths of arguments. With
 * snprintf() a number costs about 700 instructions, here about 70.
 */
#include "base/digits.h"

#include <string.h>

char *digits_put_before(uint64_t n, char *end)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return end;
}

size_t digits_put(uint64_t n, char *buf)
{
	char digits[DIGITS_MAX];
	const char *at = digits_put_before(n, digits + sizeof(digits));
	size_t len = (size_t)(digits + sizeof(digits) - at);

	memcpy(buf, at, len);
	return len;
}

void digits_put_padded(unsigned n, size_t width, char *buf)
{
	while (width) {
		buf[--width] = (char)('0' + n % 10);
		n /= 10;
	}
}
