/*
 * digest.c - SHA-256, and SHA-1 where a peer's protocol names things by it
 */
#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

static char *digest_hex(const EVP_MD *md, const void *bytes, size_t len, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned size = 0, i;

	/* one-shot digests of memory fail only when OpenSSL itself is broken */
	if (EVP_Digest(bytes, len, sum, &size, md, NULL) != 1)
		abort();
	for (i = 0; i < size; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[2 * i] = '\0';
	return hex;
}

char *digest_sha256(const void *bytes, size_t len, char *hex)
{
	return digest_hex(EVP_sha256(), bytes, len, hex);
}

char *digest_sha1(const void *bytes, size_t len, char *hex)
{
	return digest_hex(EVP_sha1(), bytes, len, hex);
}

bool digest_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
