/* face.h - how busy a child is, in its process title */
#ifndef CHILD_FACE_H
#define CHILD_FACE_H

#include "base/loop.h"
#include "ipc/scoreboard.h"

#include <stdint.h>

struct child_env;

/* Embed it. All fields are private. */
struct face {
	struct ev_loop *loop;
	const struct child_env *env;
	enum score_counter gauge;
	const char *noun;
	int64_t shown;
	ev_timer look;
};

/* "worker 2 [gen 3] 17 runs": the gauge of its slot and noun, which is static and in the
 * singular. Nothing is said of 0. env outlives it. */
void face_start(struct face *face, struct ev_loop *loop, const struct child_env *env,
		enum score_counter gauge, const char *noun);
/* Fine on a zeroed struct. */
void face_stop(struct face *face);

#endif
