/* digest.h - SHA-256 (owns OpenSSL's digests) */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX_SIZE 65 /* 64 hex digits and a NUL */

/* SHA-256 of bytes as lower-case hex into hex[DIGEST_HEX_SIZE]; returns hex. */
char *digest_sha256(const void *bytes, size_t len, char *hex);
/* SHA-1 as 40 hex digits and a NUL: Redis names scripts by it. */
#define DIGEST_SHA1_SIZE 41
char *digest_sha1(const void *bytes, size_t len, char *hex);
/* Equal, in a time that does not depend on where they differ. */
bool digest_equal(const void *a, const void *b, size_t len);

#endif
