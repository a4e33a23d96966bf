/*
 * sim_graph.c - random definitions
 *
 * Steps s0, s1... whose links go forward most of the time and back sometimes, so that
 * there are cycles, which the loop guard or the limit of turns ends. Keys of the state
 * are few, so that steps read what others wrote. Agents, what runs inside of them, and
 * tools are few, too, and the same for all runs of a seed.
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
/* Numbers of streams of SIM_STREAM_GRAPH, beside those of runs. */
#define INNER_FIRST 500
#define AROUND      600

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
	char prefix; /* of its steps: none has an id of another graph's */
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
		str_printf(g->out, ",\"%s\":\"%c%d\"", key, g->prefix, to);
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
		str_printf(g->out,
			   ",\"on_error\":\"route\",\"on_error_step_id\":\"%c%d\"",
			   g->prefix, any_step(g));
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
			str_printf(g->out, "\"%c%d\"", g->prefix, any_step(g));
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
			str_printf(g->out, "\"%c%d\"", g->prefix, any_step(g));
	}
	str_add_char(g->out, '}');
	if (n && one_in(g, 2))
		str_add_text(g->out, ",\"on_parse_error\":\"yes\"");
}

static void add_tool(struct graph *g)
{
	add_model(g);
	add_template(g, "prompt_template");
	str_printf(g->out, ",\"forced_tool\":\"t%d\"", below(g, SIM_TOOLS + 1));
	if (one_in(g, 2))
		str_printf(g->out, ",\"max_turns\":%d", 1 + below(g, 4));
}

static void add_transform(struct graph *g)
{
	str_add_text(g->out, ",\"transform_code\":\"result = state\"");
}

static void add_agent(struct graph *g)
{
	/* the last of them there is not; nor are all of them as dear */
	int n = one_in(g, 2) ? below(g, 2) : below(g, SIM_AGENTS + 1);

	str_printf(g->out, ",\"agent_id\":\"a%d\"", n);
	add_template(g, "prompt_template");
	add_keys(g);
	if (one_in(g, 2))
		str_printf(g->out, ",\"max_turns\":%d", 1 + below(g, 4));
	if (one_in(g, 4))
		str_printf(g->out, ",\"allowed_tools\":[\"t%d\",\"%s\"]",
			   below(g, SIM_TOOLS), one_in(g, 2) ? "t9" : "spawn_subtask");
}

static void add_human(struct graph *g)
{
	add_template(g, "human_prompt");
	add_keys(g);
	if (one_in(g, 3))
		return; /* people have all the time there is */
	/* how long people take in a steady graph must not matter */
	str_printf(g->out, ",\"human_deadline_seconds\":%d",
		   g->plan->steady ? 60 : 1 + below(g, 20));
	if (one_in(g, 2))
		str_printf(g->out, ",\"on_timeout_step_id\":\"%c%d\"", g->prefix,
			   any_step(g));
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
		str_printf(g->out, "%s\"%c%d\"", i ? "," : "", g->prefix,
			   region->first + i);
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
			str_printf(g->out, "[\"%c%d\"]", g->prefix, any_step(g));
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
	{ "tool", 3, add_tool, true },
	{ "transform", 2, add_transform, true },
	{ "agent", 7, add_agent, true },
	{ "human", 4, add_human, true },
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

	str_printf(g->out, "%s{\"id\":\"%c%d\",\"name\":\"Step %d\",\"type\":\"%s\"",
		   g->now ? "," : "", g->prefix, g->now, g->now, kind->name);
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
	g->prefix = 's';
	rng_seed(&g->rng, sim_plan_stream(plan, SIM_STREAM_GRAPH, (uint64_t)n));
}

static void add_steps(struct graph *g)
{
	int i, k;

	g->regions[0] = (struct region){ .count = g->steps };
	g->regions_count = 1;
	str_add_text(g->out, ",\"steps\":[");
	for (i = 0; i < g->regions_count; i++) {
		g->region = &g->regions[i];
		for (k = 0; k < g->region->count; k++) {
			g->now = g->region->first + k;
			add_step(g);
		}
	}
	str_add_text(g->out, "]}");
}

void sim_graph_print(const struct sim_plan *plan, int n, struct str *out)
{
	struct graph g;

	init(&g, plan, n, out);
	g.steps = plan->steps - below(&g, plan->steps) / 2;
	str_printf(out, "{\"id\":\"o%d\",\"name\":\"Graph %d\",\"entry_step_id\":\"s0\"",
		   n, n);
	if (one_in(&g, 6))
		str_printf(out, ",\"max_total_turns\":%d", 1 + below(&g, 30));
	if (!plan->steady && one_in(&g, 4))
		str_printf(out, ",\"timeout_minutes\":%d", 1 + below(&g, 3));
	if (one_in(&g, 3))
		str_printf(out, ",\"state_schema\":{\"k0\":{\"default\":\"yes\"},"
				"\"k1\":{\"default\":{\"n\":1,\"ok\":true}}}");
	add_steps(&g);
}

void sim_graph_inner(const struct sim_plan *plan, int n, int version, struct str *out)
{
	struct graph g;

	init(&g, plan, INNER_FIRST + n * SIM_VERSIONS + version, out);
	g.prefix = (char)('t' + n);
	g.steps = 1 + below(&g, 3);
	str_printf(out, "{\"id\":\"i%d\",\"name\":\"Inner %d\",\"entry_step_id\":\"%c0\"",
		   n, n, g.prefix);
	if (one_in(&g, 4))
		str_printf(out, ",\"max_total_turns\":%d", 1 + below(&g, 8));
	add_steps(&g);
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

/* ---- agents and tools ---- */

static void add_turns_and_tools(struct graph *g)
{
	if (one_in(g, 2))
		str_printf(g->out, ",\"max_turns\":%d", 1 + below(g, 4));
	if (one_in(g, 4))
		str_add_text(g->out, ",\"tools\":[]}");
	else if (one_in(g, 3))
		str_add_text(g->out, ",\"tools\":[\"all\"]}");
	else
		str_printf(g->out, ",\"tools\":[\"t%d\",\"spawn_subtask\"]}",
			   below(g, SIM_TOOLS));
}

static void add_one_agent(struct graph *g, int n, int version)
{
	str_printf(g->out,
		   "%s{\"id\":\"a%d\",\"name\":\"Agent %d\",\"system_prompt\":"
		   "\"You are agent %d of version %d.\"",
		   n ? "," : "", n, n, n, version);
	add_model(g);
	if (n == 2 || n == 3)
		str_printf(g->out,
			   ",\"type\":\"orchestrator\",\"orchestration_id\":\"i%d\"",
			   one_in(g, 8) ? 9 : n - 2);
	else if (n == 4)
		str_printf(g->out, ",\"type\":\"delegate\",\"delegate_agent_ids\":[%s]",
			   one_in(g, 2) ? "" : "\"a0\",\"a1\",\"a2\"");
	add_turns_and_tools(g);
}

static void add_tool_list(struct graph *g)
{
	int i;

	str_add_text(g->out, "],\"tools\":[");
	for (i = 0; i < SIM_TOOLS; i++)
		str_printf(
			g->out,
			"%s{\"name\":\"t%d\",\"generalName\":\"t%d\",\"description\":"
			"\"looks up\",\"tool_type\":\"http\",\"method\":\"POST\",\"url\":"
			"\"http://tools/t%d\",\"inputSchema\":{\"type\":\"object\","
			"\"properties\":{\"q\":{\"type\":\"string\"}},"
			"\"required\":[\"q\"]}}",
			i ? "," : "", i, i, i);
	str_add_text(g->out, "]}");
}

void sim_graph_around(const struct sim_plan *plan, struct str *out)
{
	struct graph g;
	int version, n;

	init(&g, plan, AROUND, out);
	for (version = 1; version <= SIM_VERSIONS; version++) {
		str_printf(out, "%s\"agents_%d\":[", version > 1 ? "]," : "{", version);
		for (n = 0; n < SIM_AGENTS; n++)
			add_one_agent(&g, n, version);
	}
	add_tool_list(&g);
}
