/* syscall_filter.h - the system calls that sandboxed code may make */
#ifndef TOOLS_SYSCALL_FILTER_H
#define TOOLS_SYSCALL_FILTER_H

struct err;
struct str;

/* The filter as the kernel's program, appended: what bubblewrap's --seccomp reads. */
int syscall_filter_program(struct str *ret, struct err *err);

#endif
