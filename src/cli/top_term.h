/* top_term.h - the terminal of this process, as a screen that is given back */
#ifndef CLI_TOP_TERM_H
#define CLI_TOP_TERM_H

#include "base/err.h"

#include <stdint.h>

struct str;

enum top_term_event {
	TOP_TERM_TIMEOUT,
	TOP_TERM_KEY,    /* *key is an ASCII character, or one of the next */
	TOP_TERM_RESIZE, /* draw again: its size, or all of it, has changed */
	TOP_TERM_END,    /* a signal or the end of the input wants us to leave */
};
#define TOP_TERM_UP   256
#define TOP_TERM_DOWN 257

/*
 * Standard input and output become the screen, and what they were comes back in
 * top_term_leave(), and when a signal stops or ends the process. One at a time. ERR_INPUT
 * when they are no terminal, ERR_SYS.
 */
int top_term_enter(struct err *err);
void top_term_leave(void);
void top_term_size(int *columns, int *lines);
/* All lines of a screen, each ended by a newline, in one write. ERR_SYS. */
int top_term_draw(const struct str *lines, struct err *err);
enum top_term_event top_term_wait(int64_t wait_ms, int *key);

#endif
