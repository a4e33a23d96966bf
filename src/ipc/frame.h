/* frame.h - the fixed frames that master and children exchange */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES    64
#define FRAME_TEXT_MAX 40 /* with its NUL */

/* Numbers are the format: append, never reuse. */
enum frame_type {
	FRAME_READY = 1, /* child -> master: takes work; number: ms since the fork */
	FRAME_DRAIN = 2, /* master -> child: finish and leave until number (mono ms) */
	FRAME_QUIET = 3, /* master -> child: claim nothing new, finish what you hold */
	FRAME_OBITUARY =
		4, /* master -> keeper: number is a board index; pid of the dead */
	FRAME_OBITUARY_DONE =
		5,        /* keeper -> master: same number and pid; its jobs went back */
	FRAME_WANTED = 6, /* keeper -> master: number 1: run the kinds on demand, 0: they
			     may go */
	FRAME_REOPEN = 7, /* master -> child: open the log file again */
};

/* One message of a SOCK_SEQPACKET socket, in the host's byte order: both ends are this
 * binary on this host. */
struct frame {
	enum frame_type type;
	int32_t pid;               /* whom it is about; 0: nobody */
	int32_t generation;        /* of that process */
	int64_t number;            /* see enum frame_type */
	char text[FRAME_TEXT_MAX]; /* a word for the log: why; printable ASCII */
};

/* text may be NULL; what does not fit is cut, what is not printable becomes '?'. */
void frame_init(struct frame *frame, enum frame_type type, int64_t number,
		const char *text);
void frame_encode(const struct frame *frame, unsigned char bytes[FRAME_BYTES]);
/* 0, or ERR_PROTO for a wrong length, magic, type or text; *ret is then untouched. */
int frame_decode(const void *bytes, size_t len, struct frame *ret, struct err *err);
/* "ready", "drain"...; static. */
const char *frame_type_name(enum frame_type type);

/*
 * Over a non-blocking socket. frame_send: 0, ERR_FULL (the peer does not read now) or
 * ERR_SYS. frame_recv: 1 and *ret, 0 when there is none now, ERR_CLOSED when the peer is
 * gone, ERR_PROTO for junk (the message is consumed), ERR_SYS.
 */
int frame_send(int fd, const struct frame *frame, struct err *err);
int frame_recv(int fd, struct frame *ret, struct err *err);

#endif
