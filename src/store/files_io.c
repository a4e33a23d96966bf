/*
 * files_io.c - a thread that waits for the disk, so that the loop does not
 *
 * The only thread of the house. It owns nothing: jobs come in one list and go back in
 * another, both under one lock, and what a job points to is the thread's from
 * files_io_add() until its done() is called. It takes no signals and no memory. One after
 * the other, in order: who writes B behind A does not find B on the disk and A not.
 */
#include "store/files_io.h"

#include "base/loop.h"
#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

struct files_io {
	struct ev_loop *loop;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below but back */
	pthread_cond_t come;  /* there is a job, or the end */
	pthread_cond_t gone;  /* one is finished */
	struct list jobs;
	struct list finished;
	bool working;
	bool ending;
	ev_async back;
};

static void *run(void *arg)
{
	struct files_io *io = arg;
	struct list *node;

	(void)pthread_mutex_lock(&io->lock);
	for (;;) {
		struct files_io_job *job;

		while (!(node = list_shift(&io->jobs)) && !io->ending)
			(void)pthread_cond_wait(&io->come, &io->lock);
		if (!node)
			break;
		job = list_entry(node, struct files_io_job, node);
		io->working = true;
		(void)pthread_mutex_unlock(&io->lock);
		job->work(job);
		(void)pthread_mutex_lock(&io->lock);
		io->working = false;
		list_push(&io->finished, &job->node);
		(void)pthread_cond_signal(&io->gone);
		ev_async_send(io->loop, &io->back);
	}
	(void)pthread_mutex_unlock(&io->lock);
	return NULL;
}

/* One by one: a done() may add the next, or settle. */
static void give_back(struct files_io *io)
{
	for (;;) {
		struct list *node;
		struct files_io_job *job;

		(void)pthread_mutex_lock(&io->lock);
		node = list_shift(&io->finished);
		(void)pthread_mutex_unlock(&io->lock);
		if (!node)
			return;
		job = list_entry(node, struct files_io_job, node);
		job->done(job);
	}
}

static void on_back(struct ev_loop *loop, ev_async *w, int revents)
{
	(void)loop;
	(void)revents;
	give_back(w->data);
}

/* Signals are the loop's. */
static int start_thread(struct files_io *io)
{
	sigset_t all, before;
	int rc;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&io->thread, NULL, run, io);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int files_io_start(struct ev_loop *loop, struct files_io **ret, struct err *err)
{
	struct files_io *io = mem_new(struct files_io);
	int rc;

	io->loop = loop;
	list_init(&io->jobs);
	list_init(&io->finished);
	(void)pthread_mutex_init(&io->lock, NULL);
	(void)pthread_cond_init(&io->come, NULL);
	(void)pthread_cond_init(&io->gone, NULL);
	ev_async_init(&io->back, on_back);
	io->back.data = io;
	ev_async_start(loop, &io->back);
	rc = start_thread(io);
	if (rc != 0) {
		ev_async_stop(loop, &io->back);
		mem_free(io);
		return err_set(err, ERR_SYS, "start a thread: %s", strerror(rc));
	}
	*ret = io;
	return 0;
}

void files_io_add(struct files_io *io, struct files_io_job *job)
{
	(void)pthread_mutex_lock(&io->lock);
	assert(!io->ending);
	list_push(&io->jobs, &job->node);
	(void)pthread_cond_signal(&io->come);
	(void)pthread_mutex_unlock(&io->lock);
}

void files_io_settle(struct files_io *io)
{
	(void)pthread_mutex_lock(&io->lock);
	while (io->working || !list_empty(&io->jobs))
		(void)pthread_cond_wait(&io->gone, &io->lock);
	(void)pthread_mutex_unlock(&io->lock);
	give_back(io);
}

void files_io_stop(struct files_io *io)
{
	if (!io)
		return;
	files_io_settle(io);
	(void)pthread_mutex_lock(&io->lock);
	io->ending = true;
	(void)pthread_cond_signal(&io->come);
	(void)pthread_mutex_unlock(&io->lock);
	(void)pthread_join(io->thread, NULL);
	ev_async_stop(io->loop, &io->back);
	(void)pthread_cond_destroy(&io->come);
	(void)pthread_cond_destroy(&io->gone);
	(void)pthread_mutex_destroy(&io->lock);
	mem_free(io);
}
