/*
 * face.c - how busy a child is, in its process title
 *
 * A look each second at a number that is kept anyway: a run costs nothing, and a title is
 * written when it changes.
 */
#include "child/face.h"

#include "ipc/kind.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct face *face = w->data;
	int64_t now = atomic_load_explicit(&face->env->score->counters[face->gauge],
					   memory_order_relaxed);
	char kind[IDS_MAX], text[128];
	int len;

	(void)loop;
	(void)revents;
	if (now == face->shown)
		return;
	face->shown = now;
	(void)score_text_get(&face->env->score->kind, kind);
	len = snprintf(text, sizeof(text), "%.20s %d [gen %d]", kind, face->env->slot,
		       face->env->generation);
	if (now > 0)
		(void)snprintf(text + len, sizeof(text) - (size_t)len,
			       " %" PRId64 " %s%s", now, face->noun, now == 1 ? "" : "s");
	face->env->title(text);
}

void face_start(struct face *face, struct ev_loop *loop, const struct child_env *env,
		enum score_counter gauge, const char *noun)
{
	face->loop = loop;
	face->env = env;
	face->gauge = gauge;
	face->noun = noun;
	face->shown = 0;
	ev_timer_init(&face->look, on_look, 1., 1.);
	face->look.data = face;
	if (env->title)
		ev_timer_start(loop, &face->look);
}

void face_stop(struct face *face)
{
	if (face->loop)
		ev_timer_stop(face->loop, &face->look);
}
