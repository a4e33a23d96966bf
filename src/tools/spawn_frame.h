/* spawn_frame.h - what a worker and its spawn gate say to each other */
#ifndef TOOLS_SPAWN_FRAME_H
#define TOOLS_SPAWN_FRAME_H

#include <stdint.h>

#define SPAWN_TEXT_MAX 65536 /* bytes of all arguments and variables of a helper */
#define SPAWN_FDS_MAX  8
#define SPAWN_HELPERS  64 /* of one worker at the same time */

enum spawn_ask {
	SPAWN_ASK_START = 1,
	SPAWN_ASK_KILL,
};

/* Bounds of a helper; 0: as the worker's own. They hold for what it executes, too. */
struct spawn_limits {
	int64_t memory_bytes; /* RLIMIT_AS */
	int64_t file_bytes;   /* RLIMIT_FSIZE */
	int64_t files;        /* RLIMIT_NOFILE */
};

/*
 * One packet of a SOCK_SEQPACKET pair. SPAWN_ASK_START has text behind it: arguments,
 * then variables, each ended by a NUL, and carries the descriptors that become 0, 1,
 * 2...
 */
struct spawn_asked {
	uint32_t ask; /* enum spawn_ask */
	uint32_t id;  /* chosen by the worker, not in use */
	uint32_t arguments;
	uint32_t variables;
	uint32_t uid; /* to become, with no group but the same; 0: stay who we are */
	uint32_t unused;
	struct spawn_limits limits;
};

/* What the gate tells of a start: its process is there, and it has ended and was
 * reaped; or, alone, that none could be made. */
struct spawn_told {
	uint32_t id;
	int32_t pid;    /* of the process and its group: it is there; 0: it has ended */
	int32_t status; /* of waitpid(); -1: there was none, sys_errno says why */
	int32_t sys_errno; /* else 0 */
};

#endif
