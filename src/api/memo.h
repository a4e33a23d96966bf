/* memo.h - answers of Postgres, remembered for a moment: bounded, asked for once */
#ifndef API_MEMO_H
#define API_MEMO_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memo;

enum memo_state {
	MEMO_HIT,    /* here it is */
	MEMO_NONE,   /* there is no such thing */
	MEMO_WAIT,   /* being fetched; the wait's callback will say */
	MEMO_FAILED, /* could not be fetched now */
};

/*
 * Called once, from memo_put() or memo_fail(), with anything but MEMO_WAIT. value is
 * borrowed for the call. Embed it where the waiting request is.
 */
struct memo_wait {
	struct list node; /* ours */
	void (*ready)(void *arg, enum memo_state state, void *value);
	void *arg;
};

struct memo_ops {
	/* Start to fetch; memo_put() or memo_fail() follows, later, not inside. A
	 * negative ERR_*: could not be started. */
	int (*fetch)(void *ctx, const char *key);
	void (*value_free)(void *value);
};

struct memo_options {
	size_t entries_max; /* the least recently used one goes, at first of those without
			     * a value */
	size_t fetches_max; /* at the same time */
	int64_t fresh_ms;   /* a value so young is given without a thought */
	int64_t stale_ms;   /* one so young is given while it is fetched again */
	int64_t none_ms;    /* "no such thing" is remembered so long */
};

/* ops and ctx are borrowed for the memo's life. */
struct memo *memo_new(const struct memo_options *options, const struct memo_ops *ops,
		      void *ctx);
/* Nobody may be waiting any more. */
void memo_free(struct memo *memo);

/*
 * The value under key at this moment. MEMO_HIT sets *value, borrowed until the loop
 * turns. MEMO_WAIT: wait is ours until its callback ran or memo_forsake().
 */
enum memo_state memo_get(struct memo *memo, const char *key, int64_t now_mono_ms,
			 struct memo_wait *wait, void **value);
/* Nobody waits, but somebody will ask soon: fetch what is not known,
 * if few fetches are under way. */
void memo_want(struct memo *memo, const char *key, int64_t now_mono_ms);
/* The remembered value however old, or NULL. */
void *memo_peek(const struct memo *memo, const char *key);
/* Is there a value that memo_get() would have given, but for memo_outdate()? */
bool memo_knows(const struct memo *memo, const char *key, int64_t now_mono_ms);
/* What is remembered is known to be wrong: the next one who asks waits for a fetch. */
void memo_outdate(struct memo *memo, const char *key);
/* Do not call this one; fine for a wait that is over. */
void memo_forsake(struct memo_wait *wait);

/* What was fetched. Takes value; NULL: there is no such thing. */
void memo_put(struct memo *memo, const char *key, int64_t now_mono_ms, void *value);
/* It could not be fetched: who waits hears so, an old value stays what it is. */
void memo_fail(struct memo *memo, const char *key);

/* Walk all values; the callback must not change the memo. */
void memo_each(struct memo *memo, void (*visit)(void *arg, void *value), void *arg);
size_t memo_count(const struct memo *memo);

#endif
