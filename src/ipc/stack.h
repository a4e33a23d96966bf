/* stack.h - where a child stood when a fatal signal came */
#ifndef IPC_STACK_H
#define IPC_STACK_H

#include <stddef.h>

struct score_slot;
struct str;

/* In the master, once, before it forks: what a backtrace loads is loaded. */
void stack_preload(void);

/*
 * In a child, once: signals that end a process leave in its slot where it stood, and then
 * end it as they would have done. Again with NULL before the slot is unmapped.
 */
void stack_watch(struct score_slot *slot);
/*
 * Who knows the step that is executed: at most size bytes of its id into buf, without
 * allocating, locking or following more than a few pointers, since it is called from a
 * signal handler. Returns their number. NULL: nobody.
 */
typedef size_t (*stack_step_fn)(void *arg, char *buf, size_t size);
void stack_on_step(stack_step_fn fn, void *arg);

/*
 * In the process that forked it: append "name+0x1f < name+0x2e < ..." of a dead child's
 * slot, innermost first; what has no name is "object+0x1234", for addr2line. Nothing is
 * appended when it left nothing.
 */
void stack_describe(const struct score_slot *slot, struct str *out);

#endif
