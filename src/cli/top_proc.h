/* top_proc.h - what the kernel says of a process: memory and processor time */
#ifndef CLI_TOP_PROC_H
#define CLI_TOP_PROC_H

#include <stddef.h>
#include <stdint.h>

/* -1: not known, to us or at all. */
struct top_proc {
	int64_t rss_bytes;
	int64_t pss_bytes; /* its share of what several have mapped */
	int64_t cpu_ms;    /* used since its start */
};

struct top_proc top_proc_look(int pid);

/* Of the text of smaps_rollup: "Pss:" and others, in kB; -1: it is not there. */
int64_t top_proc_field(const char *text, const char *name);
/* Of the text of stat: user and system time in clock ticks; -1: it is not such a text. */
int64_t top_proc_ticks(const char *text);

#endif
