/*
 * standalone.c - what an API child has to execute runs itself: wiring
 *
 *	port     port_standalone.c: files and memory
 *	host     host/host_file.c: accepts, executes, writes journals
 *	boxes    child/boxes.c: models, Python, tools
 *	keys     key_files.c
 *
 * In scale mode a host may have files of runs from before. They stay readable in every
 * API child; the first of them executes what has not ended.
 */
#include "api/standalone.h"

#include "api/file_catalog.h"
#include "api/file_once.h"
#include "api/key_files.h"
#include "api/port_standalone.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/boxes.h"
#include "conf/conf.h"
#include "events/file_tails.h"
#include "host/file_suspect.h"
#include "host/file_takeover.h"
#include "host/host_file.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "store/files_dir.h"
#include "store/files_index.h"
#include "store/files_retain.h"
#include "tools/python_pool.h"
#include "tools/spawn_gate.h"
#include "tools/toolbox.h"

/* How soon a run is taken over whose process died, if it was not this one's. */
#define ADOPT_SEC      2.0
#define ADOPT_MORE_SEC 0.005
#define INDEX_MS       10

struct standalone {
	struct child_env *env;
	struct ev_loop *loop; /* NULL: not open */
	bool accepts;         /* standalone mode */
	bool executes; /* and this process does so, or what is left in scale mode */
	struct spawn_gate *gate;
	struct boxes boxes;
	struct files_dir dir;
	struct file_catalog *catalog;
	struct file_tails *tails;
	struct files_index *index; /* with host */
	bool others; /* who lived when its names were read may have added to them */
	struct files_retain *retain; /* likewise */
	struct host_file *host;
	struct key_files *keys;
	struct port_standalone *port;
	struct file_takeover *takeover; /* NULL: rows of Postgres are the truth */
	ev_timer adopt;
	void (*lost)(void *arg);
	void *lost_arg;
};

int standalone_prepare(struct child_env *env, struct standalone **ret, struct err *err)
{
	struct standalone *alone = mem_new(struct standalone);
	const struct conf *conf = env->conf;
	int rc;

	alone->env = env;
	alone->accepts = conf_is_standalone(conf);
	alone->executes = alone->accepts || env->slot == 0;
	*ret = NULL;
	rc = alone->accepts ? files_dir_open(&alone->dir, conf->data_dir, err)
			    : files_dir_look(&alone->dir, conf->data_dir, err);
	if (!alone->accepts && rc == ERR_NOT_FOUND) {
		standalone_free(alone);
		return 0;
	}
	/* the descriptors of the folder are of no use to anybody in the gate */
	if (rc == 0 && alone->executes)
		rc = spawn_gate_open(&alone->gate, err);
	if (rc < 0) {
		standalone_free(alone);
		return rc;
	}
	*ret = alone;
	return 0;
}

static void on_grew(void *arg, const char *run_id)
{
	struct standalone *alone = arg;

	file_tails_grew(alone->tails, run_id);
}

static void on_live(void *arg, const char *run_id, const char *id, const char *event,
		    size_t len)
{
	struct standalone *alone = arg;

	file_tails_live(alone->tails, run_id, id, event, len);
}

static void on_gate_lost(void *arg)
{
	struct standalone *alone = arg;

	python_pool_gate_lost(alone->boxes.python);
	alone->lost(alone->lost_arg);
}

static void on_adopt(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct standalone *alone = w->data;
	bool more;

	(void)revents;
	/* what is left is looked at when what waits meanwhile has been served */
	more = !host_file_adopt(alone->host);
	if (alone->others && !file_suspect_others(&alone->dir, alone->env->incarnation)) {
		alone->others = false;
		files_index_see_all(alone->index);
	}
	more = !files_index_read(alone->index, INDEX_MS) || more;
	if (alone->accepts && !more)
		files_retain_some(alone->retain, clock_wall_ms());
	ev_timer_stop(loop, w); /* first: of an active timer `at` is no distance */
	ev_timer_set(w, more ? ADOPT_MORE_SEC : ADOPT_SEC, ADOPT_SEC);
	ev_timer_start(loop, w);
}

static void on_taken(void *arg, const char *run_id, bool live)
{
	struct standalone *alone = arg;

	files_index_see(alone->index, run_id); /* and is read by and by */
	if (live)
		host_file_adopt(alone->host);
}

static void open_takeover(struct standalone *alone)
{
	const struct conf *conf = alone->env->conf;
	const struct file_takeover_options options = {
		.loop = alone->loop,
		.io = host_file_io(alone->host),
		.dir = &alone->dir,
		.orchestrations = file_catalog_orchestrations(alone->catalog),
		.tenant_id = conf->limits.default_tenant,
		.state_max = (size_t)conf->engine.state_max_bytes,
		.event_max = (size_t)conf->engine.event_max_bytes,
		.keep_ms = conf->standalone.keep_ms,
		.made = on_taken,
		.arg = alone,
	};

	if (alone->accepts && !conf_has_stores(conf))
		alone->takeover = file_takeover_new(&options);
}

static int open_host(struct standalone *alone, struct err *err)
{
	const struct conf *conf = alone->env->conf;
	const struct toolbox_options tools = {
		.lookup = file_catalog_tool,
		.lookup_arg = alone->catalog,
	};
	const struct boxes_parts parts = {
		.loop = alone->loop,
		.conf = conf,
		.gate = alone->gate,
		.score = alone->env->score,
		.tools = &tools,
	};
	struct host_file_options options = {
		.loop = alone->loop,
		.dir = &alone->dir,
		.incarnation = alone->env->incarnation,
		.worker_id = alone->env->row_name,
		.score = alone->env->score,
		.runs = (size_t)conf->standalone.runs,
		.waiting = (size_t)conf->standalone.waiting,
		.max_crashes = (int)conf->queue.max_crashes,
		.marks = !alone->accepts,
		.grew = on_grew,
		.live = on_live,
		.arg = alone,
	};
	int rc = boxes_open(&alone->boxes, &parts, err);

	if (rc < 0)
		return rc;
	spawn_gate_watch(alone->gate, alone->loop, on_gate_lost, alone);
	options.limits = &alone->boxes.limits;
	options.models = alone->boxes.models;
	options.python = alone->boxes.python;
	options.orchestrations = file_catalog_orchestrations(alone->catalog);
	options.agents = file_catalog_agents(alone->catalog);
	options.tools = file_catalog_tools(alone->catalog);
	options.toolbox = alone->boxes.toolbox;
	alone->index = files_index_new(&alone->dir);
	alone->others = file_suspect_others(&alone->dir, alone->env->incarnation);
	files_index_see_all(alone->index);
	options.index = alone->index;
	alone->retain =
		files_retain_new(&alone->dir, alone->index, conf->standalone.keep_runs,
				 conf->standalone.keep_ms);
	rc = host_file_new(&options, &alone->host, err);
	if (rc < 0)
		return rc;
	ev_timer_set(&alone->adopt, 0., ADOPT_SEC);
	ev_timer_start(alone->loop, &alone->adopt);
	return 0;
}

int standalone_open(struct standalone *alone, struct ev_loop *loop,
		    const struct runs_port *next, void (*lost)(void *arg), void *arg,
		    struct err *err)
{
	const struct conf *conf = alone->env->conf;
	struct port_standalone_parts parts;
	int rc;

	alone->loop = loop;
	alone->lost = lost;
	alone->lost_arg = arg;
	ev_timer_init(&alone->adopt, on_adopt, 0., ADOPT_SEC);
	alone->adopt.data = alone;
	if (alone->accepts) {
		file_once_sweep(&alone->dir);
		rc = key_files_first(conf->data_dir, err);
		if (rc < 0)
			return rc;
		if (rc)
			log_info("key.made", LOG_S("file", conf->data_dir),
				 LOG_S("what", "the first API key is in api-key there"));
	}
	alone->keys = key_files_new(loop, conf->data_dir);
	alone->catalog = file_catalog_new(conf->data_dir);
	alone->tails = file_tails_new(loop, &alone->dir);
	if (alone->executes) {
		rc = open_host(alone, err);
		if (rc < 0)
			return rc;
		open_takeover(alone);
	}
	parts = (struct port_standalone_parts){
		.conf = conf,
		.loop = loop,
		.host = alone->host,
		.index = alone->index,
		.dir = &alone->dir,
		.catalog = alone->catalog,
		.tails = alone->tails,
		.answer_max = (size_t)conf->engine.step_output_max_bytes,
		.turns_max = conf->limits.turns_per_session,
		.answer_ms = conf->standalone.answer_ms,
		.waits_for = conf_waits_for(conf),
		.standalone = alone->accepts,
		.next = next,
	};
	alone->port = port_standalone_new(&parts);
	if (alone->accepts)
		log_info("api.standalone", LOG_S("folder", alone->dir.path),
			 LOG_S("why", parts.waits_for ? parts.waits_for : "meant"));
	return 0;
}

const struct runs_port *standalone_port(struct standalone *alone)
{
	return port_standalone_port(alone->port);
}

struct key_files *standalone_keys(struct standalone *alone)
{
	return alone->keys;
}

void standalone_linger(struct standalone *alone)
{
	if (alone->host)
		host_file_linger(alone->host);
}

void standalone_drain(struct standalone *alone, bool finish, void (*idle)(void *arg),
		      void *arg)
{
	ev_timer_stop(alone->loop, &alone->adopt);
	file_takeover_free(alone->takeover);
	alone->takeover = NULL;
	if (alone->host)
		host_file_drain(alone->host, finish, alone->env->conf->drain.leaf_ms,
				idle, arg);
	else
		idle(arg);
}

void standalone_free(struct standalone *alone)
{
	if (!alone)
		return;
	if (alone->loop)
		ev_timer_stop(alone->loop, &alone->adopt);
	file_takeover_free(alone->takeover);
	host_file_free(alone->host);
	files_retain_free(alone->retain);
	files_index_free(alone->index);
	port_standalone_free(alone->port);
	file_tails_free(alone->tails);
	boxes_close(&alone->boxes);
	boxes_close_tools(&alone->boxes);
	file_catalog_free(alone->catalog);
	key_files_free(alone->keys);
	files_dir_close(&alone->dir);
	if (alone->gate)
		spawn_gate_close(alone->gate);
	mem_free(alone);
}
