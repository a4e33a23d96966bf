/* chats.h - messages of conversations on their way to be turns */
#ifndef API_CHATS_H
#define API_CHATS_H

#include <stdbool.h>

struct cancels;
struct catalog;
struct chats;
struct conf;
struct next_turns;
struct pg_pool;
struct port_chat;
struct redis_link;
struct redis_scripts;
struct score_slot;
struct tenant_book;

/* All borrowed for its life. */
struct chats_parts {
	const struct conf *conf;
	struct redis_link *link;
	const struct redis_scripts *scripts;
	struct pg_pool *pool;
	struct catalog *catalog;
	struct tenant_book *tenants;
	struct cancels *cancels;
	struct next_turns *turns;
	struct score_slot *score; /* NULL: nobody counts */
};

struct chats *chats_new(const struct chats_parts *parts);
/* The pool and the link have been freed before, so that nothing is under way. */
void chats_free(struct chats *chats);

/* chat is the caller's until its done() ran: runs_port.h. */
void chats_post(struct chats *chats, struct port_chat *chat);

/* Call idle(arg) once when nothing is under way; at once, if so. */
void chats_when_idle(struct chats *chats, void (*idle)(void *arg), void *arg);

#endif
