/*
 * host_file_show.c - the file for stock readers is written, then a run is put away or
 * sleeps
 *
 * By the thread that waits for the disk, behind the journal that says the same. The run
 * is looked up again when that is done: an answer may have woken it meanwhile, or this
 * process may have left it to the next one.
 */
#include "host/host_file_in.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/file_stock.h"

#include <string.h>

struct show {
	struct files_io_job job;
	struct host_file *host;
	struct str path;
	struct str text;
	bool ended;
	int rc;
	struct err err;
	char run_id[];
};

static void work(struct files_io_job *job)
{
	struct show *show = list_entry(job, struct show, job);

	show->rc = fdutil_show_file(show->path.data, show->text.data, show->text.len,
				    0600, &show->err);
}

static void on_written(struct files_io_job *job)
{
	struct show *show = list_entry(job, struct show, job);
	struct file_run *run =
		show->host->closing ? NULL : host_file_find(show->host, show->run_id);

	if (show->rc < 0)
		log_warn(show->ended ? "run.not_put_away" : "run.pause_not_shown",
			 LOG_S("run", show->run_id), LOG_S("error", show->err.text));
	if (run)
		run->showing = false;
	if (run && show->ended && run->state == FILE_RUN_ENDING)
		host_file_over(run, show->rc == 0);
	else if (run && run->state == FILE_RUN_DOZING && run->pause &&
		 files_journal_clean(&run->journal))
		host_file_sleep(run);
	str_deinit(&show->path);
	str_deinit(&show->text);
	mem_free(show);
}

void host_file_show(struct file_run *run, const struct files_end *end, bool ended)
{
	size_t len = strlen(run->head.run_id);
	struct show *show = mem_alloc(sizeof(*show) + len + 1);

	memset(show, 0, sizeof(*show));
	memcpy(show->run_id, run->head.run_id, len + 1);
	show->host = run->host;
	show->ended = ended;
	show->job.work = work;
	show->job.done = on_written;
	file_stock_path(run->host->options.dir, run->head.run_id, &show->path);
	file_stock_print(&run->head, end,
			 ended ? NULL : files_asked_next(&run->asked, NULL, NULL),
			 run->started_at_ms, &show->text);
	run->showing = true;
	files_io_add(run->host->io, &show->job);
}
