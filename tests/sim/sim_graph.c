/*
 * sim_graph.c - random definitions
 *
 * Steps s0, s1... whose links go forward most of the time and back sometimes, so that
 * there are cycles, which the loop guard or the limit of turns ends. Keys of the state
 * are few, so that steps read what others wrote.
 *
 * The steps of a path are a region: neighbours by number, whose links stay inside most of
 * the time. A step that has paths inside makes new regions, which are written later.
 */
#include "sim_graph.h"

#include "base/rng.h"
#include "base/str.h"
#include "sim_plan.h"

#include <stdbool.h>

#define KEYS        5
#define REGIONS_MAX 40
#define DEPTH_MAX   3

/* The steps of one path, or of several that are alike. */
struct region {
	int first;
	int count;
	int depth;
	bool beside; /* others may run at the same time */
};

struct graph {
	const struct sim_plan *plan;
	struct rng rng;
	struct str *out;
	struct region regions[REGIONS_MAX];
	int regions_count;
	const struct region *region; /* being written, as the next */
	int now;
	int steps; /* given out to regions */
};

static int below(struct graph *g, int n)
{
	return (int)rng_below(&g->rng, (uint64_t)n);
}

static bool one_in(struct graph *g, int n)
{
	return below(g, n) == 0;
}

static const char *any(struct graph *g, const char *const *texts, size_t n)
{
	return texts[below(g, (int)n)];
}

#define ANY(g, texts) any(g, texts, sizeof(texts) / sizeof((texts)[0]))

/* A step of the region; rarely one of another. */
static int any_step(struct graph *g)
{
	if (!g->plan->steady && one_in(g, 25))
		return below(g, g->steps);
	return g->region->first + below(g, g->region->count);
}

static void add_link(struct graph *g, const char *key)
{
	int to = g->now + 1 + (one_in(g, 4) ? 1 : 0);
	bool ends = to >= g->region->first + g->region->count;

	if (one_in(g, 7)) {
		to = any_step(g); /* also back, also itself */
		ends = one_in(g, 3);
	}
	if (!ends)
		str_printf(g->out, ",\"%s\":\"s%d\"", key, to);
	else if (one_in(g, 2))
		str_printf(g->out, ",\"%s\":null", key);
}

static void add_key(struct graph *g)
{
	if (!one_in(g, 5))
		str_printf(g->out, ",\"output_key\":\"k%d\"", below(g, KEYS));
}

static void add_keys(struct graph *g)
{
	int n = below(g, 4), i;

	str_add_text(g->out, ",\"input_keys\":[");
	for (i = 0; i < n; i++)
		str_printf(g->out, "%s\"k%d\"", i ? "," : "", below(g, KEYS));
	str_add_char(g->out, ']');
}

static void add_template(struct graph *g, const char *field)
{
	static const char *const texts[] = {
		"{state.k0} and {state.k1}",
		"{state.user_input}",
		"n is {state.n}",
		"{state.k2}{state.k2}",
		"plain",
		"{state.k3.n} {state.k9}",
		"{state.k4} \\u00e4\\n",
	};

	if (!one_in(g, 8))
		str_printf(g->out, ",\"%s\":\"%s\"", field, ANY(g, texts));
}

static void add_expression(struct graph *g, const char *field)
{
	static const char *const texts[] = {
		"state.k0 == 'yes'",
		"len(str(state.k1)) > 6",
		"state.k2 and not state.k3",
		"state.n % 2 == 0",
		"'a' in str(state.k4)",
		"state.n > 2 or state.k0 is None",
		"len(state.user_input) < 20 if state.k1 else state.n",
		"state.k1.ok",
		"1 / state.z",
		"str(state.k3)[:1]",
		"len(str(state.k2)) % 3",
		"min(state.n, len(str(state.k0))) >= 3",
		"True",
		"state.k4",
	};

	str_printf(g->out, ",\"%s\":\"%s\"", field, ANY(g, texts));
}

static void add_model(struct graph *g)
{
	static const char *const models[] = { "mock.echo", "oaic.a", "oaic.b",
					      "mock.sleep:5" };

	str_printf(g->out, ",\"model\":\"%s\"", ANY(g, models));
}

static void add_retry(struct graph *g)
{
	static const char *const classes[] = { "\"provider\"", "\"tool\"", "\"limit\"",
					       "\"provider\",\"job\",\"internal\"" };

	if (one_in(g, 2)) {
		str_printf(g->out, ",\"retry\":{\"max\":%d,\"backoff_ms\":%d",
			   below(g, 4), one_in(g, 3) ? 0 : below(g, 3000));
		if (one_in(g, 2))
			str_printf(g->out, ",\"on\":[%s]", ANY(g, classes));
		str_add_char(g->out, '}');
	}
}

static void add_on_error(struct graph *g)
{
	if (one_in(g, 3)) {
		str_add_text(g->out, ",\"on_error\":\"continue\"");
	} else if (one_in(g, 3)) {
		str_printf(g->out, ",\"on_error\":\"route\",\"on_error_step_id\":\"s%d\"",
			   any_step(g));
	}
}

static void add_llm(struct graph *g)
{
	add_model(g);
	add_template(g, "prompt_template");
	add_keys(g);
}

static void add_print(struct graph *g)
{
	add_template(g, "print_content");
}

static void add_merge(struct graph *g)
{
	static const char *const strategies[] = { "list", "dict", "concat" };

	add_keys(g);
	str_printf(g->out, ",\"merge_strategy\":\"%s\"", ANY(g, strategies));
}

static void add_if(struct graph *g)
{
	add_expression(g, "if_condition");
	add_link(g, "if_true_step_id");
	add_link(g, "if_false_step_id");
}

static void add_switch(struct graph *g)
{
	static const char *const cases[] = { "yes", "no", "0", "1", "2", "True", "None" };
	int n = below(g, 4), from = below(g, 4), i;

	add_expression(g, "switch_expression");
	str_add_text(g->out, ",\"switch_cases\":{");
	for (i = 0; i < n; i++) {
		str_printf(g->out, "%s\"%s\":", i ? "," : "", cases[from + i]);
		if (one_in(g, 5))
			str_add_text(g->out, "null");
		else
			str_printf(g->out, "\"s%d\"", any_step(g));
	}
	str_add_char(g->out, '}');
	add_link(g, "switch_default_step_id");
}

static void add_extract(struct graph *g)
{
	add_keys(g);
}

static void add_evaluator(struct graph *g)
{
	static const char *const labels[] = { "yes", "no", "back", "else" };
	int n = below(g, 5), i;

	add_model(g);
	add_keys(g);
	str_add_text(g->out, ",\"route_map\":{");
	for (i = 0; i < n; i++) {
		str_printf(g->out, "%s\"%s\":", i ? "," : "", labels[i]);
		if (one_in(g, 5))
			str_add_text(g->out, "null");
		else
			str_printf(g->out, "\"s%d\"", any_step(g));
	}
	str_add_char(g->out, '}');
	if (n && one_in(g, 2))
		str_add_text(g->out, ",\"on_parse_error\":\"yes\"");
}

static void add_end(struct graph *g)
{
	(void)g; /* it has no fields */
}

/* A new path's steps; NULL when there are enough. */
static const struct region *new_region(struct graph *g, int count, bool beside)
{
	struct region *region = &g->regions[g->regions_count];

	if (g->regions_count == REGIONS_MAX || g->region->depth == DEPTH_MAX)
		return NULL;
	*region = (struct region){ .first = g->steps,
				   .count = count,
				   .depth = g->region->depth + 1,
				   .beside = beside || g->region->beside };
	g->steps += count;
	g->regions_count++;
	return region;
}

/* The steps in their order, or the first alone: then it goes along their links. */
static void add_list(struct graph *g, const struct region *region, bool first_alone)
{
	int i;

	str_add_char(g->out, '[');
	for (i = 0; region && i < (first_alone ? 1 : region->count); i++)
		str_printf(g->out, "%s\"s%d\"", i ? "," : "", region->first + i);
	str_add_char(g->out, ']');
}

static void add_parallel(struct graph *g)
{
	int n = one_in(g, 12) ? 0 : 1 + below(g, 4), i;
	const struct region *region;

	str_add_text(g->out, ",\"parallel_branches\":[");
	for (i = 0; i < n; i++) {
		region = new_region(g, 1 + below(g, 3), true);
		if (i)
			str_add_char(g->out, ',');
		if (!region &&
		    !g->plan->steady) /* a step of the path that has this one */
			str_printf(g->out, "[\"s%d\"]", any_step(g));
		else
			add_list(g, region, one_in(g, 2));
	}
	str_add_char(g->out, ']');
}

static void add_loop(struct graph *g)
{
	str_printf(g->out, ",\"loop_count\":%d,\"loop_step_ids\":", 1 + below(g, 4));
	add_list(g, new_region(g, 1 + below(g, 3), false), false);
}

static const struct kind {
	const char *name;
	int weight;
	void (*add)(struct graph *g);
	bool retries;
} kinds[] = {
	{ "llm", 16, add_llm, true },
	{ "print", 7, add_print, true },
	{ "merge", 4, add_merge, true },
	{ "if_else", 5, add_if, true },
	{ "switch", 4, add_switch, true },
	{ "parallel", 3, add_parallel, false },
	{ "loop", 2, add_loop, false },
	{ "extract_json", 2, add_extract, true },
	{ "evaluator", 4, add_evaluator, true },
	{ "end", 2, add_end, true },
};

static const struct kind *any_kind(struct graph *g)
{
	size_t i;
	int sum = 0, at;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		sum += kinds[i].weight;
	at = below(g, sum);
	for (i = 0; at >= kinds[i].weight; i++)
		at -= kinds[i].weight;
	return &kinds[i];
}

/* What a steady path does must not depend on who is faster. */
static bool fits(const struct graph *g, const struct kind *kind)
{
	return kind->add != add_end || !g->plan->steady || !g->region->beside;
}

static void add_step(struct graph *g)
{
	const struct kind *kind = any_kind(g);

	while (!fits(g, kind))
		kind = any_kind(g);

	str_printf(g->out, "%s{\"id\":\"s%d\",\"name\":\"Step %d\",\"type\":\"%s\"",
		   g->now ? "," : "", g->now, g->now, kind->name);
	kind->add(g);
	add_key(g);
	add_link(g, "next_step_id");
	if (kind->retries)
		add_retry(g);
	add_on_error(g);
	if (one_in(g, 3))
		str_printf(g->out, ",\"max_iterations\":%d", below(g, 5));
	if (!g->plan->steady && one_in(g, 4))
		str_printf(g->out, ",\"timeout_seconds\":%d", 1 + below(g, 30));
	str_add_char(g->out, '}');
}

static void init(struct graph *g, const struct sim_plan *plan, int n, struct str *out)
{
	g->plan = plan;
	g->out = out;
	rng_seed(&g->rng, sim_plan_stream(plan, SIM_STREAM_GRAPH, (uint64_t)n));
}

void sim_graph_print(const struct sim_plan *plan, int n, struct str *out)
{
	struct graph g;
	int i, k;

	init(&g, plan, n, out);
	g.steps = plan->steps - below(&g, plan->steps) / 2;
	g.regions[0] = (struct region){ .count = g.steps };
	g.regions_count = 1;
	str_printf(out, "{\"id\":\"o%d\",\"name\":\"Graph %d\",\"entry_step_id\":\"s0\"",
		   n, n);
	if (one_in(&g, 6))
		str_printf(out, ",\"max_total_turns\":%d", 1 + below(&g, 30));
	if (!plan->steady && one_in(&g, 4))
		str_printf(out, ",\"timeout_minutes\":%d", 1 + below(&g, 3));
	if (one_in(&g, 3))
		str_printf(out, ",\"state_schema\":{\"k0\":{\"default\":\"yes\"},"
				"\"k1\":{\"default\":{\"n\":1,\"ok\":true}}}");
	str_add_text(out, ",\"steps\":[");
	for (i = 0; i < g.regions_count; i++) {
		g.region = &g.regions[i];
		for (k = 0; k < g.region->count; k++) {
			g.now = g.region->first + k;
			add_step(&g);
		}
	}
	str_add_text(out, "]}");
}

void sim_graph_inputs(const struct sim_plan *plan, int n, struct str *out)
{
	struct graph g;

	init(&g, plan, n + SIM_RUNS_MAX, out);
	str_printf(out, "{\"n\":%d", below(&g, 6));
	if (one_in(&g, 4))
		str_printf(out, ",\"k2\":\"from the caller\"");
	str_add_char(out, '}');
}
