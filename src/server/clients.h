/* clients.h - how many connections each address has */
#ifndef SERVER_CLIENTS_H
#define SERVER_CLIENTS_H

#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct sockaddr;

/* For readers: most. */
struct clients {
	struct map by_address; /* of struct client */
	size_t most;           /* of one address; 0: no bound */
	bool own_too;          /* addresses of the loopback are bound as well */
	int64_t said_mono_ms;  /* when the log heard of it last; 0: never */
	size_t unsaid;         /* turned away since */
};

void clients_init(struct clients *clients, size_t most, bool own_too);
/* Everybody has left. */
void clients_deinit(struct clients *clients);

/* Whether one more connection from there is too many; the log is told now and then. */
bool clients_full(struct clients *clients, const struct sockaddr *addr);
/*
 * One more. NULL, which clients_again() and clients_leave() take, for who is not bound;
 * else borrowed until as many have left.
 */
struct client *clients_enter(struct clients *clients, const struct sockaddr *addr);
void clients_again(struct client *client);
void clients_leave(struct clients *clients, struct client *client);
/* Answers 503 on a socket that nobody has read from, and closes it. */
void clients_turn_away(int fd);

#endif
