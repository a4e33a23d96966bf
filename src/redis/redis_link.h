/* redis_link.h - one connection to a Redis server that is kept up */
#ifndef REDIS_REDIS_LINK_H
#define REDIS_REDIS_LINK_H

#include "base/err.h"
#include "redis/redis_reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct redis_command;
struct redis_link;
struct redis_scripts;

/* What happened to a command. Borrowed until the callback returns. */
struct redis_answer {
	const struct redis_reply *reply; /* NULL: the server did not answer */
	/*
	 * 0: reply is an answer and no error. ERR_REFUSED: reply is an error, `trouble`
	 * says which; nothing or a part of the command was done, as Redis' manual says.
	 * No reply: ERR_CONN (connection lost), ERR_TIMEOUT (command_timeout passed, the
	 * connection is dropped), ERR_CLOSED (redis_link_free).
	 */
	int rc;
	enum redis_trouble trouble; /* of an error reply, else NONE */
	/* Without a reply: some of the command's bytes may have left, so the server may
	 * have executed it. false: it certainly did not. */
	bool sent;
	const char
		*text; /* for rc < 0: a sentence for the log, never a secret; else "" */
};

/*
 * Exactly once per accepted command, in the order of sending, from the loop or from
 * redis_link_free(), never from inside a send. It may send, and may free the link
 * (unless rc is ERR_CLOSED).
 */
typedef void (*redis_answer_cb)(void *arg, const struct redis_answer *answer);

enum redis_event {
	REDIS_EVENT_UP,    /* logged in, role and version checked, scripts loaded */
	REDIS_EVENT_DOWN,  /* was up; its commands have been answered, ERR_CONN */
	REDIS_EVENT_RETRY, /* an attempt to connect failed; another follows by itself */
};

/*
 * why is NULL for UP. For DOWN and RETRY its text says what happened: the caller decides
 * whether to log it (the link logs nothing). Not called from redis_link_new() or
 * redis_link_free(). May send (after UP) and may free the link.
 */
typedef void (*redis_event_cb)(void *arg, struct redis_link *link, enum redis_event event,
			       const struct err *why);

/* A message of a channel that the link has subscribed to: an answer to no question. */
typedef void (*redis_push_cb)(void *arg, const struct redis_reply *message);

/* Zero or NULL means the default. Texts are copied. */
struct redis_link_conf {
	const char *url;            /* as redis_url.h; required */
	const char *name;           /* CLIENT SETNAME; no blanks; NULL: none */
	int64_t connect_timeout_ms; /* name to UP, whole handshake; 5000 */
	int64_t command_timeout_ms; /* from send to answer; 2000 */
	int64_t retry_min_ms;       /* 50 */
	int64_t retry_max_ms;       /* 2000 */
	size_t queue_max;           /* unanswered commands; 10000 */
	size_t bytes_max;           /* unsent bytes; 64 MiB */
	uint64_t seed;              /* of the jitter; 0: the kernel's */
	redis_event_cb on_event;    /* may be NULL */
	redis_push_cb on_push; /* NULL: it subscribes to nothing. May free the link */
	void *arg;
};

/* The server behind the current (or, when down, the last) connection. */
struct redis_server {
	char run_id[41]; /* changes with every restart and on another server */
	int version;     /* 60203 is 6.2.3 */
	char policy[32]; /* maxmemory_policy: anything but "noeviction" may lose jobs */
	int64_t maxmemory_bytes; /* 0: no limit */
};

/*
 * A link that connects at once and for ever: TCP, TLS or unix socket; AUTH, SELECT,
 * CLIENT SETNAME; refuses servers older than 6.0 and replicas; waits out LOADING; comes
 * back with jittered backoff. After fork only, one process. Watchers of the loop that
 * send from an ev_prepare must have a priority above EV_MINPRI, where the link writes all
 * that a turn has queued in one go.
 *
 * Returns 0 and *ret, the caller's; ERR_INPUT for a bad URL, ERR_SYS for TLS material
 * that cannot be read.
 */
int redis_link_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		   struct redis_link **ret, struct err *err);
/* Answers what is pending with ERR_CLOSED, then frees. NULL is fine. */
void redis_link_free(struct redis_link *link);

/* Scripts to load at every connect, before UP. At most 4 sets; borrowed until the link is
 * freed; before the loop runs. */
void redis_link_scripts(struct redis_link *link, const struct redis_scripts *scripts);

bool redis_link_is_up(const struct redis_link *link);
/* Borrowed; NULL while there never was a connection. */
const struct redis_server *redis_link_server(const struct redis_link *link);
/* Commands that wait for their answer. */
size_t redis_link_pending(const struct redis_link *link);

/*
 * Send a command (it is copied). Returns 0: cb comes, once. Or, without any callback:
 *   ERR_CONN  not up: nothing was sent, wait for UP;
 *   ERR_FULL  queue_max or bytes_max is reached: come back later.
 * cb may be NULL when nobody cares for the answer.
 */
int redis_link_send(struct redis_link *link, const struct redis_command *command,
		    redis_answer_cb cb, void *arg, struct err *err);

/* Drop the connection now, as if the server had: pending commands get ERR_CONN and the
 * backoff runs. From the loop; no callback runs before this returns. */
void redis_link_drop(struct redis_link *link, const char *why);

#endif
