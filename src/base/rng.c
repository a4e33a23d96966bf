/*
 * rng.c - random numbers: from the kernel or from a seed
 *
 * Small requests are served from a pool, since one getrandom call per run id would be a
 * system call per run. fork() would hand the same pool to two processes: the pool is
 * bound to a pid and refilled when that differs.
 */
#include "base/rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static struct {
	unsigned char bytes[512];
	size_t left;
	pid_t pid;
} pool; /* every process of ours */

static void rng_fill(void *bytes, size_t len)
{
	unsigned char *p = bytes;
	ssize_t n;

	while (len) {
		n = getrandom(p, len, 0);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			abort(); /* no kernel that we run on lacks it */
		}
		p += n;
		len -= (size_t)n;
	}
}

void rng_bytes(void *bytes, size_t len)
{
	if (len > sizeof(pool.bytes) / 4) {
		rng_fill(bytes, len);
		return;
	}
	if (pool.left < len || pool.pid != getpid()) {
		rng_fill(pool.bytes, sizeof(pool.bytes));
		pool.left = sizeof(pool.bytes);
		pool.pid = getpid();
	}
	pool.left -= len;
	memcpy(bytes, pool.bytes + pool.left, len);
	memset(pool.bytes + pool.left, 0, len);
}

uint64_t rng_u64(void)
{
	uint64_t n;

	rng_bytes(&n, sizeof(n));
	return n;
}

void rng_hex(char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[32]; /* each request costs a system call: whose pool is it? */
	size_t i;

	for (i = 0; i < len; i++) {
		size_t at = i % (2 * sizeof(bytes));
		unsigned char byte;

		if (at == 0)
			rng_bytes(bytes, sizeof(bytes) < (len - i + 1) / 2
						 ? sizeof(bytes)
						 : (len - i + 1) / 2);
		byte = bytes[at / 2];
		text[i] = digits[at % 2 == 0 ? byte >> 4 : byte & 15];
	}
	text[len] = '\0';
}

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

uint64_t rng_next(struct rng *rng)
{
	/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
	 * generators" */
	uint64_t z = (rng->state += 0x9E3779B97F4A7C15ULL);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
	uint64_t n;

	do
		n = rng_next(rng);
	while (n >= limit);
	return n % bound;
}
