/* curl_loop.h - libcurl's transfers on an event loop */
#ifndef CLIENT_CURL_LOOP_H
#define CLIENT_CURL_LOOP_H

#include "base/list.h"
#include "base/loop.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

/* Embed it; all fields are its own. */
struct curl_loop {
	struct ev_loop *loop;
	CURLM *multi; /* NULL: closed */
	size_t connections;
	struct list sockets;
	ev_timer timer; /* libcurl's */
	bool inside;    /* libcurl is on the stack */
	void (*ended)(void *arg, void *transfer, CURLcode code);
	void (*turned)(void *arg);
	void *arg;
};

/*
 * ended: libcurl is done with the transfer of that CURLOPT_PRIVATE, which is removed in
 * there; turned: all that have ended by now are told. Both come from the loop.
 * connections: as many idle ones are kept.
 */
void curl_loop_init(struct curl_loop *curl, struct ev_loop *loop, size_t connections,
		    void (*ended)(void *arg, void *transfer, CURLcode code),
		    void (*turned)(void *arg), void *arg);
/* Give idle connections and libcurl's memory back; the next transfer opens it again.
 * There must be none. */
void curl_loop_close(struct curl_loop *curl);

/* Begin a transfer: nothing happens before the loop turns. false: there is no memory; it
 * is removed all the same. */
bool curl_loop_add(struct curl_loop *curl, CURL *easy);
/* Takes the handle, at whatever point its transfer is; its connection is closed unless
 * the answer was whole. */
void curl_loop_remove(struct curl_loop *curl, CURL *easy);
/* In a callback of a transfer: nothing may be removed there. */
bool curl_loop_inside(const struct curl_loop *curl);

#endif
