/* squeeze.h - streams of ended runs live shorter while Redis holds too much */
#ifndef CLERK_SQUEEZE_H
#define CLERK_SQUEEZE_H

#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct redis_link;
struct squeeze;

struct squeeze_options {
	struct ev_loop *loop;
	struct redis_link *link;
	int64_t ttl_ms;    /* events.ttl */
	int64_t max_bytes; /* events.memory; 0: three quarters of Redis' own maxmemory */
	/* Name number i of the queues that are told, NULL behind the last. */
	const char *(*queue)(void *arg, size_t i);
	void *arg;
};

/* All is borrowed and outlives it but the link, which is closed before. */
struct squeeze *squeeze_new(const struct squeeze_options *options);
void squeeze_free(struct squeeze *squeeze);

/* While we lead: look each second. */
void squeeze_start(struct squeeze *squeeze);
void squeeze_stop(struct squeeze *squeeze);

/* The rule: the next expiry, from the one in force, events.ttl, what Redis uses and may
 * use (0: as much as it likes). Pure. */
#define SQUEEZE_MIN_MS 10000
int64_t squeeze_next(int64_t now_ms, int64_t ttl_ms, int64_t used_bytes,
		     int64_t max_bytes);

#endif
