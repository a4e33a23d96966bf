/* boxes.h - what works for runs in a child that executes them */
#ifndef CHILD_BOXES_H
#define CHILD_BOXES_H

#include "base/err.h"
#include "client/egress.h"
#include "engine/engine.h"

struct conf;
struct ev_loop;
struct models;
struct python_pool;
struct score_slot;
struct spawn_gate;
struct toolbox;
struct toolbox_options;

/* Embed it zeroed. For readers: all but egress. */
struct boxes {
	struct engine_limits limits;
	struct models *models;
	struct python_pool *python;
	struct egress egress;
	struct toolbox *toolbox;
};

/* All borrowed; gate was opened before anything else was. */
struct boxes_parts {
	struct ev_loop *loop;
	const struct conf *conf;
	struct spawn_gate *gate;
	struct score_slot *score;
	/* Where tools are looked up: pool or lookup of toolbox_options. */
	const struct toolbox_options *tools;
};

/* Whoever fails calls boxes_close() as well. */
int boxes_open(struct boxes *boxes, const struct boxes_parts *parts, struct err *err);
/* No call is under way any more: models and Python, whose calls may ask the stores; then,
 * behind the stores' end, the rest. Both fine on a zeroed struct. */
void boxes_close(struct boxes *boxes);
void boxes_close_tools(struct boxes *boxes);

#endif
