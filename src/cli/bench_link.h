/* bench_link.h - a link to Redis, waited for */
#ifndef CLI_BENCH_LINK_H
#define CLI_BENCH_LINK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;
struct redis_link;
struct redis_scripts;
struct str;

/* Embed it zeroed. For readers: all; acts of queue/ take loop, link and scripts. */
struct bench_link {
	struct ev_loop *loop; /* of its own */
	struct redis_link *link;
	struct redis_scripts *scripts;
	struct err lost; /* why the connection failed or was lost; code 0: it was not */
};

/*
 * Connected and with the scripts loaded, or an error. bench_link_close() in every case.
 */
int bench_link_open(struct bench_link *link, const char *url, struct err *err);
void bench_link_close(struct bench_link *link);
/* Turn the loop until *done, which an answer's callback sets: one always comes. */
void bench_link_wait(struct bench_link *link, const bool *done);

/* The text of INFO <section>, appended. */
int bench_link_info(struct bench_link *link, const char *section, struct str *out,
		    struct err *err);
/* The value of CONFIG GET <name>, appended. */
int bench_link_setting(struct bench_link *link, const char *name, struct str *out,
		       struct err *err);
/* BGREWRITEAOF: it has begun, or will, or one is under way. */
int bench_link_rewrite(struct bench_link *link, struct err *err);
/* XLEN. */
int bench_link_stream_len(struct bench_link *link, const char *key, int64_t *ret,
			  struct err *err);

#endif
