/*
 * boxes.c - what works for runs in a child that executes them: models, Python, tools
 *
 * A worker and an API child of a host without Redis and Postgres execute the same runs
 * within the same limits, so this is made of the configuration here alone.
 */
#include "child/boxes.h"

#include "base/rng.h"
#include "conf/conf.h"
#include "engine/steps/step_transform.h"
#include "llm/models.h"
#include "tools/python_pool.h"
#include "tools/spawn_gate.h"
#include "tools/toolbox.h"

/* A child that lives shorter than this and executes no code tries no sandbox. */
#define PROBE_MS 1000

static void set_limits(struct boxes *boxes, const struct conf *conf)
{
	boxes->limits = (struct engine_limits){
		.step_timeout_ms = conf->engine.step_timeout_ms,
		.run_timeout_ms = conf->engine.run_timeout_ms,
		.max_turns = conf->engine.max_turns,
		.max_steps = conf->engine.max_steps,
		.loop_max = conf->engine.loop_max,
		.snapshot_rows = SNAPSHOT_ROWS,
		.parallel_max = (size_t)conf->engine.parallel_max,
		.state_max = (size_t)conf->engine.state_max_bytes,
		.output_max = (size_t)conf->engine.step_output_max_bytes,
		.compact_max = (size_t)conf->engine.compact_chars,
		.event_max = (size_t)conf->engine.event_max_bytes,
	};
}

static int make_models(struct boxes *boxes, const struct boxes_parts *parts,
		       struct err *err)
{
	const struct conf *conf = parts->conf;
	const struct oaic_options options = {
		.base_url = conf->llm.oaic_base_url,
		.key = conf->llm.oaic_key,
		.connections = (size_t)conf->llm.connections,
		.connect_timeout_ms = conf->llm.connect_timeout_ms,
		.silence_ms = conf->llm.timeout_ms,
		.attempts = (int)conf->llm.attempts,
		.seed = rng_u64(),
	};

	boxes->models = models_new(parts->loop, &options, err);
	return boxes->models ? 0 : err_wrap(err, "llm");
}

static void make_python(struct boxes *boxes, const struct boxes_parts *parts)
{
	const struct conf *conf = parts->conf;
	bool walls = conf->sandbox == CONF_SANDBOX_REQUIRED;
	const struct python_pool_options options = {
		.loop = parts->loop,
		.gate = parts->gate,
		.python = conf->python.path,
		.bubblewrap = walls ? conf->python.bubblewrap : NULL,
		.processes = (size_t)conf->python.processes,
		.waiting = (size_t)conf->python.waiting,
		.calls = conf->python.calls,
		.memory_bytes = conf->python.memory_bytes,
		.probe_ms = PROBE_MS,
		.score = parts->score,
	};

	step_transform_set_outside(!walls);
	boxes->python = python_pool_new(&options);
}

static int make_toolbox(struct boxes *boxes, const struct boxes_parts *parts,
			struct err *err)
{
	const struct conf *conf = parts->conf;
	struct toolbox_options options = *parts->tools;
	size_t i;
	int rc;

	options.loop = parts->loop;
	options.common_tenant = conf->limits.default_tenant;
	options.egress = &boxes->egress;
	options.timeout_ms = conf->tools.http_timeout_ms;
	options.connect_timeout_ms = conf->tools.http_timeout_ms;
	options.connections = (size_t)conf->tools.connections;
	for (i = 0; i < conf->egress.allow.count; i++) {
		rc = egress_allow(&boxes->egress, conf->egress.allow.items[i], err);
		if (rc < 0)
			return err_wrap(err, "egress.allow");
	}
	boxes->toolbox = toolbox_new(&options, err);
	return boxes->toolbox ? 0 : err_wrap(err, "tools");
}

int boxes_open(struct boxes *boxes, const struct boxes_parts *parts, struct err *err)
{
	int rc;

	set_limits(boxes, parts->conf);
	rc = make_models(boxes, parts, err);
	if (rc < 0)
		return rc;
	make_python(boxes, parts);
	return make_toolbox(boxes, parts, err);
}

void boxes_close(struct boxes *boxes)
{
	models_free(boxes->models);
	python_pool_free(boxes->python);
	boxes->models = NULL;
	boxes->python = NULL;
}

void boxes_close_tools(struct boxes *boxes)
{
	toolbox_free(boxes->toolbox);
	boxes->toolbox = NULL;
}
