/* oom_kills.h - does the kernel say that it killed somebody here for want of memory */
#ifndef KEEPER_OOM_KILLS_H
#define KEEPER_OOM_KILLS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* A death is told well within this time of the kill; a kill older than that was
 * another's. */
#define OOM_KILLS_FRESH_MS 5000

struct oom_kills {
	char path[PATH_MAX]; /* of a file with a line "oom_kill <n>"; "": none */
	int64_t seen;
	int64_t fresh; /* kills that no death was laid to yet */
	int64_t fresh_until_mono_ms;
};

/* path NULL: the file of this process's cgroup (v2: memory.events, v1:
 * memory.oom_control). What was counted before is nobody's. */
void oom_kills_init(struct oom_kills *kills, const char *path);
bool oom_kills_readable(const struct oom_kills *kills);
/* Look; now and then, so that old kills grow old. */
void oom_kills_sample(struct oom_kills *kills, int64_t now_mono_ms);
/*
 * A process of ours died of SIGKILL: was it the kernel? Each kill answers for one death.
 */
bool oom_kills_take(struct oom_kills *kills, int64_t now_mono_ms);

#endif
