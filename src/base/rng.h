/* rng.h - random numbers: from the kernel where they must not be guessed, seeded where
 * tests fix them */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Unguessable bytes of the kernel (getrandom(2)); ends the process if there are none. */
void rng_bytes(void *bytes, size_t len);
uint64_t rng_u64(void);
/* len lower-case hex digits and a NUL into text (len + 1 bytes). */
void rng_hex(char *text, size_t len);

/* A small seeded generator (splitmix64) for jitter: the same seed gives the same row. */
struct rng {
	uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
/* Uniform in 0..bound-1; bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
