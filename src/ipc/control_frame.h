/* control_frame.h - what a person's verb and the master say on the control socket */
#ifndef IPC_CONTROL_FRAME_H
#define IPC_CONTROL_FRAME_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define CONTROL_FRAME_BYTES 64
#define CONTROL_FRAME_TEXT  40 /* bytes of text in one frame; no NUL ends it */

/* The socket in run_dir. */
#define CONTROL_FRAME_SOCKET "control"

/* Numbers are the format: append, never reuse. */
enum control_act {
	CONTROL_DRAIN = 1,        /* number: its deadline in ms; -1: drain.deadline */
	CONTROL_STOP = 2,         /* fast */
	CONTROL_RELOAD = 3,       /* read the configuration again */
	CONTROL_UPGRADE = 4,      /* the program that is there now */
	CONTROL_REOPEN_LOGS = 5,  /* open the log files again */
	CONTROL_MORE = 6,         /* one worker more */
	CONTROL_LESS = 7,         /* one worker less */
	CONTROL_QUIET = 8,        /* claim nothing new */
	CONTROL_WORKER_QUIET = 9, /* number: its slot */
	CONTROL_WORKER_STOP = 10, /* number: its slot */
};
#define CONTROL_ACT_LAST CONTROL_WORKER_STOP

/*
 * A verb asks once; the master answers ACCEPTED or REFUSED, and to one that waits, behind
 * ACCEPTED, how it ended: DONE or FAILED. TEXT frames come before the answer that they
 * explain. An end of file instead of an answer: the master is gone.
 */
enum control_type {
	CONTROL_ASK = 1,
	CONTROL_ACCEPTED = 2, /* it has begun; number: its end takes so many ms at most,
				 0: not known */
	CONTROL_REFUSED = 3,  /* code: enum err_code; nothing has changed */
	CONTROL_DONE = 4,     /* number: of a reload the generation, of an upgrade the
				 pid of the new master */
	CONTROL_FAILED = 5,   /* code: it began and did not come to its end */
	CONTROL_TEXT = 6,     /* a piece of the reason */
};

/*
 * One message of a SOCK_SEQPACKET socket, in the host's byte order. The verb may be of a
 * newer program than the master, so a type or an act that is unknown is the reader's to
 * judge and no error here.
 */
struct control_frame {
	int type;       /* enum control_type */
	int act;        /* enum control_act */
	int64_t number; /* by act and type */
	int32_t code;   /* of REFUSED and FAILED */
	int32_t wait_s; /* of ASK: how long somebody waits for the end; 0: nobody does */
	char text[CONTROL_FRAME_TEXT + 1]; /* printable ASCII; UTF-8 in pieces of TEXT */
};

void control_frame_encode(const struct control_frame *frame,
			  unsigned char bytes[CONTROL_FRAME_BYTES]);
/* 0, or ERR_PROTO: a wrong length or magic, a number out of range, unclean bytes. */
int control_frame_decode(const void *bytes, size_t len, struct control_frame *ret,
			 struct err *err);

/*
 * Never blocks. send: 0, ERR_FULL (the peer does not read) or ERR_SYS. recv: 1 and *ret,
 * 0 when there is none now, ERR_CLOSED, ERR_PROTO (the message is consumed), ERR_SYS.
 */
int control_frame_send(int fd, const struct control_frame *frame, struct err *err);
int control_frame_recv(int fd, struct control_frame *ret, struct err *err);
/* The text in as many TEXT frames as it needs, then the frame; as control_frame_send() */
int control_frame_tell(int fd, const struct control_frame *frame, const char *text,
		       struct err *err);

/* "drain", "worker_quiet"...; "unknown"; static. */
const char *control_frame_act_name(int act);

#endif
