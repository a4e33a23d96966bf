/* file_walk.h - all runs of a host, looked through in pieces between turns of the loop */
#ifndef API_FILE_WALK_H
#define API_FILE_WALK_H

#include "base/list.h"

#include <stdbool.h>

struct ev_loop;
struct file_walks;

/* Embed it in what the look needs. Borrowed until over() ran. */
struct file_walk {
	struct list node;
	/* One step, which reads one file at most. What the index lent before is not good
	 * any more. false: that was the last. */
	bool (*step)(struct file_walk *walk);
	/* Once: whole, or (false) this process leaves in the middle of it. */
	void (*over)(struct file_walk *walk, bool whole);
};

struct file_walks *file_walks_new(struct ev_loop *loop);
/* Walks that are under way are over. NULL is fine. */
void file_walks_free(struct file_walks *walks);
/* It may be over before this returns: what is short costs no turn. */
void file_walks_start(struct file_walks *walks, struct file_walk *walk);

#endif
