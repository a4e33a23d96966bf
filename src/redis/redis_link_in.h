/* redis_link_in.h - the inside of a link, for redis_link.c and its greeting */
#ifndef REDIS_REDIS_LINK_IN_H
#define REDIS_REDIS_LINK_IN_H

#include "base/backoff.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/rng.h"
#include "base/str.h"
#include "redis/redis_link.h"
#include "redis/redis_pending.h"
#include "redis/redis_url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct redis_command;
struct redis_reader;
struct redis_resolve;
struct redis_scripts;
struct redis_tls;
struct redis_transport;

#define REDIS_LINK_SETS_MAX 4

enum link_state {
	LINK_WAITING,    /* for the backoff timer */
	LINK_RESOLVING,  /* host name */
	LINK_CONNECTING, /* connect(2), TLS */
	LINK_GREETING,   /* login, checks, scripts */
	LINK_UP,
	LINK_LOST,   /* closed; on_lost() is about to say so */
	LINK_CLOSED, /* redis_link_free() */
};

struct redis_link {
	struct ev_loop *loop;
	struct redis_url url;
	struct redis_tls *tls; /* NULL: plain */
	char *name;            /* NULL: none */
	int64_t connect_timeout_ms;
	int64_t command_timeout_ms;
	size_t queue_max;
	size_t bytes_max;
	redis_event_cb on_event;
	redis_push_cb on_push;
	void *arg;
	const struct redis_scripts *sets[REDIS_LINK_SETS_MAX];
	size_t nsets;

	enum link_state state;
	struct backoff backoff;
	struct rng rng;
	struct redis_resolve *resolve;
	const struct addrinfo *address; /* the one we try; of resolve */
	struct redis_transport *transport;
	struct redis_reader *reader;
	ev_io readable;
	ev_io writable;
	ev_prepare turn_end;
	ev_timer attempt;         /* waiting: next attempt; until up: its deadline */
	ev_timer deadline;        /* up: of the oldest command */
	ev_timer lost;            /* never started, only fed */
	int64_t due_mono_ms;      /* what `deadline` was armed for */
	int64_t turn_due_mono_ms; /* of what this turn of the loop sends; 0: nothing yet */
	int64_t up_since_mono_ms;
	bool was_up; /* before it was lost */

	struct redis_pending pending;
	struct redis_pending failed; /* set aside by lose() */
	struct err why;              /* of the loss */
	int64_t lost_mono_ms;

	struct str out;
	size_t out_done;  /* bytes of out that have left */
	uint64_t queued;  /* bytes ever put into out on this connection */
	uint64_t written; /* bytes of them that left */

	struct redis_server server;
	bool has_server;

	int busy;   /* callbacks of the owner on the stack */
	bool freed; /* by one of them */
};

/* Close the connection; the owner and those who wait for an answer hear of it from the
 * loop. It was not lost before. */
void redis_link_lose(struct redis_link *link, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* One command more into the pipeline. The caller has checked the room. */
void redis_link_enqueue(struct redis_link *link, const struct redis_command *command,
			const struct redis_pending_entry *entry);
/* The server will do: the link is up. */
void redis_link_greeted(struct redis_link *link);

#endif
