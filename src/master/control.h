/* control.h - the socket on which persons of this host ask the master for something */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include "base/err.h"
#include "base/loop.h"
#include "ipc/control_frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* More at the same time are refused. */
#define CONTROL_PEERS 16
/* A connection that has not asked by then is closed. */
#define CONTROL_ASK_MS 2000

struct control;

/* A connection. All fields are for reading outside of control.c, but the last three. */
struct control_peer {
	struct control *control;
	int fd;     /* -1: free */
	bool asked; /* its one frame has come */
	uid_t uid;
	pid_t pid;
	ev_io io;
	ev_timer deadline;
	/* the owner's */
	int act;   /* enum control_act: waits for the end of it; 0: for nothing */
	int skip;  /* ends of the same act that are not the one */
	int child; /* pid, by act */
};

/*
 * The one frame of this peer, an ASK. Answer with control_answer() or control_end(); what
 * is not ended lives for frame->wait_s at most.
 */
typedef void (*control_ask_cb)(void *owner, struct control_peer *peer,
			       const struct control_frame *frame);

struct control {
	struct ev_loop *loop;
	control_ask_cb ask;
	void *owner;
	bool has_group;
	gid_t gid; /* whose members may ask, if it has one */
	int fd;    /* -1: there is none */
	ev_io io;
	ev_timer rest; /* runs while no descriptor can be had */
	struct control_peer peers[CONTROL_PEERS];
};

/* Before control_open(), so that the other functions work. */
void control_init(struct control *control);
/*
 * Listen at run_dir/control; next: at a name that control_publish_next() puts in its
 * place. The socket of a dead master is replaced. group: whose members may ask, "" for
 * nobody's. ERR_INPUT: there is no such group; ERR_SYS.
 */
int control_open(struct control *control, struct ev_loop *loop, const char *run_dir,
		 bool next, const char *group, control_ask_cb ask, void *owner,
		 struct err *err);
int control_publish_next(const char *run_dir, struct err *err);
/* Of the socket that is published, or of the next one. */
void control_unlink(const char *run_dir, bool next);
/* Every watcher; then every descriptor, without a loop: the end of file says to those who
 * wait that all that is ours is free. */
void control_stop(struct control *control);
void control_close(struct control *control);

/* One frame, with a reason if there is any (NULL: none); a peer that takes none is let
 * go. False: it is gone. */
bool control_answer(struct control_peer *peer, enum control_type type, int code,
		    int64_t number, const char *text);
/* The same, and let it go. */
void control_end(struct control_peer *peer, enum control_type type, int code,
		 int64_t number, const char *text);

#endif
