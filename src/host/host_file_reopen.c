/*
 * host_file_reopen.c - a run that failed or was cancelled goes on
 *
 * Its journal comes back under live/, then a row of kind resume says so. A process that
 * dies in between leaves an ended journal there, which the next one puts away: nothing
 * was promised yet.
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/definition.h"
#include "store/files_dir.h"
#include "store/files_index.h"

#include <string.h>

static void add_wish(struct file_run *run, const char *from_step)
{
	struct str body = STR_INIT, delta = STR_INIT;
	struct store_step step = {
		.seq = ++run->seq,
		.path = "",
		.step_id = "",
		.kind = "resume",
		.epoch = run->epoch,
	};
	struct jsonw w;

	jsonw_init(&w, &delta);
	jsonw_object(&w);
	jsonw_pair_text(&w, "from_step", from_step);
	jsonw_object_end(&w);
	step.delta = str_text(&delta);
	files_run_put_step(&body, &step, clock_wall_ms());
	files_journal_add(&run->journal, FILES_STEP, &body);
	str_deinit(&body);
	str_deinit(&delta);
}

static int may_go_on(const struct file_run *run, bool ended, const struct files_end *end,
		     const char *from_step, struct err *err)
{
	if (!ended ||
	    (strcmp(end->status, "failed") != 0 && strcmp(end->status, "cancelled") != 0))
		return err_set(err, ERR_CONFLICT,
			       "the run has neither failed nor been cancelled");
	if (from_step && (!run->definition || !map_get(&run->definition->by_id, from_step,
						       strlen(from_step))))
		return err_set(err, ERR_INPUT, "there is no step %s", from_step);
	return 0;
}

int host_file_reopen(struct host_file *host, const char *run_id, const char *from_step,
		     struct file_ack *ack, int64_t *ret_attempt, struct err *err)
{
	const struct files_head none = { .run_id = NULL };
	struct files_dir *dir = host->options.dir;
	char name[FILES_NAME_MAX];
	struct files_end end;
	struct file_run *run;
	uint64_t cut;
	bool ended;
	int rc;

	host_file_settle_end(host, run_id);
	if (host_file_find(host, run_id))
		return err_set(err, ERR_CONFLICT, "the run has not ended");
	rc = host_file_room(host, err);
	if (rc < 0)
		return rc;
	if (!files_dir_name(run_id, ".journal", name))
		return err_set(err, ERR_NOT_FOUND, "no such run");
	run = file_run_new(host, &none);
	rc = files_journal_adopt(&run->journal, dir->root, name, &cut, err);
	if (rc < 0)
		run->journal.fd = -1;
	if (rc == 0)
		rc = host_file_read(run, &ended, &end, err);
	if (rc == 0)
		rc = may_go_on(run, ended, &end, from_step, err);
	if (rc == 0)
		rc = files_dir_move(dir, run_id, true, err);
	if (rc < 0) {
		file_run_free(run);
		return rc;
	}
	run->epoch++;
	run->cancel = false;
	*ret_attempt = ++run->attempts;
	add_wish(run, from_step);
	host_file_own(run);
	file_run_wait(run, ack);
	host_file_add(host, run);
	files_index_unlearn(host->options.index, run_id);
	host_file_want(run);
	return 0;
}
