/* redis_reply.h - what a Redis server answered: typed, read-only, borrowed */
#ifndef REDIS_REDIS_REPLY_H
#define REDIS_REDIS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum redis_type {
	REDIS_NIL,
	REDIS_INT,
	REDIS_TEXT,   /* bulk string: any bytes */
	REDIS_STATUS, /* "OK", "PONG" */
	REDIS_ERROR,
	REDIS_ARRAY,
};

/* What an error reply means to us. */
enum redis_trouble {
	REDIS_TROUBLE_NONE,     /* not an error */
	REDIS_TROUBLE_OOM,      /* maxmemory reached: writes are refused */
	REDIS_TROUBLE_MISCONF,  /* cannot save: writes are refused */
	REDIS_TROUBLE_READONLY, /* a replica; the link drops the connection by itself */
	REDIS_TROUBLE_LOADING, /* still reading its file; the link drops and comes back */
	REDIS_TROUBLE_NOSCRIPT,  /* redis_script_send() has tried twice */
	REDIS_TROUBLE_MOVED,     /* MOVED, ASK, CROSSSLOT, CLUSTERDOWN: a cluster node */
	REDIS_TROUBLE_BUSY,      /* a script of somebody blocks the server */
	REDIS_TROUBLE_UNBLOCKED, /* a blocking command was ended by the server */
	REDIS_TROUBLE_WRONGTYPE, /* a key of ours holds something else */
	REDIS_TROUBLE_AUTH,      /* NOAUTH, WRONGPASS, NOPERM */
	REDIS_TROUBLE_OTHER,
};

/*
 * A node of an answer, borrowed until the callback that got it returns. All accessors
 * take NULL and a node of another type and then say "nothing": answers are checked by
 * reading them.
 */
struct redis_reply;

enum redis_type redis_reply_type(const struct redis_reply *reply); /* NULL: REDIS_NIL */
/* 0 when it is no integer. */
int64_t redis_reply_int(const struct redis_reply *reply);
/* An integer, or a text that is wholly one in decimal. false: *ret is untouched. */
bool redis_reply_get_int(const struct redis_reply *reply, int64_t *ret);
/* The bytes of a text, status or error; NUL-terminated behind *len, which may be NULL.
 * NULL (and *len 0) for anything else. */
const char *redis_reply_text(const struct redis_reply *reply, size_t *len);
/* Elements of an array, else 0. */
size_t redis_reply_count(const struct redis_reply *reply);
/* Element i, or NULL. */
const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t i);
enum redis_trouble redis_reply_trouble(const struct redis_reply *reply);
/* "oom", "readonly"...; static. */
const char *redis_trouble_name(enum redis_trouble trouble);

#endif
