/* sim_watch.h - what must be true of a run whatever happens to it */
#ifndef TESTS_SIM_WATCH_H
#define TESTS_SIM_WATCH_H

#include "base/list.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_final;
struct engine_row;
struct exec;
struct held;
struct llm_call;
struct op;
struct sim_row;
struct sim_run;
struct sim_worker;
struct sim_world;
struct tool_request;

/* A path of a run, as its durable events tell. */
struct sim_path {
	struct list node;
	char *path;     /* owned */
	char *open;     /* owned: the step that was announced and has no end; NULL */
	bool reopened;  /* what is open may be announced once more */
	int late;       /* steps announced although somebody wants the run to stop */
	struct str log; /* what happened, without anything that time decides */
};

/* The durable events of one run so far. */
struct sim_watch {
	struct list paths; /* struct sim_path */
	int64_t events;
	int64_t epoch; /* of the newest */
	int64_t turns; /* of the root's path */
	int64_t steps; /* of all paths */
	int64_t id_ms; /* stream id of the newest */
	uint32_t id_n;
	const char *ender; /* the path with the end step that was reached; NULL: none */
	bool done;
	bool paused; /* the newest event says so */
};

void sim_watch_init(struct sim_watch *watch);
void sim_watch_deinit(struct sim_watch *watch);
/* The run failed and is to go on. */
void sim_watch_reopen(struct sim_watch *watch);

/* A row became durable. */
void sim_watch_row(struct sim_world *world, struct sim_run *run,
		   const struct sim_row *row);
/* The engine hands out a row. */
void sim_watch_handed(struct sim_worker *worker, struct held *held,
		      const struct engine_row *row);
/* It did: what the journal says is what the run has. op is of the path that the row is
 * of; NULL at the end of the run. */
void sim_watch_commit(struct sim_worker *worker, struct held *held,
		      const struct exec *exec, struct op *op);
/* A call leaves the process. */
void sim_watch_call(struct sim_worker *worker, struct held *held,
		    const struct llm_call *call);
/* A use of a tool does. */
void sim_watch_use(struct sim_worker *worker, struct held *held,
		   const struct tool_request *request);
/* Something is sent under a key: if it is not the first time, it is the same. */
void sim_watch_once(struct sim_world *world, struct sim_run *run, const char *sort,
		    const char *key, uint64_t what);
/* Something of its answer comes. */
void sim_watch_answer(struct sim_worker *worker, struct held *held,
		      const struct llm_call *call);
/* The run's end was handed out. */
void sim_watch_final(struct sim_worker *worker, struct held *held,
		     const struct engine_final *final);
/* The run is over, everywhere. */
void sim_watch_end(struct sim_world *world, struct sim_run *run);
/* Two executions of a steady seed ended alike. */
void sim_watch_twins(struct sim_world *a, struct sim_world *b);

#endif
