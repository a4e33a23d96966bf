/* title.h - what ps shows */
#ifndef MASTER_TITLE_H
#define MASTER_TITLE_H

/*
 * Take over the memory that the kernel shows as the command line: argv and, behind it,
 * the environment, which is copied elsewhere first. Once, in the master, before the first
 * fork; the strings of argv are unusable afterwards. Without it title_set only sets the
 * short name.
 */
void title_init(int argc, char **argv);
/* "worker 2 [gen 1]" shows as "synapsed: worker 2 [gen 1]"; cut to what there is room
 * for.
 */
void title_set(const char *title);
/* Give back the copy of the environment. For tests; the process keeps it else. */
void title_deinit(void);

#endif
