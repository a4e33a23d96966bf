/*
 * stock_runs.c - runs that stock programs left waiting for people become ours
 *
 *	row         what Postgres says of the run
 *	definition  the current one: stock pins none
 *	checkpoint  data_dir/orchestration_runs/<run id>.json: stock keeps the state there
 *		    and an empty one in the row. Whoever takes a stock deployment over
 *		    puts the folder of its workers there. It is read on the loop, so what
 *		    was wrong with it is remembered: who asks again has nothing read
 *	commit      wake 1, a journal that says where the run stands, an open question
 *
 * The first answer that comes here does it, and no sweep: as long as nobody answers, the
 * run is whosever it was. A run whose state is nowhere is not begun with an empty one.
 */
#include "api/stock_runs.h"

#include "api/home_queue.h"
#include "api/pg_read.h"
#include "base/clock.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "host/stock_run.h"
#include "pg/pg_batch.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_dir.h"
#include "store/store_definitions.h"
#include "store/store_stock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TRIES 3

/* So many times the state that a run may have: the steps before are in it as well. */
#define CHECKPOINT_STATES 4

#define REFUSED_MAX 64
#define REFUSED_MS  60000

/* What made a checkpoint useless. */
struct refusal {
	char run_id[IDS_MAX];
	struct timespec changed; /* of the file */
	off_t bytes;
	int64_t version; /* of the definition */
	int64_t until_mono_ms;
	struct err why; /* no text: it is not said */
};

/* Of an API child: a ring. */
static struct refusal refusals[REFUSED_MAX];
static size_t refused;

struct adoption {
	struct pg_pool *pool;
	const struct conf *conf;
	stock_runs_cb cb;
	void *arg;
	char run_id[IDS_MAX];
	char orchestration_id[IDS_MAX];
	char tenant_id[IDS_MAX];
	char step_id[IDS_MAX];
	char *prompt;          /* owned; NULL: none */
	struct json *state;    /* owned */
	struct json *history;  /* owned */
	struct json *file;     /* owned; NULL: the row has it all */
	struct refusal looked; /* at the file, if it is there */
	int statement;
	int tries;
};

static void over(struct adoption *adoption, enum errors_code error, const char *detail)
{
	adoption->cb(adoption->arg, error, detail);
	jsonr_free(adoption->state);
	jsonr_free(adoption->history);
	jsonr_free(adoption->file);
	mem_free(adoption->prompt);
	mem_free(adoption);
}

static bool keep(char *to, const char *from)
{
	if (!from || strlen(from) >= IDS_MAX)
		return false;
	memcpy(to, from, strlen(from) + 1);
	return true;
}

/* -- the commit -- */

static void on_adopted(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct adoption *adoption = arg;

	(void)reply;
	if (error == ERRORS_NONE)
		log_info("run.stock_adopted", LOG_S("run", adoption->run_id),
			 LOG_S("step", adoption->step_id),
			 LOG_S("state", adoption->file ? "checkpoint" : "row"));
	over(adoption, error, NULL);
}

static void commit(struct adoption *adoption, const struct stock_journal *journal,
		   int64_t version)
{
	const struct conf *conf = adoption->conf;
	const char *queue = home_queue(adoption->tenant_id, conf->queue.names.items,
				       conf->queue.names.count);
	struct pg_batch *batch = pg_batch_new();
	const struct store_stock_adopt adopt = {
		.run_id = adoption->run_id,
		.definition_version = version,
		.queue = queue ? queue : "default",
		.step_id = adoption->step_id,
		.path = str_text(&journal->path),
		.execution = journal->execution,
		.events = str_text(&journal->events),
		.snapshot = str_text(&journal->snapshot),
	};

	store_stock_adopt(batch, &adopt);
	pg_read(adoption->pool, batch, on_adopted, adoption);
}

/* -- its definition, and its checkpoint -- */

static void read_definition(struct adoption *adoption);

/* What would be read now has been refused before, or NULL. */
static const struct refusal *refused_before(const struct refusal *now)
{
	size_t i;

	for (i = 0; i < REFUSED_MAX; i++) {
		const struct refusal *old = &refusals[i];

		if (strcmp(old->run_id, now->run_id) == 0 && old->bytes == now->bytes &&
		    old->changed.tv_sec == now->changed.tv_sec &&
		    old->changed.tv_nsec == now->changed.tv_nsec &&
		    old->version == now->version && clock_mono_ms() < old->until_mono_ms)
			return old;
	}
	return NULL;
}

static void refuse(struct adoption *adoption, const struct err *why)
{
	struct refusal *refusal = &refusals[refused];

	if (*adoption->looked.run_id && !refused_before(&adoption->looked)) {
		*refusal = adoption->looked;
		refusal->why = *why;
		refusal->until_mono_ms = clock_mono_ms() + REFUSED_MS;
		refused = (refused + 1) % REFUSED_MAX;
	}
	over(adoption, ERRORS_NO_CHECKPOINT, *why->text ? why->text : NULL);
}

/* BLOCKING: a local file. It is this run's, and says of the step that the row says. */
static int read_checkpoint(struct adoption *adoption, int64_t version, struct err *err)
{
	const struct conf *conf = adoption->conf;
	const struct refusal *before;
	struct str path = STR_INIT;
	char name[FILES_NAME_MAX];
	const char *step;
	char *text = NULL;
	struct stat st;
	size_t len;
	int rc = ERR_NOT_FOUND;

	if (!files_dir_name(adoption->run_id, ".json", name))
		return err_set(err, ERR_NOT_FOUND, "%s", "");
	str_printf(&path, "%s/" FILES_DIR_NAME "/%s", conf->data_dir, name);
	if (stat(str_text(&path), &st) == 0) {
		adoption->looked = (struct refusal){
			.changed = st.st_mtim,
			.bytes = st.st_size,
			.version = version,
		};
		(void)keep(adoption->looked.run_id, adoption->run_id);
		before = refused_before(&adoption->looked);
		if (before) {
			*err = before->why;
			str_deinit(&path);
			return err->code;
		}
		rc = fdutil_read_file(str_text(&path),
				      (size_t)conf->engine.state_max_bytes *
					      CHECKPOINT_STATES,
				      &text, &len, err);
	}
	if (rc == 0)
		rc = jsonr_parse(text, len, &adoption->file, NULL, NULL, err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		log_warn("run.checkpoint_unreadable", LOG_S("run", adoption->run_id),
			 LOG_S("error", err->text));
	mem_free(text);
	str_deinit(&path);
	step = jsonr_get_text(adoption->file, "current_step_id");
	if (rc < 0 || !step || strcmp(step, adoption->step_id) != 0 ||
	    jsonr_type(jsonr_get(adoption->file, "nested_run_id")) != JSONR_NULL)
		return err_set(err, ERR_NOT_FOUND, "%s", "");
	return 0;
}

static void make_journal(struct adoption *adoption, struct definition *definition,
			 int64_t version)
{
	const struct stock_run run = {
		.run_id = adoption->run_id,
		.step_id = adoption->step_id,
		.prompt = adoption->prompt,
		.state = adoption->state ? adoption->state
					 : jsonr_get(adoption->file, "shared_state"),
		.history = adoption->state ? adoption->history
					   : jsonr_get(adoption->file, "step_history"),
		.now_ms = clock_wall_ms(),
		.state_max = (size_t)adoption->conf->engine.state_max_bytes,
		.event_max = (size_t)adoption->conf->engine.event_max_bytes,
	};
	struct stock_journal journal = { STR_INIT, STR_INIT, STR_INIT, 0 };
	struct err err;

	if (stock_run_journal(&run, definition, &journal, &err) < 0)
		refuse(adoption, &err);
	else
		commit(adoption, &journal, version);
	stock_journal_deinit(&journal);
}

static void go_on(struct adoption *adoption, const struct store_definition *found)
{
	struct definition *definition = NULL;
	struct problems problems;
	struct err err;

	problem_init(&problems);
	if (definition_parse(found->definition, strlen(found->definition), &definition,
			     &problems) < 0)
		over(adoption, ERRORS_DEFINITION, NULL);
	else if (!adoption->state && read_checkpoint(adoption, found->version, &err) < 0)
		refuse(adoption, &err);
	else
		make_journal(adoption, definition, found->version);
	definition_unref(definition);
	problem_deinit(&problems);
}

static void on_definition(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct adoption *adoption = arg;
	struct store_definition found;

	if (error != ERRORS_NONE) {
		over(adoption, error, NULL);
		return;
	}
	switch (store_definitions_get_read(reply, adoption->statement, &found)) {
	case STORE_DEFINITION_FOUND:
		go_on(adoption, &found);
		break;
	case STORE_DEFINITION_NONE:
		over(adoption, ERRORS_DEFINITION,
		     "its orchestration is not there any more");
		break;
	case STORE_DEFINITION_AGAIN:
		if (++adoption->tries < TRIES)
			read_definition(adoption);
		else
			over(adoption, ERRORS_BUSY, NULL);
		break;
	}
}

static void read_definition(struct adoption *adoption)
{
	struct pg_batch *batch = pg_batch_new();

	adoption->statement = store_definitions_get(batch, STORE_ORCHESTRATION,
						    adoption->orchestration_id);
	pg_read(adoption->pool, batch, on_definition, adoption);
}

/* -- what is known of it -- */

static bool read_row(struct adoption *adoption, const struct store_stock_paused *row)
{
	if (!row->state || !row->history ||
	    jsonr_parse(row->state, strlen(row->state), &adoption->state, NULL, NULL,
			NULL) < 0 ||
	    jsonr_parse(row->history, strlen(row->history), &adoption->history, NULL,
			NULL, NULL) < 0)
		return false;
	return jsonr_count(adoption->state) > 0;
}

static void on_looked(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct adoption *adoption = arg;
	struct store_stock_paused row;

	if (error != ERRORS_NONE ||
	    !store_stock_look_read(reply, adoption->statement, &row)) {
		over(adoption, error, NULL);
		return;
	}
	if (row.nested || !keep(adoption->step_id, row.step_id) ||
	    !keep(adoption->orchestration_id, row.orchestration_id) ||
	    !keep(adoption->tenant_id, row.tenant_id)) {
		over(adoption, ERRORS_NO_CHECKPOINT,
		     "what asks is inside another run of the program that began it");
		return;
	}
	if (row.prompt)
		adoption->prompt = mem_dup(row.prompt);
	if (!read_row(adoption, &row)) {
		jsonr_free(adoption->state);
		adoption->state = NULL; /* the checkpoint has it */
	}
	read_definition(adoption);
}

void stock_runs_adopt(struct pg_pool *pool, const struct conf *conf, const char *run_id,
		      stock_runs_cb cb, void *arg)
{
	struct adoption *adoption = mem_new(struct adoption);
	struct pg_batch *batch = pg_batch_new();

	adoption->pool = pool;
	adoption->conf = conf;
	adoption->cb = cb;
	adoption->arg = arg;
	(void)snprintf(adoption->run_id, sizeof(adoption->run_id), "%s", run_id);
	adoption->statement = store_stock_look(batch, run_id);
	pg_read(pool, batch, on_looked, adoption);
}
