/*
 * curl_loop.c - libcurl's transfers on an event loop
 *
 * libcurl's multi_socket interface on libev: it says which sockets it wants to be told
 * about and when its timer is due, and is called for either. What has ended is taken
 * from it behind each call.
 *
 * Threads that libcurl makes (one for each look-up of a name) run with all signals
 * blocked, so that handlers run in the child's own thread.
 */
#include "client/curl_loop.h"

#include "base/mem.h"

#include <assert.h>
#include <signal.h>

/* A socket that libcurl wants to be told about. */
struct watch {
	struct list node;
	struct curl_loop *curl;
	ev_io io;
};

static void block_signals(sigset_t *before)
{
	sigset_t all;

	(void)sigfillset(&all);
	/* a fault of our own is still to be met where it happens */
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)sigdelset(&all, SIGFPE);
	(void)sigdelset(&all, SIGILL);
	(void)pthread_sigmask(SIG_BLOCK, &all, before);
}

static void take_ended(struct curl_loop *curl)
{
	CURLMsg *message;
	char *data;
	int left;

	while (curl->multi && (message = curl_multi_info_read(curl->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		data = NULL;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
		curl->ended(curl->arg, data, message->data.result);
	}
	curl->turned(curl->arg);
}

static void act(struct curl_loop *curl, curl_socket_t fd, int bits)
{
	sigset_t before;
	int running;

	if (!curl->multi)
		return;
	block_signals(&before);
	curl->inside = true;
	(void)curl_multi_socket_action(curl->multi, fd, bits, &running);
	curl->inside = false;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	take_ended(curl);
}

static void on_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct watch *watch = w->data;
	int bits = (revents & EV_READ ? CURL_CSELECT_IN : 0) |
		   (revents & EV_WRITE ? CURL_CSELECT_OUT : 0);

	(void)loop;
	act(watch->curl, w->fd, bits); /* watch may be gone behind it */
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	act(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static void watch_free(struct watch *watch)
{
	ev_io_stop(watch->curl->loop, &watch->io);
	list_remove(&watch->node);
	mem_free(watch);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *of_socket)
{
	struct curl_loop *curl = data;
	struct watch *watch = of_socket;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (watch)
			watch_free(watch); /* at once: the number may be used again */
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	if (!watch) {
		watch = mem_new(struct watch);
		watch->curl = curl;
		ev_io_init(&watch->io, on_ready, fd, events);
		watch->io.data = watch;
		list_push(&curl->sockets, &watch->node);
		(void)curl_multi_assign(curl->multi, fd, watch);
	} else {
		ev_io_stop(curl->loop, &watch->io);
		ev_io_set(&watch->io, fd, events);
	}
	ev_io_start(curl->loop, &watch->io);
	return 0;
}

static int on_wait(CURLM *multi, long ms, void *data)
{
	struct curl_loop *curl = data;

	(void)multi;
	ev_timer_stop(curl->loop, &curl->timer);
	if (ms < 0)
		return 0;
	ev_now_update(curl->loop);
	ev_timer_set(&curl->timer, (double)ms / 1000., 0.);
	ev_timer_start(curl->loop, &curl->timer);
	return 0;
}

void curl_loop_init(struct curl_loop *curl, struct ev_loop *loop, size_t connections,
		    void (*ended)(void *arg, void *transfer, CURLcode code),
		    void (*turned)(void *arg), void *arg)
{
	*curl = (struct curl_loop){
		.loop = loop,
		.connections = connections,
		.ended = ended,
		.turned = turned,
		.arg = arg,
	};
	list_init(&curl->sockets);
	ev_timer_init(&curl->timer, on_timer, 0., 0.);
	curl->timer.data = curl;
}

static bool open_multi(struct curl_loop *curl)
{
	int bad = 0;

	curl->multi = curl_multi_init();
	if (!curl->multi)
		return false;
	bad |= curl_multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	bad |= curl_multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
	bad |= curl_multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	bad |= curl_multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
	bad |= curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS,
				 (long)curl->connections);
	assert(!bad); /* they exist since 7.16 */
	return true;
}

void curl_loop_close(struct curl_loop *curl)
{
	if (!curl->multi)
		return;
	curl->inside = true;
	(void)curl_multi_cleanup(curl->multi);
	curl->inside = false;
	curl->multi = NULL;
	ev_timer_stop(curl->loop, &curl->timer);
	while (!list_empty(&curl->sockets))
		watch_free(list_entry(curl->sockets.next, struct watch, node));
}

bool curl_loop_add(struct curl_loop *curl, CURL *easy)
{
	return (curl->multi || open_multi(curl)) &&
	       curl_multi_add_handle(curl->multi, easy) == CURLM_OK;
}

void curl_loop_remove(struct curl_loop *curl, CURL *easy)
{
	curl->inside = true; /* the socket callback comes from in here */
	if (curl->multi)
		(void)curl_multi_remove_handle(curl->multi, easy);
	curl_easy_cleanup(easy);
	curl->inside = false;
}

bool curl_loop_inside(const struct curl_loop *curl)
{
	return curl->inside;
}
