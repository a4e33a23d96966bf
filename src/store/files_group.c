/*
 * files_group.c - all journals of one loop turn made durable together
 *
 * Before the loop sleeps, behind the engine's pump: every journal with something pending
 * is written, then each is synced. The first sync waits for the disk; what it brings the
 * file system to write is most of what the others need, so a hundred runs of a turn cost
 * little more than one. The loop stands still meanwhile, for milliseconds: that is the
 * price of a host without Postgres, and why its number of runs is bounded.
 *
 * While the disk refuses, everything stays pending and is tried again; runs wait.
 */
#include "store/files_group.h"

#include <string.h>

#define AGAIN_SEC 0.5

static void awake(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* the next turn pumps what was stored */
}

/*
 * The journals first: the sync of a file that is new brings its name to the disk as well
 * on most file systems, so that the folder's has little left to do. Nobody is told of
 * anything before both are there.
 */
static int sync_all(struct files_group *group, struct list *written, struct err *err)
{
	struct list synced;
	struct list *node;
	int rc = 0;

	list_init(&synced);
	while (rc == 0 && (node = list_shift(written))) {
		list_push(&synced, node);
		rc = files_journal_sync(list_entry(node, struct files_journal, dirty),
					err);
	}
	if (rc == 0)
		rc = files_dir_sync(group->dir, err);
	while (rc == 0 && (node = list_shift(&synced)))
		group->ops->stored(group->ctx,
				   list_entry(node, struct files_journal, dirty));
	/* those are synced once more, and told then */
	list_splice(&synced, written);
	list_splice(written, &synced);
	return rc;
}

int files_group_flush(struct files_group *group, struct err *err)
{
	struct list written;
	struct list *node;
	int rc = 0;

	list_init(&written);
	while (rc == 0 && (node = list_shift(&group->dirty))) {
		list_push(&written, node);
		rc = files_journal_write(list_entry(node, struct files_journal, dirty),
					 err);
	}
	if (rc == 0)
		rc = sync_all(group, &written, err);
	/* what was not reached, in front of what came meanwhile */
	list_splice(&written, &group->dirty);
	list_splice(&group->dirty, &written);
	if (group->good != (rc == 0)) {
		group->good = rc == 0;
		group->ops->disk(group->ctx, group->good, err);
	}
	return rc;
}

static void attempt(struct files_group *group)
{
	struct err err = { .code = 0 };

	if (files_group_flush(group, &err) < 0) {
		ev_timer_stop(group->loop, &group->again);
		ev_timer_set(&group->again, AGAIN_SEC, 0.);
		ev_timer_start(group->loop, &group->again);
	}
}

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct files_group *group = w->data;

	(void)revents;
	ev_idle_stop(loop, &group->awake);
	if (list_empty(&group->dirty) || ev_is_active(&group->again))
		return;
	attempt(group);
	ev_idle_start(loop, &group->awake);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* not active any more: the prepare watcher does it */
}

void files_group_start(struct files_group *group, struct ev_loop *loop,
		       struct files_dir *dir, const struct files_group_ops *ops,
		       void *ctx)
{
	memset(group, 0, sizeof(*group));
	group->loop = loop;
	group->dir = dir;
	group->ops = ops;
	group->ctx = ctx;
	group->good = true;
	list_init(&group->dirty);
	ev_prepare_init(&group->prepare, on_prepare);
	group->prepare.data = group;
	ev_set_priority(&group->prepare, EV_MINPRI);
	ev_prepare_start(loop, &group->prepare);
	ev_idle_init(&group->awake, awake);
	ev_timer_init(&group->again, on_again, 0., 0.);
}

void files_group_stop(struct files_group *group)
{
	if (!group->loop)
		return;
	while (list_shift(&group->dirty))
		;
	ev_prepare_stop(group->loop, &group->prepare);
	ev_idle_stop(group->loop, &group->awake);
	ev_timer_stop(group->loop, &group->again);
	group->loop = NULL;
}

void files_group_want(struct files_group *group, struct files_journal *journal)
{
	if (!list_linked(&journal->dirty))
		list_push(&group->dirty, &journal->dirty);
}
