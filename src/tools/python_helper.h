/*
 * python_helper.h - one python3 process that executes code for a worker, call by call
 */
#ifndef TOOLS_PYTHON_HELPER_H
#define TOOLS_PYTHON_HELPER_H

#include "base/list.h"
#include "base/loop.h"
#include "base/str.h"
#include "run/fail.h"
#include "tools/spawn_gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code_request;
struct python_helper;
struct sandbox;

enum python_helper_state {
	PYTHON_STARTING, /* has not said hello */
	PYTHON_IDLE,
	PYTHON_BUSY,
	PYTHON_ENDING, /* killed, or it closed its socket: not reaped yet */
};

/* Borrowed for the call of on_answer. */
struct python_answer {
	enum fail_class class;
	const struct str *json; /* the result, compact and storable; empty when failed */
	const char *text;       /* what is shown of it, or why there is none */
	size_t text_len;
	bool dirty; /* something of the code stayed in the process */
	int64_t rss_kib;
};

struct python_helper_ops {
	/* It said hello, and its walls hold. */
	void (*on_ready)(struct python_helper *helper, const char *version);
	/* The call is over and the helper is idle; it may be given the next one, or
	 * killed. */
	void (*on_answer)(struct python_helper *helper,
			  const struct python_answer *answer);
	/* Its process was reaped, or none was made: the helper is freed behind the
	 * call. reason is a sentence for people. */
	void (*on_end)(struct python_helper *helper, const char *reason);
};

struct python_helper_options {
	struct ev_loop *loop;
	struct spawn_gate *gate;
	const struct sandbox *sandbox; /* for the call; filter: whether it has walls */
	uint32_t uid;
	int64_t memory_bytes;
	int64_t start_ms; /* how long its hello may take */
	const struct python_helper_ops *ops;
	void *arg;
};

/* For readers: state, calls, started_mono_ms. For the owner: node, arg, tenant,
 * call. */
struct python_helper {
	struct list node;
	void *arg;
	void *tenant; /* NULL: nobody's code was in there */
	void *call;
	int64_t turn_mono_ms; /* the owner's */
	int64_t idle_mono_ms; /* since when it is idle; 0: it said no hello yet */
	enum python_helper_state state;
	int64_t calls; /* answered */

	const struct python_helper_ops *ops; /* ours from here */
	struct ev_loop *loop;
	struct spawn_gate_child child;
	int fd;       /* the socket; -1: closed */
	int print_fd; /* what it prints */
	ev_io io;
	ev_io room; /* active while out is not empty */
	ev_io print;
	ev_timer late; /* its start, or its end */
	struct str in;
	struct str out;
	struct str
		printed; /* of this call, or of its start: at most PYTHON_PRINTED_MAX */
	size_t printed_bytes; /* all of it */
	size_t answer_max;
	size_t header_max;
	uint64_t id;     /* of the call */
	const char *why; /* it is ended by us, static; NULL: by itself */
};

#define PYTHON_PRINTED_MAX 1024

/* ERR_SYS, ERR_FULL, ERR_CLOSED: nothing was started. Else on_end will come. */
int python_helper_start(const struct python_helper_options *options,
			struct python_helper **ret, struct err *err);
/* It is idle. All of the request is copied. */
void python_helper_call(struct python_helper *helper, const struct code_request *request);
/* why is static, for on_end. */
void python_helper_kill(struct python_helper *helper, const char *why);
/* Without on_end; its process is killed. For an owner that goes. */
void python_helper_free(struct python_helper *helper);

#endif
