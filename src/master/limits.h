/* limits.h - what the kernel lets our processes do, and take */
#ifndef MASTER_LIMITS_H
#define MASTER_LIMITS_H

struct conf;

/* As root still, if it is root: umask, descriptors, core files, the master's place among
 * those that die for want of memory. What cannot be had is a line in the log. */
void limits_master(const struct conf *conf);
/* When the user is what it stays: no more rights by exec, no look into our memory. */
void limits_seal(const struct conf *conf);
/* In a child of the master: dies rather than what has a smaller number, and than us. */
void limits_child(int oom_score_adj);

#endif
