/* err.h - what went wrong: a code for the program and a sentence for the person */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/*
 * Functions that can fail return 0 or a positive count on success and one of these on
 * failure, and fill a struct err whose text grows from the cause outwards:
 * "read /etc/synapsed.yaml: line 3: ...". The caller owns the struct; it holds no memory.
 */
enum err_code {
	ERR_SYS = -1,       /* a system call failed; sys_errno says which way */
	ERR_INPUT = -2,     /* bytes from outside are not what they must be */
	ERR_LIMIT = -3,     /* a bound was reached */
	ERR_NOT_FOUND = -4, /* no such thing */
	ERR_CONFLICT = -5,  /* the thing is in a state that forbids this */
	ERR_CONN = -6,      /* the connection broke, the outcome may be unknown */
	ERR_TIMEOUT = -7,   /* the deadline passed, the outcome may be unknown */
	ERR_REFUSED = -8,   /* the peer understood and said no */
	ERR_PROTO = -9,     /* the peer said what we do not understand: a bug */
	ERR_STALE = -10,    /* somebody else owns it by now */
	ERR_FULL = -11,     /* a queue of ours is full: come back later */
	ERR_CLOSED = -12,   /* we are leaving or the object is being torn down */
};

#define ERR_TEXT_MAX 512

struct err {
	int code;      /* enum err_code */
	int sys_errno; /* for ERR_SYS, else 0 */
	char text[ERR_TEXT_MAX];
};

/* Set code and text; returns code, so that `return err_set(...)` reads well. err may be
 * NULL. */
int err_set(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * ERR_SYS with errno: "<format>: <strerror>". Call it before anything can change errno.
 */
int err_errno(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "<format>: " before the text that is there; keeps the code and returns it. */
int err_wrap(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A stable lower-case word for a code: "timeout", "stale"...; borrowed, static. */
const char *err_name(int code);

#endif
