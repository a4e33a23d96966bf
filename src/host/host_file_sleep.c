/*
 * host_file_sleep.c - runs on files that nobody executes: they wait for people, or for
 * their moment
 *
 * A sleeper's journal is closed and stays under live/. Here is what lists show of it and
 * what it asks, so a thousand of them cost no descriptor and little memory. Who wakes one
 * takes its journal by the lock like one that a dead process left, and reads it anew:
 * whatever another process of this host did with it meanwhile is seen, and of two who
 * wake it one does.
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/row.h"
#include "events/event_id.h"
#include "host/file_stock.h"
#include "run/chat_run.h"
#include "store/files_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TICK_SEC 1.
/* A process of the generation before answers clients until this one is ready. */
#define ALONE_MS 120000

bool host_file_is_early(const struct file_run *run)
{
	return run->head.run_at_ms > clock_wall_ms();
}

static void earlier(int64_t *at_ms, int64_t other_ms)
{
	if (other_ms && (!*at_ms || other_ms < *at_ms))
		*at_ms = other_ms;
}

/* When something is to be done about it. */
static int64_t due_at(const struct file_run *run)
{
	const struct files_question *question = NULL;
	int64_t at_ms = 0;

	if (!run->paused)
		return run->head.run_at_ms;
	while ((question = files_asked_next(&run->asked, question, NULL))) {
		earlier(&at_ms, question->deadline_at_ms);
		earlier(&at_ms, question->remind_at_ms);
	}
	return at_ms;
}

/* What is kept of one. */
static struct file_run *sleeper_of(struct file_run *run)
{
	struct files_head head = run->head;
	struct file_run *slim;

	head.message = "";
	head.inputs = head.definition = head.images = NULL;
	slim = file_run_new(run->host, &head);
	slim->resumes = run->resumes;
	slim->paused = run->paused;
	slim->epoch = run->epoch;
	slim->started_at_ms = run->started_at_ms;
	slim->seq = run->seq;
	slim->event_seq = run->event_seq;
	slim->id_ms = run->id_ms;
	slim->id_n = run->id_n;
	slim->attempts = run->attempts;
	slim->wakes = run->wakes;
	slim->tokens = run->tokens;
	slim->cost_usd = run->cost_usd;
	slim->bytes = run->bytes;
	files_asked_move(&slim->asked, &run->asked);
	slim->due_at_ms = due_at(slim);
	return slim;
}

static void add_sleeper(struct host_file *host, struct file_run *slim)
{
	host_file_add(host, slim);
	host_file_move(slim, FILE_RUN_ASLEEP);
}

static void write_stock(const struct file_run *run, const struct files_end *stand)
{
	struct err err;

	if (file_stock_write(run->host->options.dir, &run->head, stand,
			     files_asked_next(&run->asked, NULL, NULL),
			     run->started_at_ms, &err) < 0)
		log_warn("run.pause_not_shown", LOG_S("run", run->head.run_id),
			 LOG_S("error", err.text));
}

void host_file_doze(struct file_run *run)
{
	struct files_end stand;

	if (!run->pause) {
		host_file_sleep(run);
		return;
	}
	stand = file_run_stand(run);
	host_file_show(run, &stand, false);
}

void host_file_sleep(struct file_run *run)
{
	struct host_file *host = run->host;
	struct file_run *slim = NULL;

	run->bytes = run->journal.durable;
	if (run->pause)
		host_file_tell_waits(run, FILE_OVER_PAUSED);
	host_file_tell_waits(run, FILE_OVER_LEFT);
	if (!host->draining && !host->lingering)
		slim = sleeper_of(run);
	host_file_drop(run);
	if (slim)
		add_sleeper(host, slim);
}

void host_file_lay(struct file_run *run, const struct files_end *stand)
{
	struct host_file *host = run->host;
	struct file_run *slim;

	if (stand &&
	    file_stock_is_behind(host->options.dir, run->head.run_id, stand->ended_at_ms))
		write_stock(run, stand);
	slim = sleeper_of(run);
	file_run_free(run);
	add_sleeper(host, slim);
}

int host_file_wake(struct file_run **run, struct err *err)
{
	const struct files_head none = { .run_id = NULL };
	struct host_file *host = (*run)->host;
	char name[FILES_NAME_MAX];
	struct file_run *whole;
	struct files_end end;
	uint64_t cut;
	bool ended;
	int rc;

	(void)files_dir_name((*run)->head.run_id, ".journal", name); /* it had one */
	whole = file_run_new(host, &none);
	rc = files_journal_adopt(&whole->journal, host->options.dir->live, name, &cut,
				 err);
	if (rc < 0)
		whole->journal.fd = -1;
	if (rc == 0)
		rc = host_file_read(whole, &ended, &end, err);
	if (rc == 0 && ended)
		rc = err_set(err, ERR_NOT_FOUND, "it has ended");
	host_file_drop(*run);
	if (rc < 0) {
		file_run_free(whole);
		return rc == ERR_CONFLICT || rc == ERR_NOT_FOUND
			       ? err_set(err, ERR_CLOSED, "another process has the run")
			       : rc;
	}
	whole->epoch++;
	host_file_own(whole);
	host_file_add(host, whole);
	host_file_want(whole);
	*run = whole;
	return 0;
}

void host_file_check_sleepers(struct host_file *host)
{
	char name[FILES_NAME_MAX];
	struct stat st;

	if (clock_mono_ms() > host->alone_mono_ms)
		return;
	list_for_each_safe(node, &host->runs[FILE_RUN_ASLEEP]) {
		struct file_run *run = list_entry(node, struct file_run, node);

		if (files_dir_name(run->head.run_id, ".journal", name) &&
		    (fstatat(host->options.dir->live, name, &st, AT_SYMLINK_NOFOLLOW) <
			     0 ||
		     (uint64_t)st.st_size != run->bytes))
			host_file_drop(run);
	}
}

void host_file_forget_sleepers(struct host_file *host)
{
	struct list *asleep = &host->runs[FILE_RUN_ASLEEP];

	while (!list_empty(asleep))
		host_file_drop(list_entry(asleep->next, struct file_run, node));
}

/* ---- moments that come ---- */

static void remind(struct file_run *run, struct files_question *question, int64_t now_ms)
{
	struct host_file *host = run->host;
	const struct event_stamp stamp = { now_ms, host->engine->limits.event_max };
	struct str event = STR_INIT, stamped = STR_INIT;
	char id[EVENT_ID_MAX];

	question->reminders++;
	question->remind_at_ms = now_ms + question->reminder_ms;
	event_human_reminder(&event, &stamp, question->step_id, question->path,
			     question->prompt ? question->prompt : "",
			     question->reminders);
	event_close(&event, run->event_seq, (uint64_t)run->epoch,
		    (uint64_t)question->reminders);
	chat_run_stamp(&stamped, run->turn, str_text(&event), event.len);
	file_run_next_id(run, now_ms, id);
	host->options.live(host->options.arg, run->head.run_id, id, str_text(&stamped),
			   stamped.len);
	str_deinit(&event);
	str_deinit(&stamped);
}

static bool has_expired(const struct file_run *run, int64_t now_ms)
{
	const struct files_question *question = NULL;

	while ((question = files_asked_next(&run->asked, question, NULL)))
		if (question->deadline_at_ms && question->deadline_at_ms <= now_ms)
			return true;
	return false;
}

static void remind_all(struct file_run *run, int64_t now_ms)
{
	struct files_question *question = NULL;

	while ((question = files_asked_next(&run->asked, question, NULL)))
		if (question->remind_at_ms && question->remind_at_ms <= now_ms)
			remind(run, question, now_ms);
	run->due_at_ms = due_at(run);
}

static void look_at_sleeper(struct file_run *run, int64_t now_ms)
{
	char id[IDS_MAX];
	struct err err;

	if (!run->due_at_ms || run->due_at_ms > now_ms)
		return;
	if (run->paused && !has_expired(run, now_ms)) {
		remind_all(run, now_ms);
		return;
	}
	(void)snprintf(id, sizeof(id), "%s", run->head.run_id);
	if (host_file_wake(&run, &err) == 0)
		host_file_expire(run, now_ms);
	else /* it comes back with the next look at the folder */
		log_info("run.not_woken", LOG_S("run", id), LOG_S("error", err.text));
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_file *host = w->data;
	int64_t now_ms = clock_wall_ms();

	(void)loop;
	(void)revents;
	if (!host->group.good)
		return; /* what is late is so when the disk is back */
	list_for_each_safe(node, &host->runs[FILE_RUN_RUNNING])
		host_file_expire(list_entry(node, struct file_run, node), now_ms);
	list_for_each_safe(node, &host->runs[FILE_RUN_ASLEEP])
		look_at_sleeper(list_entry(node, struct file_run, node), now_ms);
}

void host_file_tick_start(struct host_file *host)
{
	ev_timer_init(&host->tick, on_tick, TICK_SEC, TICK_SEC);
	host->tick.data = host;
	host->alone_mono_ms = clock_mono_ms() + ALONE_MS;
	ev_timer_start(host->options.loop, &host->tick);
}
