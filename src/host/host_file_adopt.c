/*
 * host_file_adopt.c - runs that a process before this one had
 *
 * The lock of a journal says whether its writer lives. One without a writer becomes ours:
 * what is torn behind its last whole record is cut, and it goes on where its rows end. A
 * journal whose end is in, but which still lies under live/, is put away. One that has
 * nothing in it was never accepted: nobody was told of it, and it goes.
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/step_types.h"
#include "events/event_id.h"
#include "host/file_pins.h"
#include "host/file_stock.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_dir.h"
#include "store/files_index.h"
#include "store/store_waits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An ended journal is put away, with the file for stock readers. */
static void put_away(struct host_file *host, const struct files_head *head,
		     const struct files_end *end, int64_t started_at_ms)
{
	struct files_dir *dir = host->options.dir;
	struct err err;

	/* the next start does again what fails here */
	if (file_stock_write(dir, head, end, NULL, started_at_ms, &err) < 0 ||
	    files_dir_move(dir, head->run_id, false, &err) < 0)
		log_warn("run.not_put_away", LOG_S("run", head->run_id),
			 LOG_S("error", err.text));
}

void host_file_summarize(const struct file_run *run, const struct files_end *end)
{
	const struct files_head *head = &run->head;

	files_index_know(run->host->options.index, head->run_id,
			 &(struct files_summary){
				 .orchestration_id = head->orchestration_id,
				 .tenant_id = head->tenant_id,
				 .session_id = head->session_id,
				 .status = end->status,
				 .metadata = head->metadata,
				 .created_at_ms = head->created_at_ms,
				 .started_at_ms = run->started_at_ms,
				 .ended_at_ms = end->ended_at_ms,
				 .run_at_ms = head->run_at_ms,
				 .priority = head->priority,
				 .attempts = run->attempts,
				 .wakes = run->wakes,
				 .epoch = run->epoch,
				 .tokens = end->tokens,
				 .cache_read_tokens = end->cache_read_tokens,
				 .cost_usd = end->cost_usd,
				 .end_at = run->end_at,
			 });
}

void host_file_own(struct file_run *run)
{
	struct str body = STR_INIT;
	const struct files_owner owner = {
		.epoch = run->epoch,
		.at_ms = clock_wall_ms(),
		.incarnation = run->host->options.incarnation,
	};

	files_run_put_owner(&body, &owner);
	files_journal_add(&run->journal, FILES_OWNER, &body);
	str_deinit(&body);
}

/* ---- what a journal says ---- */

struct reading {
	struct file_run *run;
	const struct files_head *head; /* NULL: not met yet */
	const char *definition;
	struct str end; /* the last record of that sort */
	bool ended;
	bool bad;
};

static void read_events(struct file_run *run, const char *events)
{
	struct json *doc = NULL;
	struct event_id id;
	const char *text;
	size_t n;

	if (!events || jsonr_parse(events, strlen(events), &doc, NULL, NULL, NULL) < 0)
		return;
	n = jsonr_count(doc);
	run->event_seq += n;
	text = n ? jsonr_text(jsonr_at(jsonr_at(doc, n - 1), 0)) : NULL;
	if (text && event_id_parse(text, &id)) {
		run->id_ms = (int64_t)id.ms;
		run->id_n = (uint32_t)id.n;
	}
	jsonr_free(doc);
}

static void read_step(struct reading *r, const char *body, size_t len)
{
	struct file_run *run = r->run;
	struct store_wait_change wait;
	struct store_step step;
	int64_t at_ms;

	if (!files_run_get_step(body, len, &step, &at_ms)) {
		r->bad = true;
		return;
	}
	if (files_run_get_wait(body, len, &wait))
		files_asked_change(&run->asked, &wait, at_ms);
	run->paused = false;
	if (!run->started_at_ms)
		run->started_at_ms = at_ms;
	run->seq = step.seq;
	run->resumes = true;
	run->charges = 0; /* it got on */
	r->ended = false;
	if (strcmp(step.kind, "resume") == 0) {
		run->attempts++;
		run->cancel = false;
	}
	read_events(run, step.events);
}

static void read_answer(struct reading *r, const char *body, size_t len)
{
	struct file_run *run = r->run;
	struct files_answer answer;

	if (!files_run_get_answer(body, len, &answer)) {
		r->bad = true;
		return;
	}
	(void)files_asked_answer(&run->asked, &answer);
	run->wakes += run->paused;
	run->paused = false;
}

static void read_end(struct reading *r, char type, const char *body, size_t len)
{
	struct file_run *run = r->run;
	struct files_end end;

	if (!files_run_get_end(body, len, &end)) {
		r->bad = true;
		return;
	}
	str_reset(&r->end, len);
	str_add(&r->end, body, len);
	run->tokens = end.tokens;
	run->cost_usd = end.cost_usd;
	r->ended = type == FILES_END;
	run->paused = type == FILES_PAUSE;
	if (r->ended)
		files_asked_close(&run->asked);
}

static enum files_scan read_one(void *arg, char type, const char *body, size_t len)
{
	struct reading *r = arg;
	struct file_run *run = r->run;
	struct files_owner owner;

	switch ((enum files_type)type) {
	case FILES_HEAD:
		/* texts stay where they are: in the run's arena */
		if (!files_run_get_head(arena_dup_n(&run->arena, body, len), len,
					&run->head)) {
			r->bad = true;
			break;
		}
		r->head = &run->head;
		break;
	case FILES_OWNER:
		if (!files_run_get_owner(body, len, &owner)) {
			r->bad = true;
			break;
		}
		run->epoch = owner.epoch;
		break;
	case FILES_STEP:
		read_step(r, body, len);
		break;
	case FILES_PIN:
		r->bad = !file_pins_read(run, body, len);
		break;
	case FILES_CHARGE:
		run->charges++;
		break;
	case FILES_CANCEL:
		run->cancel = true;
		break;
	case FILES_ANSWER:
		read_answer(r, body, len);
		break;
	case FILES_PAUSE:
	case FILES_END:
		read_end(r, type, body, len);
		break;
	}
	return r->bad ? FILES_SCAN_STOP : FILES_SCAN_ON;
}

static struct definition *parse(const char *text)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	if (definition_parse(text, strlen(text), &definition, &problems) < 0 ||
	    definition_validate(definition, step_types_rules(), &problems) < 0) {
		definition_unref(definition);
		definition = NULL;
	}
	problem_deinit(&problems);
	return definition;
}

int host_file_read(struct file_run *run, bool *ret_ended, struct files_end *ret_end,
		   struct err *err)
{
	struct reading r = { .run = run, .end = STR_INIT };
	uint64_t at = 0;
	int rc = files_journal_scan(run->journal.fd, &at, read_one, &r, err);

	if (rc == 0 && r.bad)
		rc = err_set(err, ERR_INPUT, "a record cannot be read");
	if (rc == 0 && !r.head)
		rc = err_set(err, ERR_NOT_FOUND, "nothing was accepted");
	if (rc == 0) {
		run->bytes = at;
		run->end_at = at - FILES_RECORD_HEAD - r.end.len;
		*ret_ended = r.ended;
		if (r.ended || run->paused)
			(void)files_run_get_end(
				arena_dup_n(&run->arena, r.end.data, r.end.len),
				r.end.len, ret_end);
		run->definition = parse(run->head.definition);
	}
	str_deinit(&r.end);
	return rc;
}

/* ---- the folder ---- */

/* So long the loop may stand still for it. */
#define ADOPT_MS 50

static void charge(struct file_run *run)
{
	size_t n = file_blames_take(&run->host->blames, run->head.run_id);
	struct str empty = STR_INIT;

	for (; n > 0; n--) {
		run->charges++;
		files_journal_add(&run->journal, FILES_CHARGE, &empty);
	}
}

static void adopted(struct host_file *host, struct file_run *run, const char *name)
{
	struct files_end end;
	bool ended;
	struct err err;
	int rc = host_file_read(run, &ended, &end, &err);

	if (rc == ERR_NOT_FOUND) {
		(void)unlinkat(host->options.dir->live, name, 0);
		file_run_free(run);
	} else if (rc < 0) {
		/* it stays where it is, for people */
		log_error("run.journal_unreadable", LOG_S("file", name),
			  LOG_S("error", err.text));
		file_run_free(run);
	} else if (ended) {
		put_away(host, &run->head, &end, run->started_at_ms);
		host_file_summarize(run, &end);
		file_run_free(run);
	} else if (run->paused && !run->cancel) {
		host_file_lay(run, &end);
	} else if (!run->resumes && !run->cancel && host_file_is_early(run)) {
		host_file_lay(run, NULL);
	} else {
		run->epoch++;
		charge(run);
		host_file_own(run);
		host_file_add(host, run);
		host_file_want(run);
		log_info("run.adopted", LOG_S("run", run->head.run_id),
			 LOG_N("epoch", run->epoch));
	}
}

/* Made by a process that died before it had its name: nobody makes one for so long. */
#define FRESH_SEC 60

static void sweep(const struct files_dir *dir, const char *name)
{
	size_t len = strlen(name), tail = strlen(FILES_JOURNAL_FRESH);
	struct stat st;

	if (len > tail && strcmp(name + len - tail, FILES_JOURNAL_FRESH) == 0 &&
	    fstatat(dir->live, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    clock_wall_ms() / 1000 - st.st_mtim.tv_sec > FRESH_SEC)
		(void)unlinkat(dir->live, name, 0);
}

/* Was there one that had to be read? */
static bool look_at(struct host_file *host, const char *name)
{
	const struct files_head none = { .run_id = NULL };
	struct file_run *run;
	char id[IDS_MAX];
	uint64_t cut = 0;
	struct err err;
	int rc;

	if (!files_dir_id(name, ".journal", id) || host_file_find(host, id))
		return false;
	run = file_run_new(host, &none);
	rc = files_journal_adopt(&run->journal, host->options.dir->live, name, &cut,
				 &err);
	if (rc < 0) {
		run->journal.fd = -1;
		file_run_free(run);
		if (rc == ERR_CONFLICT) /* a run of another process is in lists as well */
			files_index_see(host->options.index, id);
		else if (rc != ERR_NOT_FOUND)
			log_error("run.journal_unreadable", LOG_S("file", name),
				  LOG_S("error", err.text));
		return false;
	}
	if (cut)
		log_info("run.journal_cut", LOG_S("run", id), LOG_N("bytes", cut));
	adopted(host, run, name);
	return true;
}

/* Whose process died while a pass was under way, which met the run behind that. */
static void charge_held(struct host_file *host)
{
	size_t i = 0;

	while (i < host->blames.count) {
		struct file_run *run = host_file_find(host, host->blames.ids[i]);

		if (run &&
		    (run->state == FILE_RUN_WAITING || run->state == FILE_RUN_RUNNING)) {
			charge(run); /* which takes it off the list */
			host_file_want(run);
		} else {
			i++;
		}
	}
}

static void begin_pass(struct host_file *host)
{
	struct str path = STR_INIT;

	host_file_check_sleepers(host);
	file_suspect_collect(host->options.dir, &host->blames);
	charge_held(host);
	str_printf(&path, "%s/live", host->options.dir->path);
	host->pass = opendir(str_text(&path));
	if (!host->pass)
		log_error("run.journal_unreadable", LOG_S("file", str_text(&path)),
			  LOG_S("error", strerror(errno)));
	str_deinit(&path);
}

static void end_pass(struct host_file *host)
{
	(void)closedir(host->pass);
	host->pass = NULL;
	host->blames.count = 0; /* who was not met has ended, or is another process' */
}

bool host_file_adopt(struct host_file *host)
{
	int64_t until_ms = clock_mono_ms() + ADOPT_MS;
	const struct dirent *entry = NULL;
	bool more = false;

	if (host->draining || host->lingering)
		return true;
	if (!host->pass)
		begin_pass(host);
	while (host->pass && !more && (entry = readdir(host->pass))) {
		sweep(host->options.dir, entry->d_name);
		more = look_at(host, entry->d_name) && clock_mono_ms() >= until_ms;
	}
	if (host->pass && !more)
		end_pass(host);
	host->adopted = host->adopted || !more;
	return !more;
}
