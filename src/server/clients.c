/*
 * clients.c - how many connections each address has
 *
 * Connections of a child are bounded, and whoever opens all of them and says nothing
 * keeps everybody else waiting in the backlog. So an address may have a part of them. Of
 * IPv6 a client has a whole /64 to choose from, which counts as one. A proxy is one
 * address for all who come by it: on this host it is on the loopback, which is not bound
 * unless somebody says so.
 *
 * An address that has no connection costs nothing here.
 */
#include "server/clients.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAY_MS     10000
#define V6_BYTES   8     /* of the prefix */
#define UNREAD_MAX 65536 /* of a request that is not read */

#define BODY                                                                             \
	"{\"detail\":\"too many connections from this address\","                        \
	"\"code\":\"too_many_connections\"}"

struct place {
	unsigned char bytes[1 + V6_BYTES]; /* family, address */
	size_t len;                        /* 0: not bound */
};

struct client {
	struct place place; /* the key of the map */
	size_t count;
};

static struct place place_of(const struct clients *clients, const struct sockaddr *addr)
{
	struct place ret = { .len = 0 };
	const unsigned char *v6, *v4 = NULL;
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (!clients->most)
		return ret;
	if (addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		v4 = (const unsigned char *)&in.sin_addr;
	} else if (addr->sa_family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		v6 = in6.sin6_addr.s6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
			v4 = v6 + 12;
		else if (!IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) || clients->own_too) {
			ret.bytes[0] = 6;
			memcpy(ret.bytes + 1, v6, V6_BYTES);
			ret.len = 1 + V6_BYTES;
		}
	}
	if (v4 && (v4[0] != IN_LOOPBACKNET || clients->own_too)) {
		ret.bytes[0] = 4;
		memcpy(ret.bytes + 1, v4, 4);
		ret.len = 5;
	}
	return ret;
}

void clients_init(struct clients *clients, size_t most, bool own_too)
{
	*clients = (struct clients){ .most = most, .own_too = own_too };
	map_init(&clients->by_address);
}

void clients_deinit(struct clients *clients)
{
	map_deinit(&clients->by_address);
}

static void say(struct clients *clients, const struct place *place)
{
	char text[INET6_ADDRSTRLEN] = "";
	int64_t now = clock_mono_ms();
	unsigned char address[16] = { 0 };

	clients->unsaid++;
	if (clients->said_mono_ms && now - clients->said_mono_ms < SAY_MS)
		return;
	memcpy(address, place->bytes + 1, place->len - 1);
	(void)inet_ntop(place->bytes[0] == 4 ? AF_INET : AF_INET6, address, text,
			sizeof(text));
	log_warn("server.client_full", LOG_S("address", text),
		 LOG_N("connections", clients->most), LOG_N("refused", clients->unsaid));
	clients->said_mono_ms = now;
	clients->unsaid = 0;
}

bool clients_full(struct clients *clients, const struct sockaddr *addr)
{
	struct place place = place_of(clients, addr);
	const struct client *client =
		place.len ? map_get(&clients->by_address, place.bytes, place.len) : NULL;

	if (!client || client->count < clients->most)
		return false;
	say(clients, &place);
	return true;
}

struct client *clients_enter(struct clients *clients, const struct sockaddr *addr)
{
	struct place place = place_of(clients, addr);
	struct client *client;

	if (!place.len)
		return NULL;
	client = map_get(&clients->by_address, place.bytes, place.len);
	if (!client) {
		client = mem_new(struct client);
		client->place = place;
		(void)map_put(&clients->by_address, client->place.bytes, place.len,
			      client);
	}
	client->count++;
	return client;
}

void clients_again(struct client *client)
{
	if (client)
		client->count++;
}

void clients_leave(struct clients *clients, struct client *client)
{
	if (!client || --client->count)
		return;
	(void)map_remove(&clients->by_address, client->place.bytes, client->place.len);
	mem_free(client);
}

void clients_turn_away(int fd)
{
	char answer[400], unread[4096];
	size_t left = UNREAD_MAX;
	ssize_t n;

	/* it has room for this; who does not read it is not told */
	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.1 503 Service Unavailable\r\n"
		     "Content-Type: application/json\r\nContent-Length: %zu\r\n"
		     "Retry-After: 5\r\nConnection: close\r\n\r\n%s",
		     sizeof(BODY) - 1, BODY);
	(void)send(fd, answer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	/* what is unread would make close() a reset, which can overtake the answer */
	while ((n = recv(fd, unread, sizeof(unread), MSG_DONTWAIT)) > 0 &&
	       left > (size_t)n)
		left -= (size_t)n;
	(void)close(fd);
}
