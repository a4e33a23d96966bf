/*
 * sim_resume.c - a run goes on where its journal ends (host/begin.c)
 */
#include "sim_resume.h"

#include "base/str.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "events/fifo.h"
#include "host/held.h"
#include "sim_fold.h"
#include "sim_store.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <string.h>

/* From the newest snapshot on, the journal says the same as from its beginning. */
static void compare(struct sim_world *world, const struct sim_run *run,
		    const struct fold *fold, size_t n)
{
	struct str says = STR_INIT, said = STR_INIT;
	struct sim_rows rows;
	struct fold whole;

	sim_rows_stored(&rows, run, n);
	sim_fold(world, run, &rows, &whole);
	sim_tell_fold(fold, &says);
	sim_tell_fold(&whole, &said);
	if (strcmp(str_text(&says), str_text(&said)) != 0)
		sim_broken(world,
			   "%s: from its snapshot on its journal says\n%s\nand from its "
			   "beginning\n%s",
			   run->run_id, str_text(&says), str_text(&said));
	str_deinit(&says);
	str_deinit(&said);
	fold_deinit(&whole);
	sim_rows_deinit(&rows);
}

struct exec *sim_resume(struct sim_worker *worker, struct held *held,
			const struct exec_start *start, size_t n)
{
	const struct sim_job *job = held->slot;
	struct sim_rows rows;
	struct exec *exec;
	struct fold fold;

	sim_rows_read(&rows, job->run, n);
	sim_fold(worker->world, job->run, &rows, &fold);
	if (rows.count < n)
		compare(worker->world, job->run, &fold, n);
	if (fold.ended)
		sim_broken(worker->world, "%s: its journal has ended, its row has not",
			   held->run_id);
	held->seq = (uint32_t)n;
	held->event_seq = fold.seq;
	fifo_deinit(&held->fifo);
	fifo_init(&held->fifo, fold.last_id_ms, fold.last_id_n);
	exec = exec_resume(worker->engine, start, &fold);
	sim_say(worker->world, "%s: #%d goes on behind row %zu", held->run_id,
		worker->incarnation, n);
	fold_deinit(&fold);
	sim_rows_deinit(&rows);
	return exec;
}
