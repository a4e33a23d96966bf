/* queue_call.h - inside of a queue: for the files of the acts */
#ifndef QUEUE_QUEUE_CALL_H
#define QUEUE_QUEUE_CALL_H

#include "base/err.h"
#include "base/str.h"
#include "queue/queue.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"

#include <stddef.h>

/* `what` is an index of queue_lua_texts (queue/queue_lua.h, made by the build). */
struct queue {
	struct redis_link *link;             /* borrowed */
	const struct redis_scripts *scripts; /* borrowed */
	char *name;
	char *incarnation; /* NULL: none */
	struct str prefix;
	struct redis_command command; /* the one being built; nothing outlives a call */
};

/* Begin a call of a script with the queue's prefix as its one key. The command to add
 * arguments to; borrowed until the next begin. */
struct redis_command *queue_call_begin(struct queue *q, size_t what);
int queue_call_send(struct queue *q, size_t what, redis_answer_cb cb, void *arg,
		    struct err *err);
/* Add bytes as an argument. */
void queue_call_text(struct redis_command *command, struct queue_text text);
/*
 * The code of an answer that is no success, with its text in *err: why, and for commands
 * without an answer whether they may have been executed. 0 and an empty text for success.
 */
int queue_call_result(const struct redis_answer *answer, struct err *err);
/* ERR_PROTO: the script answered in another form than its head says. */
int queue_call_strange(struct err *err, const char *act);
/* Bounds that acts share: each ERR_INPUT. */
int queue_call_count_ok(size_t n, size_t max, struct err *err);
int queue_call_tenant_ok(struct queue_text tenant, struct err *err);
int queue_call_id_ok(struct queue_text id, struct err *err);
int queue_call_incarnation_ok(const struct queue *q, struct err *err);

/* Equal bytes? */
bool queue_call_same(struct queue_text a, struct queue_text b);
/* A text of an answer as bytes; {NULL, 0} for anything else. */
struct queue_text queue_call_reply_text(const struct redis_reply *reply);

#endif
