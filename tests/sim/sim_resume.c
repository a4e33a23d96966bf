/*
 * sim_resume.c - a run goes on where its journal ends (host/begin.c)
 */
#include "sim_resume.h"

#include "engine/exec.h"
#include "engine/fold.h"
#include "events/fifo.h"
#include "host/held.h"
#include "sim_fold.h"
#include "sim_store.h"
#include "sim_worker.h"
#include "sim_world.h"

struct exec *sim_resume(struct sim_worker *worker, struct held *held,
			const struct exec_start *start, size_t n)
{
	const struct sim_job *job = held->slot;
	struct sim_rows rows;
	struct exec *exec;
	struct fold fold;

	sim_rows_stored(&rows, job->run, n);
	sim_fold(worker->world, job->run, &rows, &fold);
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
