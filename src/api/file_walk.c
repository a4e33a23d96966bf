/*
 * file_walk.c - long looks through the files of a host, a piece in each turn of the loop
 *
 * A page of a text filter may read hundreds of journals, and the same loop executes runs
 * and serves everybody. So whoever looks says what one step is, and steps are made for
 * SLICE_MS; then the loop goes round once. Several walks take turns.
 */
#include "api/file_walk.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"

#include <stdint.h>

#define SLICE_MS 5

struct file_walks {
	struct ev_loop *loop;
	struct list walks;
	ev_timer turn;
};

/* false: it is over. */
static bool advance(struct file_walk *walk)
{
	int64_t until_mono_ms = clock_mono_ms() + SLICE_MS;

	do {
		if (!walk->step(walk)) {
			walk->over(walk, true);
			return false;
		}
	} while (clock_mono_ms() < until_mono_ms);
	return true;
}

static void go_on_later(struct file_walks *walks)
{
	if (list_empty(&walks->walks) || ev_is_active(&walks->turn))
		return;
	ev_timer_set(&walks->turn, 0., 0.);
	ev_timer_start(walks->loop, &walks->turn);
}

static void on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct file_walks *walks = w->data;
	struct file_walk *walk =
		list_entry(list_shift(&walks->walks), struct file_walk, node);

	(void)loop;
	(void)revents;
	if (advance(walk))
		list_push(&walks->walks, &walk->node);
	go_on_later(walks);
}

struct file_walks *file_walks_new(struct ev_loop *loop)
{
	struct file_walks *walks = mem_new(struct file_walks);

	walks->loop = loop;
	list_init(&walks->walks);
	ev_timer_init(&walks->turn, on_turn, 0., 0.);
	walks->turn.data = walks;
	return walks;
}

void file_walks_free(struct file_walks *walks)
{
	struct list *node;

	if (!walks)
		return;
	ev_timer_stop(walks->loop, &walks->turn);
	while ((node = list_shift(&walks->walks))) {
		struct file_walk *walk = list_entry(node, struct file_walk, node);

		walk->over(walk, false);
	}
	mem_free(walks);
}

void file_walks_start(struct file_walks *walks, struct file_walk *walk)
{
	if (!advance(walk))
		return;
	list_push(&walks->walks, &walk->node);
	go_on_later(walks);
}
