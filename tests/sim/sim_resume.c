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

#include <inttypes.h>

/* From the newest snapshot on, the journal says the same as from its beginning. */
static void compare(struct sim_world *world, struct sim_run *run, const struct fold *fold,
		    size_t n)
{
	struct str says = STR_INIT, said = STR_INIT;
	struct sim_rows rows;
	struct fold whole;

	sim_rows_stored(&rows, run, n);
	sim_fold(world, run, &rows, &whole);
	sim_tell_fold(fold, &says);
	sim_tell_fold(&whole, &said);
	sim_agree(world, run->run_id, "its journal from the newest snapshot on",
		  str_text(&says), "all of it", str_text(&said));
	/* a clock that goes back is counted by its events, which a snapshot has not */
	if (fold->spent_ms != whole.spent_ms && !(world->plan.faults & 1U << SIM_JUMP))
		sim_broken(world, "%s: %" PRId64 " ms are spent, and not %" PRId64,
			   run->run_id, fold->spent_ms, whole.spent_ms);
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
