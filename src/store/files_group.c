/*
 * files_group.c - all journals of some loop turns made durable together
 *
 * Before the loop sleeps, behind the engine's pump, all journals with something pending
 * are one job of the thread: what must be there first, then every journal is written,
 * then each is synced, then the names of new ones are. The first sync waits for the disk;
 * what it brings the file system to write is most of what the others need. Journals that
 * are wanted meanwhile are the next job, so the slower the disk is, the more it gets at
 * once.
 *
 * While the disk refuses, everything stays pending and is tried again; runs wait. A sync
 * that failed says nothing about which bytes the disk has, and the next one may succeed
 * without them: what it was for is written anew. Names of a folder cannot be; a file system
 * that loses those takes no writes from then on.
 */
#include "store/files_group.h"

#include "base/fdutil.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_SEC 0.5

struct files_first {
	struct list node;
	int fd;     /* -1: it is on the disk */
	char *text; /* owned; NULL: a folder */
	size_t len;
	bool failed;
};

static struct files_first *first_at(struct list *node)
{
	return list_entry(node, struct files_first, node);
}

static struct files_journal *journal_at(struct list *node)
{
	return list_entry(node, struct files_journal, dirty);
}

/* ---- in the thread ---- */

static int sync_first(struct files_batch *batch)
{
	list_for_each(node, &batch->firsts) {
		struct files_first *first = first_at(node);

		if (first->fd < 0)
			continue;
		if (first->failed && first->text &&
		    pwrite(first->fd, first->text, first->len, 0) != (ssize_t)first->len)
			return err_errno(&batch->err, "write what comes first");
		first->failed = fsync(first->fd) < 0;
		if (first->failed)
			return err_errno(&batch->err, "sync what comes first");
		fdutil_close(&first->fd);
	}
	return 0;
}

static int sync_names(struct files_group *group)
{
	struct files_batch *batch = &group->batch;

	if (!batch->names)
		return 0;
	if (fsync(group->dir->live) < 0)
		return err_errno(&batch->err, "sync the folder");
	batch->names_done = true;
	return 0;
}

static void work(struct files_io_job *job)
{
	struct files_batch *batch = list_entry(job, struct files_batch, job);
	struct files_group *group = list_entry(batch, struct files_group, batch);
	struct list *node;
	size_t i;

	batch->written = batch->synced = 0;
	batch->rc = sync_first(batch);
	for (node = batch->journals.next; batch->rc == 0 && node != &batch->journals;
	     node = node->next) {
		batch->rc = files_journal_write(journal_at(node), &batch->err);
		batch->written += batch->rc == 0;
	}
	/* those that were written are as good as they can be, whatever failed */
	node = batch->journals.next;
	for (i = 0; batch->synced == i && i < batch->written; i++, node = node->next) {
		int rc = files_journal_sync(journal_at(node), &batch->err);

		batch->synced += rc == 0;
		if (rc < 0)
			batch->rc = rc;
	}
	/* Behind them: the sync of a file that is new brings its name to the disk as well
	 * on most file systems, so that the folder's has little left to do. */
	if (sync_names(group) < 0) {
		batch->rc = ERR_SYS;
		batch->synced = 0;
	}
}

/* ---- on the loop ---- */

static void free_first(struct files_group *group, struct files_first *first)
{
	list_remove(&first->node);
	fdutil_close(&first->fd);
	mem_free(first->text);
	mem_free(first);
	group->first_count--;
}

static void keep_first(struct files_group *group)
{
	list_for_each_safe(node, &group->batch.firsts)
		if (first_at(node)->fd < 0)
			free_first(group, first_at(node));
	/* in front of what came meanwhile */
	list_splice(&group->batch.firsts, &group->firsts);
	list_splice(&group->firsts, &group->batch.firsts);
}

static void on_done(struct files_io_job *job)
{
	struct files_batch *batch = list_entry(job, struct files_batch, job);
	struct files_group *group = list_entry(batch, struct files_group, batch);
	struct list stored, *node;

	group->flying = false;
	if (batch->names && !batch->names_done)
		group->dir->changed = true;
	keep_first(group);
	list_init(&stored);
	for (; batch->synced > 0; batch->synced--)
		list_push(&stored, list_shift(&batch->journals));
	/* what was not reached, in front of what came meanwhile */
	list_splice(&batch->journals, &group->dirty);
	list_splice(&group->dirty, &batch->journals);
	if (group->good != (batch->rc == 0)) {
		group->good = batch->rc == 0;
		group->ops->disk(group->ctx, group->good, &batch->err);
	}
	if (batch->rc < 0) {
		ev_timer_stop(group->loop, &group->again);
		ev_timer_set(&group->again, AGAIN_SEC, 0.);
		ev_timer_start(group->loop, &group->again);
	}
	while ((node = list_shift(&stored))) {
		struct files_journal *journal = journal_at(node);

		files_journal_stored(journal);
		if (journal->pending.len)
			list_push(&group->dirty, &journal->dirty);
		group->ops->stored(group->ctx, journal);
	}
}

static void start(struct files_group *group)
{
	struct files_batch *batch = &group->batch;
	struct list *node;

	list_init(&batch->journals);
	while ((node = list_shift(&group->dirty))) {
		files_journal_take(journal_at(node));
		list_push(&batch->journals, node);
	}
	list_init(&batch->firsts);
	list_splice(&batch->firsts, &group->firsts);
	batch->names = group->dir->changed;
	batch->names_done = false;
	group->dir->changed = false;
	batch->job.work = work;
	batch->job.done = on_done;
	group->flying = true;
	files_io_add(group->io, &batch->job);
}

int files_group_flush(struct files_group *group, struct err *err)
{
	files_io_settle(group->io);
	while (!list_empty(&group->dirty)) {
		start(group);
		files_io_settle(group->io);
		if (!group->good) {
			*err = group->batch.err;
			return group->batch.rc;
		}
	}
	return 0;
}

static void on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct files_group *group = w->data;

	(void)loop;
	(void)revents;
	if (!group->flying && !list_empty(&group->dirty) && !ev_is_active(&group->again))
		start(group);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents; /* not active any more: the prepare watcher does it */
}

void files_group_start(struct files_group *group, struct ev_loop *loop,
		       struct files_io *io, struct files_dir *dir,
		       const struct files_group_ops *ops, void *ctx)
{
	memset(group, 0, sizeof(*group));
	group->loop = loop;
	group->io = io;
	group->dir = dir;
	group->ops = ops;
	group->ctx = ctx;
	group->good = true;
	list_init(&group->dirty);
	list_init(&group->firsts);
	ev_prepare_init(&group->prepare, on_prepare);
	group->prepare.data = group;
	ev_set_priority(&group->prepare, EV_MINPRI);
	ev_prepare_start(loop, &group->prepare);
	ev_timer_init(&group->again, on_again, 0., 0.);
}

void files_group_stop(struct files_group *group)
{
	if (!group->loop)
		return;
	while (list_shift(&group->dirty))
		;
	list_for_each_safe(node, &group->firsts)
		free_first(group, first_at(node));
	ev_prepare_stop(group->loop, &group->prepare);
	ev_timer_stop(group->loop, &group->again);
	group->loop = NULL;
}

void files_group_want(struct files_group *group, struct files_journal *journal)
{
	if (!list_linked(&journal->dirty)) /* one that flies is wanted again behind it */
		list_push(&group->dirty, &journal->dirty);
}

bool files_group_first(struct files_group *group, int fd, const char *text, size_t len)
{
	struct files_first *first;

	if (group->first_count == FILES_GROUP_FIRST_MAX)
		return false;
	first = mem_new(struct files_first);
	first->fd = fd;
	first->text = text ? mem_dup_n(text, len) : NULL;
	first->len = len;
	list_push(&group->firsts, &first->node);
	group->first_count++;
	return true;
}
