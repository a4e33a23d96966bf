/*
 * host_file.c - the engine's surroundings without Redis and Postgres: files
 *
 *	waiting  accepted: its journal's first records are on their way to the disk
 *	running  executed (host_file_begin.c); rows go into its journal (host_file_side.c)
 *	dozing   it waits for people, or for its moment: that is on its way to the disk
 *	asleep   nothing of it is here but what lists show (host_file_sleep.c)
 *	ending   its last row and its end are on their way to the disk
 *	(gone)   put away; its journal has all of it
 *
 * Everything durable goes through one group (store/files_group.h), once a turn of the
 * loop. Nobody outside hears of anything that could be lost.
 */
#include "host/host_file.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "host/host_file_in.h"
#include "ipc/scoreboard.h"
#include "run/definition.h"
#include "store/files_dir.h"
#include "store/files_index.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK     ".cancel"
#define LOOK_SEC 0.25
/* Accepted runs that wait for people or for their moment: each costs about a KiB. */
#define ASLEEP_MAX 100000

static void look_or_not(struct host_file *host);

static struct file_run *run_at(struct list *node)
{
	return list_entry(node, struct file_run, node);
}

static size_t total(const struct host_file *host)
{
	return host->counts[FILE_RUN_WAITING] + host->counts[FILE_RUN_RUNNING] +
	       host->counts[FILE_RUN_DOZING] + host->counts[FILE_RUN_ENDING];
}

static void say_idle(struct host_file *host)
{
	if (!host->idle || total(host) || ev_is_active(&host->idle_timer))
		return;
	ev_timer_set(&host->idle_timer, 0., 0.);
	ev_timer_start(host->options.loop, &host->idle_timer);
}

static void on_idle(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_file *host = w->data;
	void (*idle)(void *arg) = host->idle;

	(void)loop;
	(void)revents;
	if (!idle || total(host))
		return;
	host->idle = NULL;
	idle(host->idle_arg);
}

/* ---- where runs are ---- */

/* Each step of priority is a head start of a minute, as in the queue of scale mode. */
static int64_t place(const struct file_run *run)
{
	return run->head.created_at_ms - run->head.priority * 60000;
}

static void push_waiting(struct host_file *host, struct file_run *run)
{
	struct list *at = host->runs[FILE_RUN_WAITING].prev;

	while (at != &host->runs[FILE_RUN_WAITING] && place(run_at(at)) > place(run))
		at = at->prev;
	list_add_after(at, &run->node);
}

static void push(struct host_file *host, struct file_run *run)
{
	if (run->state == FILE_RUN_WAITING)
		push_waiting(host, run);
	else
		list_push(&host->runs[run->state], &run->node);
}

void host_file_move(struct file_run *run, enum file_run_state state)
{
	struct host_file *host = run->host;

	list_remove(&run->node);
	host->counts[run->state]--;
	run->state = state;
	host->counts[state]++;
	push(host, run);
	score_set(host->options.score, SCORE_ACTIVE_RUNS,
		  (int64_t)(total(host) - host->counts[FILE_RUN_WAITING]));
}

void host_file_add(struct host_file *host, struct file_run *run)
{
	run->state = FILE_RUN_WAITING;
	host->counts[FILE_RUN_WAITING]++;
	push_waiting(host, run);
	(void)map_put(&host->by_id, run->head.run_id, strlen(run->head.run_id), run);
	file_sessions_enter(&host->sessions, run);
	files_index_see(host->options.index, run->head.run_id);
	look_or_not(host);
}

/* Something asks for it that does not bear to wait behind others. */
static void hurry(struct file_run *run)
{
	host_file_move(run, FILE_RUN_WAITING);
	list_remove(&run->node);
	list_push_front(&run->host->runs[FILE_RUN_WAITING], &run->node);
}

void host_file_drop(struct file_run *run)
{
	struct host_file *host = run->host;

	(void)map_remove(&host->by_id, run->head.run_id, strlen(run->head.run_id));
	file_sessions_leave(&host->sessions, run);
	list_remove(&run->node);
	host->counts[run->state]--;
	score_set(host->options.score, SCORE_ACTIVE_RUNS,
		  (int64_t)(total(host) - host->counts[FILE_RUN_WAITING]));
	file_run_free(run);
	look_or_not(host);
	say_idle(host);
}

void host_file_want(struct file_run *run)
{
	files_group_want(&run->host->group, &run->journal);
}

struct file_run *host_file_find(const struct host_file *host, const char *run_id)
{
	return map_get(&host->by_id, run_id, strlen(run_id));
}

/* ---- their ends ---- */

void host_file_ended(struct file_run *run)
{
	run->ended_at_ms = clock_wall_ms();
	file_run_add_end(run);
	host_file_move(run, FILE_RUN_ENDING);
	host_file_want(run);
}

void host_file_tell_waits(struct file_run *run, enum file_over how)
{
	struct list *node;

	while ((node = list_shift(&run->waits))) {
		struct file_wait *wait = list_entry(node, struct file_wait, node);

		wait->over(wait, run, how);
	}
}

void file_wait_forget(struct file_wait *wait)
{
	list_remove(&wait->node);
}

void host_file_over(struct file_run *run, bool put_away)
{
	struct host_file *host = run->host;
	const struct files_end end = file_run_end(run);
	struct err err;

	/* the next start does again what fails here */
	if (put_away &&
	    files_dir_move(host->options.dir, run->head.run_id, false, &err) < 0)
		log_warn("run.not_put_away", LOG_S("run", run->head.run_id),
			 LOG_S("error", err.text));
	host_file_summarize(run, &end);
	host_file_tell_waits(run, FILE_OVER_ENDED);
	host_file_drop(run);
}

void host_file_leave(struct file_run *run)
{
	struct host_file *host = run->host;
	char run_id[IDS_MAX];
	struct err err;

	/* what its last steps wrote */
	(void)snprintf(run_id, sizeof(run_id), "%s", run->head.run_id);
	if (!files_journal_clean(&run->journal) &&
	    files_group_flush(&host->group, &err) < 0)
		log_error("run.rows_lost", LOG_S("run", run_id),
			  LOG_S("error", err.text));
	if (host_file_find(host, run_id) != run)
		return; /* with that it was gone already */
	file_run_tell_acks(run, false);
	host_file_tell_waits(run, FILE_OVER_LEFT);
	host_file_drop(run);
}

/* ---- the disk ---- */

static void on_stored(void *ctx, struct files_journal *journal)
{
	struct host_file *host = ctx;
	struct file_run *run = list_entry(journal, struct file_run, journal);
	struct files_end end;

	if (host->closing)
		return;
	file_run_stored(run);
	host->options.grew(host->options.arg, run->head.run_id);
	file_run_give_lives(run, host->options.live, host->options.arg);
	if (!files_journal_clean(journal) || run->showing)
		return;
	if (run->state == FILE_RUN_ENDING) {
		/* the next turn of its conversation may begin */
		file_sessions_leave(&host->sessions, run);
		end = file_run_end(run);
		host_file_show(run, &end, true);
	} else if (run->state == FILE_RUN_DOZING) {
		host_file_doze(run);
	}
}

static void on_disk(void *ctx, bool good, const struct err *err)
{
	const struct host_file *host = ctx;

	if (good)
		log_info("disk.good", LOG_S("folder", host->options.dir->path));
	else
		log_error("disk.failed", LOG_S("folder", host->options.dir->path),
			  LOG_S("error", err->text));
}

static const struct files_group_ops group_ops = {
	.stored = on_stored,
	.disk = on_disk,
};

struct file_run *host_file_live_turn(const struct host_file *host, const char *session_id,
				     size_t *ret_count)
{
	return file_sessions_live(&host->sessions, session_id, ret_count);
}

size_t host_file_ahead(const struct host_file *host, const struct file_run *run)
{
	size_t n = 0;

	list_for_each(node, &host->runs[FILE_RUN_WAITING]) {
		if (node == &run->node)
			break;
		n++;
	}
	return n;
}

void host_file_settle_end(struct host_file *host, const char *run_id)
{
	const struct file_run *run = host_file_find(host, run_id);

	if (run && file_run_has_ended(run))
		files_io_settle(host->io);
}

int host_file_erase(struct host_file *host, const char *run_id, struct err *err)
{
	bool live;
	int fd, rc;

	host_file_settle_end(host, run_id);
	rc = files_dir_read(host->options.dir, run_id, &fd, &live, err);
	if (rc < 0)
		return rc;
	fdutil_close(&fd);
	if (live)
		return err_set(err, ERR_CONFLICT, "the run has not ended");
	rc = files_dir_erase(host->options.dir, run_id, err);
	if (rc == 0 && fsync(host->options.dir->root) < 0)
		rc = err_errno(err, "sync the folder"); /* a person asked: it is rare */
	if (rc == 0)
		files_index_forget(host->options.index, run_id);
	return rc;
}

int host_file_sync_first(struct host_file *host, int fd, const char *text, size_t len,
			 struct err *err)
{
	int rc = 0;

	if (files_group_first(&host->group, fd, text, len))
		return 0;
	if (fsync(fd) < 0) /* so many at once: the loop pays for the last ones */
		rc = err_errno(err, "sync what comes first");
	fdutil_close(&fd);
	return rc;
}

/* ---- accepting ---- */

static bool room(const struct host_file *host)
{
	return host->counts[FILE_RUN_RUNNING] + host->counts[FILE_RUN_WAITING] <
		       host->options.runs + host->options.waiting &&
	       host->counts[FILE_RUN_ASLEEP] < ASLEEP_MAX;
}

int host_file_room(const struct host_file *host, struct err *err)
{
	if (host->draining)
		return err_set(err, ERR_CLOSED, "this process leaves");
	if (!host->group.good)
		return err_set(err, ERR_SYS, "the disk takes nothing");
	if (!room(host))
		return err_set(err, ERR_FULL, "%zu runs wait", host->options.waiting);
	return 0;
}

static void add_head(struct file_run *run, const struct files_head *head)
{
	struct str body = STR_INIT;

	files_run_put_head(&body, head);
	files_journal_add(&run->journal, FILES_HEAD, &body);
	str_deinit(&body);
}

int host_file_accept(struct host_file *host, const struct files_head *head,
		     struct definition *definition, struct file_ack *ack,
		     struct file_wait *wait, struct err *err)
{
	struct files_dir *dir = host->options.dir;
	char name[FILES_NAME_MAX];
	struct file_run *run;
	int rc = host_file_room(host, err);

	if (rc < 0)
		return rc;
	if (!files_dir_name(head->run_id, ".journal", name))
		return err_set(err, ERR_INPUT, "the id is too long");
	run = file_run_new(host, head);
	rc = files_journal_create(&run->journal, dir->live, name, err);
	if (rc < 0) {
		run->journal.fd = -1;
		file_run_free(run);
		return rc;
	}
	dir->changed = true;
	run->definition = definition_ref(definition);
	run->epoch = 1;
	add_head(run, head);
	host_file_own(run);
	file_run_wait(run, ack);
	if (wait)
		list_push(&run->waits, &wait->node);
	host_file_add(host, run);
	if (host_file_is_early(run))
		host_file_move(run, FILE_RUN_DOZING);
	host_file_want(run);
	return 0;
}

bool host_file_join(struct host_file *host, struct file_run *run, struct file_ack *ack,
		    struct file_wait *wait)
{
	bool durable = files_journal_clean(&run->journal);

	(void)host;
	if (!durable)
		file_run_wait(run, ack);
	if (wait)
		list_push(&run->waits, &wait->node);
	return durable;
}

int host_file_cancel(struct host_file *host, struct file_run *run, struct file_ack *ack,
		     struct err *err)
{
	struct str body = STR_INIT;
	int rc;

	(void)host;
	if (run->state == FILE_RUN_ENDING)
		return 0;
	if (run->state == FILE_RUN_ASLEEP) {
		rc = host_file_wake(&run, err);
		if (rc < 0)
			return rc;
	}
	if (!run->cancel) {
		run->cancel = true;
		files_journal_add(&run->journal, FILES_CANCEL, &body);
		if (run->exec)
			exec_cancel(run->exec);
		else
			hurry(run); /* so that it ends now */
	}
	file_run_wait(run, ack);
	host_file_want(run);
	return 1;
}

/*
 * While this process only finishes what it has, another one answers clients: it leaves a
 * mark for us when one of them wants a run of ours to stop.
 */
int host_file_mark(const struct files_dir *dir, const char *run_id, struct err *err)
{
	char name[FILES_NAME_MAX];
	int fd;

	if (!files_dir_name(run_id, MARK, name))
		return err_set(err, ERR_INPUT, "an id that no file has");
	fd = openat(dir->live, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, "create %s", name);
	fdutil_close(&fd);
	return 0;
}

static void on_mark_stored(struct file_ack *ack, bool durable)
{
	(void)durable; /* who wanted it has been answered */
	mem_free(ack);
}

static void look_for_mark(struct host_file *host, struct file_run *run)
{
	char name[FILES_NAME_MAX];
	struct file_ack *ack;
	struct err err;

	if (!files_dir_name(run->head.run_id, MARK, name) ||
	    unlinkat(host->options.dir->live, name, 0) < 0)
		return; /* mostly there is none */
	ack = mem_new(struct file_ack);
	ack->stored = on_mark_stored;
	if (host_file_cancel(host, run, ack, &err) <= 0)
		mem_free(ack); /* whoever has it now ends it, or it has ended */
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_file *host = w->data;

	(void)loop;
	(void)revents;
	map_for_each(slot, &host->by_id) {
		struct file_run *run = slot->value;

		/* a sleeper is the other process' as well */
		if (run->state != FILE_RUN_ASLEEP)
			look_for_mark(host, run);
	}
}

static void look_or_not(struct host_file *host)
{
	if (!host->options.marks || !total(host))
		ev_timer_stop(host->options.loop, &host->look);
	else if (!ev_is_active(&host->look))
		ev_timer_again(host->options.loop, &host->look);
}

/* ---- turns ---- */

static void on_start(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct host_file *host = w->data;
	struct list *node, *next;

	(void)loop;
	(void)revents;
	if (host->draining && !host->finish)
		return;
	for (node = host->runs[FILE_RUN_WAITING].next;
	     node != &host->runs[FILE_RUN_WAITING]; node = next) {
		struct file_run *run = run_at(node);

		next = node->next;
		if (!run->cancel && host->counts[FILE_RUN_RUNNING] >= host->options.runs)
			break;
		/* a turn that waits for the one before, which may not be found yet */
		if (run->turn && !run->cancel &&
		    (!host->adopted || !file_sessions_is_first(run)))
			continue;
		/* what it goes on behind is read from the file: all of it is there */
		if (!run->resumes || files_journal_clean(&run->journal))
			host_file_begin(run);
	}
}

/* ---- leaving ---- */

static void leave_all(struct host_file *host, enum file_run_state state)
{
	struct list *node;

	while ((node = host->runs[state].next) != &host->runs[state]) {
		struct file_run *run = run_at(node);
		struct exec *exec = run->exec;

		run->exec = NULL;
		exec_free(exec);
		host_file_leave(run);
	}
}

static void on_leaf(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_file *host = w->data;

	(void)loop;
	(void)revents;
	log_info("runs.cut", LOG_N("runs", host->counts[FILE_RUN_RUNNING]));
	leave_all(host, FILE_RUN_RUNNING);
}

void host_file_linger(struct host_file *host)
{
	host->lingering = true;
	host_file_forget_sleepers(host);
	host->options.marks = true;
	look_or_not(host);
}

void host_file_drain(struct host_file *host, bool finish, int64_t leaf_ms,
		     void (*idle)(void *arg), void *arg)
{
	host->draining = true;
	host_file_forget_sleepers(host);
	host->finish = finish;
	host->options.marks = finish;
	look_or_not(host);
	host->idle = idle;
	host->idle_arg = arg;
	if (!finish) {
		engine_drain(host->engine);
		leave_all(host, FILE_RUN_DOZING);
		leave_all(host, FILE_RUN_WAITING);
		ev_now_update(host->options.loop);
		ev_timer_stop(host->options.loop, &host->leaf);
		ev_timer_set(&host->leaf, (double)leaf_ms / 1000., 0.);
		ev_timer_start(host->options.loop, &host->leaf);
	}
	say_idle(host);
}

/* ---- life ---- */

int host_file_new(const struct host_file_options *options, struct host_file **ret,
		  struct err *err)
{
	struct host_file *host = mem_new(struct host_file);
	struct ev_loop *loop = options->loop;
	struct err trouble;
	size_t i;
	int rc = files_io_start(loop, &host->io, err);

	if (rc < 0) {
		mem_free(host);
		return rc;
	}
	host->options = *options;
	map_init(&host->by_id);
	file_sessions_init(&host->sessions);
	for (i = 0; i < FILE_RUN_STATES; i++)
		list_init(&host->runs[i]);
	host->engine = engine_new(&host_file_side, host, options->limits, rng_u64());
	ev_prepare_init(&host->start, on_start);
	host->start.data = host;
	ev_set_priority(&host->start, EV_MAXPRI);
	drive_start(&host->drive, loop, host->engine);
	/* behind the drive's: of one priority, what was started last is called first.
	 * So a run that needs nothing from outside is begun, pumped to its end and
	 * synced once, all in the turn that accepted it. */
	ev_prepare_start(loop, &host->start);
	files_group_start(&host->group, loop, host->io, options->dir, &group_ops, host);
	if (file_suspect_open(&host->suspect, options->dir, options->incarnation,
			      &trouble) < 0) /* runs are executed all the same */
		log_warn("run.no_suspects", LOG_S("error", trouble.text));
	ev_timer_init(&host->leaf, on_leaf, 0., 0.);
	ev_timer_init(&host->look, on_look, LOOK_SEC, LOOK_SEC);
	host->look.data = host;
	host_file_tick_start(host);
	ev_timer_init(&host->idle_timer, on_idle, 0., 0.);
	host->leaf.data = host->idle_timer.data = host;
	*ret = host;
	return 0;
}

struct files_io *host_file_io(const struct host_file *host)
{
	return host->io;
}

void host_file_free(struct host_file *host)
{
	struct ev_loop *loop;
	size_t i;

	if (!host)
		return;
	loop = host->options.loop;
	host->idle = NULL;
	host->closing = true;
	files_io_stop(host->io); /* it touches journals */
	for (i = 0; i < FILE_RUN_STATES; i++) {
		struct list *node;

		while ((node = list_shift(&host->runs[i]))) {
			struct file_run *run = run_at(node);

			exec_free(run->exec);
			file_sessions_leave(&host->sessions, run);
			file_run_free(run);
		}
	}
	files_group_stop(&host->group);
	drive_stop(&host->drive, loop);
	ev_prepare_stop(loop, &host->start);
	ev_timer_stop(loop, &host->leaf);
	ev_timer_stop(loop, &host->look);
	ev_timer_stop(loop, &host->tick);
	ev_timer_stop(loop, &host->idle_timer);
	engine_free(host->engine);
	file_suspect_close(&host->suspect);
	if (host->pass)
		(void)closedir(host->pass);
	file_sessions_deinit(&host->sessions);
	map_deinit(&host->by_id);
	mem_free(host);
}

struct host_file_counts host_file_counts(const struct host_file *host)
{
	return (struct host_file_counts){
		.running = host->counts[FILE_RUN_RUNNING],
		.waiting = host->counts[FILE_RUN_WAITING],
		.disk = host->group.good,
	};
}
