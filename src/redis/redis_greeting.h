/* redis_greeting.h - what a new connection says first, and whether that server will do */
#ifndef REDIS_REDIS_GREETING_H
#define REDIS_REDIS_GREETING_H

struct redis_link;

/*
 * Put the greeting into the link's pipeline, which is empty. Its answers lead to
 * redis_link_greeted(), or to redis_link_lose() with the reason.
 */
void redis_greeting_send(struct redis_link *link);

#endif
