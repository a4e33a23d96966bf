/*
 * redis_resolve.c - host names to addresses without stopping the loop
 *
 * getaddrinfo_a(3) does the look-up in a thread of libc; a timer asks every 10 ms whether
 * it is done. Signals and pipes would be quicker, but a name is looked up once per
 * connect, and a thread that runs code of ours would be the only one in the house.
 *
 * A look-up that is under way cannot be called off: its memory stays in a list of orphans
 * until libc is done with it, and is swept by the next one. IP literals never leave the
 * process and are answered in the next turn of the loop.
 */
#include "redis/redis_resolve.h"

#include "base/list.h"
#include "base/loop.h"
#include "base/mem.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define LOOK_EVERY_SEC 0.010

/*
 * What libc's thread reads and writes: outlives redis_resolve when that is freed early.
 */
struct lookup {
	struct list node; /* in `orphans`, or in no list */
	struct gaicb request;
	struct addrinfo hints;
	char host[256];
	char port[8];
};

struct redis_resolve {
	struct ev_loop *loop;
	ev_timer timer;
	struct lookup *lookup; /* NULL for a literal */
	struct addrinfo *addresses;
	redis_resolve_cb cb;
	void *arg;
};

/* Of the process: look-ups that nobody waits for any more. */
static struct list orphans = { &orphans, &orphans };

static void lookup_free(struct lookup *lookup)
{
	if (lookup->request.ar_result)
		freeaddrinfo(lookup->request.ar_result);
	mem_free(lookup);
}

static void sweep(void)
{
	list_for_each_safe(node, &orphans) {
		struct lookup *lookup = list_entry(node, struct lookup, node);

		if (gai_error(&lookup->request) == EAI_INPROGRESS)
			continue;
		list_remove(node);
		lookup_free(lookup);
	}
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_resolve *resolve = w->data;
	struct err err;
	int code;

	(void)revents;
	if (resolve->addresses) {
		ev_timer_stop(loop, w);
		resolve->cb(resolve->arg, resolve->addresses, NULL);
		return;
	}
	code = gai_error(&resolve->lookup->request);
	if (code == EAI_INPROGRESS)
		return;
	ev_timer_stop(loop, w);
	if (code == 0) {
		resolve->cb(resolve->arg, resolve->lookup->request.ar_result, NULL);
		return;
	}
	(void)err_set(&err, ERR_CONN, "look up %s: %s", resolve->lookup->host,
		      gai_strerror(code));
	resolve->cb(resolve->arg, NULL, &err);
}

struct redis_resolve *redis_resolve_start(struct ev_loop *loop, const char *host,
					  int port, redis_resolve_cb cb, void *arg)
{
	struct redis_resolve *resolve = mem_new(struct redis_resolve);
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct gaicb *requests[1];
	struct lookup *lookup;
	char service[8];

	sweep();
	resolve->loop = loop;
	resolve->cb = cb;
	resolve->arg = arg;
	(void)snprintf(service, sizeof(service), "%d", port);
	ev_timer_init(&resolve->timer, on_look, 0., LOOK_EVERY_SEC);
	resolve->timer.data = resolve;
	ev_timer_start(loop, &resolve->timer);

	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, service, &hints, &resolve->addresses) == 0)
		return resolve;
	resolve->addresses = NULL;

	lookup = mem_new(struct lookup);
	resolve->lookup = lookup;
	(void)snprintf(lookup->host, sizeof(lookup->host), "%s", host);
	memcpy(lookup->port, service, sizeof(service));
	lookup->hints = hints;
	lookup->hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
	lookup->request.ar_name = lookup->host;
	lookup->request.ar_service = lookup->port;
	lookup->request.ar_request = &lookup->hints;
	requests[0] = &lookup->request;
	/* a failure to begin is what gai_error() says to the timer */
	(void)getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL);
	return resolve;
}

void redis_resolve_free(struct redis_resolve *resolve)
{
	if (!resolve)
		return;
	ev_timer_stop(resolve->loop, &resolve->timer);
	if (resolve->addresses)
		freeaddrinfo(resolve->addresses);
	if (resolve->lookup) {
		(void)gai_cancel(&resolve->lookup->request);
		if (gai_error(&resolve->lookup->request) == EAI_INPROGRESS)
			list_push(&orphans, &resolve->lookup->node);
		else
			lookup_free(resolve->lookup);
	}
	mem_free(resolve);
}
