/*
 * sim_net.c - the simulated providers of models
 *
 * What is answered follows from what was asked: run, path, execution, and the words of
 * the prompt; in seeds that are not steady also from how often the run asked before. When
 * it is answered is chance: at once, soon, too late, never, in pieces.
 *
 * Calls that reach outside wait at the gate (host/gate.h) of a worker that was out of
 * touch, until a commit has told it that the run is still its own.
 */
#include "sim_net.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/call.h"
#include "engine/exec.h"
#include "host/held.h"
#include "run/model.h"
#include "sim_case.h"
#include "sim_commit.h"
#include "sim_graph.h"
#include "sim_watch.h"
#include "sim_worker.h"
#include "sim_world.h"

#include <string.h>

struct sim_call {
	struct list node;      /* in worker->calls, or world->lost_calls */
	struct llm_call *call; /* NULL: abandoned */
	struct sim_worker *worker;
	struct held *held;
	bool waits;  /* at the gate */
	bool queued; /* an event has it */
	int pieces;  /* to come before the end */
	uint64_t what;
};

static void call_free(struct sim_call *call)
{
	list_remove(&call->node);
	mem_free(call);
}

static void on_abandon(struct op *op)
{
	struct sim_call *call = op->server;

	call->call = NULL;
	list_remove(&call->node);
	if (call->queued)
		list_push(&call->worker->world->lost_calls, &call->node);
	else
		call_free(call);
}

void sim_net_forget(struct sim_world *world)
{
	while (!list_empty(&world->lost_calls))
		call_free(list_entry(world->lost_calls.next, struct sim_call, node));
}

static uint64_t part(uint64_t what, uint64_t n, uint64_t of)
{
	return sim_mix(what, of) % n;
}

/* A call that is repeated under its key is the same, in each byte. */
static void watch_repeats(struct sim_world *world, struct sim_run *run,
			  const struct llm_request *request)
{
	struct str key = STR_INIT;
	uint64_t what = 0;
	size_t i;

	for (i = 0; i < request->count; i++)
		what = sim_mix_text(what, request->messages[i].text,
				    request->messages[i].len);
	for (i = 0; i < request->tools_count; i++)
		what = sim_mix_text(what, request->tools[i].schema,
				    strlen(request->tools[i].schema));
	what = sim_mix_text(what, request->model, strlen(request->model));
	str_printf(&key, "call %s/%d/%d", request->key_path, request->execution,
		   request->ask);
	sim_watch_once(world, run, "call of a model", str_text(&key), what);
	str_deinit(&key);
}

static uint64_t what_is_asked(struct sim_world *world, struct held *held,
			      const struct llm_request *request)
{
	struct sim_job *job = held->slot;
	uint64_t what = sim_plan_stream(&world->plan, SIM_STREAM_ANSWER,
					(uint64_t)job->run->number);
	size_t i;

	what = sim_mix_text(what, request->path, strlen(request->path));
	what = sim_mix(what, (uint64_t)request->execution);
	what = sim_mix(what, (uint64_t)request->ask);
	/* what an evaluator is told, and what an agent's system message says, has the
	 * time in it */
	for (i = 0; i < request->count; i++)
		if (request->tools_optional ? request->messages[i].role != LLM_SYSTEM
					    : !request->tools_count)
			what = sim_mix_text(what, request->messages[i].text,
					    request->messages[i].len);
	job->run->asked++;
	if (!world->plan.steady)
		what = sim_mix(what, (uint64_t)job->run->asked);
	return what;
}

static void say_much(struct str *out, uint64_t what)
{
	uint64_t n = 20 + part(what, 400, 7), i;

	for (i = 0; i < n; i++)
		str_printf(out, "%s%llu", i ? " " : "",
			   (unsigned long long)part(what, 100000, 100 + i));
}

static void fill_text(struct str *out, uint64_t what)
{
	static const char *const texts[] = {
		"yes",
		"no",
		"",
		"3",
		"{\"n\":4,\"ok\":true}",
		"gr\xc3\xbc\xc3\x9f Gott\n\"quoted\" \\",
		"not \xff utf-8",
		"[1,2,{\"a\":null}]",
	};
	uint64_t n = part(what, 20, 3);

	if (n < sizeof(texts) / sizeof(texts[0]))
		str_add_text(out, texts[n]);
	else if (n < 18)
		str_printf(out, "answer %llu", (unsigned long long)part(what, 1000, 4));
	else
		say_much(out, what);
}

static void call_tool(struct llm_answer *answer, const struct llm_request *request,
		      uint64_t what)
{
	const char *name = request->tools[part(what, request->tools_count, 8)].name;

	switch (part(what, 4, 9)) {
	case 0:
		str_printf(&answer->text, "{\"tool\":\"%s\",\"arguments\":{}}", name);
		break;
	case 1:
		fill_text(&answer->text,
			  what); /* which may be a label, or nothing of use */
		break;
	default:
		str_add_text(&answer->tool, name);
		str_add_text(&answer->text, "{\"reasoning\":\"it seems so\"}");
		break;
	}
}

/* ---- agents ---- */

static void add_arguments(struct str *out, const char *tool, uint64_t what)
{
	if (part(what, 12, 20) == 0)
		str_add_text(out, part(what, 2, 21) ? "{}" : "no JSON");
	else if (strcmp(tool, "delegate_to_agent") == 0)
		str_printf(out, "{\"agent_id\":\"a%d\",\"task\":\"do %d\"}",
			   (int)part(what, SIM_AGENTS, 22), (int)part(what, 9, 23));
	else if (strcmp(tool, "spawn_subtask") == 0)
		str_printf(out,
			   "{\"task\":\"do %d\",\"name\":\"Sub\",\"tools\":[\"t%d\"]}",
			   (int)part(what, 9, 23), (int)part(what, SIM_TOOLS + 1, 22));
	else
		str_printf(out, "{\"q\":\"%d\"}", (int)part(what, 99, 24));
}

static void add_call(struct llm_answer *answer, const struct llm_request *request,
		     uint64_t what)
{
	const char *name = request->tools[part(what, request->tools_count, 25)].name;
	struct llm_tool_call *made = &answer->calls[answer->calls_count++];
	struct str id = STR_INIT, text = STR_INIT;

	if (part(what, 16, 26) == 0)
		name = "nobody_has_it";
	str_printf(&id, "c%zu", answer->calls_count);
	add_arguments(&text, name, what);
	made->id = str_take(&id);
	made->name = mem_dup(name);
	made->arguments_len = text.len;
	made->arguments = str_take(&text);
}

/* How many loops of agents and orchestrations it is inside of. */
static uint64_t depth_of(const struct llm_request *request)
{
	const char *at = request->path;
	uint64_t depth = 0;

	for (; (at = strchr(at, '#')); at++)
		depth++;
	return depth;
}

/* What a host gives is valid UTF-8 (engine/host.h); other steps bear more. */
static void say(struct str *out, uint64_t what)
{
	struct str text = STR_INIT;

	fill_text(&text, what);
	utf8_clean(out, str_text(&text), text.len);
	str_deinit(&text);
}

/* A model that writes its calls, and what it thinks, into its text. */
static void write_call(struct llm_answer *answer, const struct llm_request *request,
		       uint64_t what)
{
	const char *name = request->tools[part(what, request->tools_count, 25)].name;

	if (part(what, 3, 33) == 0)
		str_add_text(&answer->text, "[REASONING]it seems so[/REASONING] ");
	if (part(what, 16, 26) == 0)
		str_add_text(&answer->text, "<tool_call>nothing</tool_call>");
	str_printf(&answer->text, "<tool_call>{\"name\":\"%s\",\"arguments\":", name);
	add_arguments(&answer->text, name, what);
	str_add_text(&answer->text, "}</tool_call>\n");
}

/* The deeper, the fewer tools: there is an end of it. */
static void take_turn(struct llm_answer *answer, const struct llm_request *request,
		      uint64_t what)
{
	uint64_t n = 1 + part(what, 3, 28), i;

	if (part(what, 4, 29) == 0)
		str_printf(&answer->reasoning, "it seems %d", (int)part(what, 9, 30));
	if (!request->tools_count || request->ask > 6 ||
	    part(what, 3 + 4 * depth_of(request), 31) > 1) {
		say(&answer->text, what);
		return;
	}
	if (part(what, 3, 32) == 0)
		say(&answer->text, what);
	for (i = 0; i < n && part(what, 5, 34) == 0; i++)
		write_call(answer, request, sim_mix(what, i));
	if (i)
		return;
	answer->calls = mem_new_n(struct llm_tool_call, n);
	for (i = 0; i < n; i++)
		add_call(answer, request, sim_mix(what, i));
}

static enum fail_class class_of(uint64_t what)
{
	static const enum fail_class classes[] = { FAIL_PROVIDER, FAIL_PROVIDER,
						   FAIL_TOOL,     FAIL_JOB,
						   FAIL_LIMIT,    FAIL_INTERNAL };

	if (part(what, 8, 1) > 0)
		return FAIL_NONE;
	return classes[part(what, sizeof(classes) / sizeof(classes[0]), 2)];
}

static void answer_by_chance(struct sim_call *sim)
{
	struct llm_call *call = sim->call;

	call->answer.class = class_of(sim->what);
	if (call->answer.class == FAIL_NONE && call->request.tools_optional)
		take_turn(&call->answer, &call->request, sim->what);
	else if (call->answer.class == FAIL_NONE && call->request.tools_count)
		call_tool(&call->answer, &call->request, sim->what);
	else if (call->answer.class == FAIL_NONE)
		fill_text(&call->answer.text, sim->what);
	else
		str_add_text(&call->answer.text, "the model does not like it");
	/* halves of halves, so that sums are exact in any order */
	call->answer.usage =
		(struct usage){ .calls = 1,
				.input_tokens = (int64_t)part(sim->what, 99, 5),
				.output_tokens = 3,
				.cost_usd = 0.125 };
}

static void answer(struct sim_call *sim)
{
	const struct sim_job *job = sim->held->slot;
	const struct sim_case *given = job->run->given;
	struct llm_call *call = sim->call;

	if (given)
		sim_case_answer(given, call, (int)job->run->asked);
	else
		answer_by_chance(sim);
	sim_say(sim->worker->world, "%s: answer to %s/%d: %s %.40s", sim->held->run_id,
		call->request.path, call->request.execution,
		fail_name(call->answer.class), str_text(&call->answer.text));
	op_done(&call->op);
	call_free(sim);
}

static int64_t delay_ms(struct sim_world *world)
{
	if (world->plan.steady)
		return sim_any(world, 3) ? sim_any(world, 60) : sim_any(world, 4000);
	return sim_latency(world, sim_any(world, 4) ? 40 : 1000);
}

static void on_time(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_call *sim = arg;
	struct sim_worker *worker = sim->worker;
	int64_t till_ms;

	(void)n;
	sim->queued = false;
	if (!sim->call) {
		call_free(sim);
		return;
	}
	if (sim_worker_sleeps(worker, &till_ms)) {
		sim->queued = true;
		sim_after(world, till_ms - world->now_ms, on_time, sim, 0);
		return;
	}
	sim_watch_answer(worker, sim->held, sim->call);
	if (sim->pieces > 0) {
		sim->pieces--;
		if (sim_any(world, 20) == 0)
			call_again(sim->call, "the answer broke off");
		call_token(sim->call, "piece \xc3", sim_any(world, 2) ? 7 : 6);
		sim->queued = true;
		sim_after(world, delay_ms(world), on_time, sim, 0);
	} else {
		answer(sim);
	}
	sim_worker_wake(worker);
}

static void send(struct sim_call *sim)
{
	struct sim_world *world = sim->worker->world;
	struct sim_job *job = sim->held->slot;
	int64_t given_ms;

	sim_watch_call(sim->worker, sim->held, sim->call);
	world->counts->calls++;
	if (job->run->given) {
		sim_case_note(job->run, sim->call);
		given_ms = sim_case_delay_ms(job->run->given, sim->call);
		sim->queued = true;
		sim_after(world, given_ms + sim_any(world, 20), on_time, sim, 0);
		return;
	}
	if (sim_any(world, 4) == 0) {
		answer(sim);
		return;
	}
	if (!world->plan.steady && sim_any(world, 30) == 0)
		return; /* nobody ever answers */
	sim->pieces = sim_any(world, 3) ? 0 : (int)sim_any(world, 5);
	sim->queued = true;
	sim_after(world, delay_ms(world), on_time, sim, 0);
}

static bool may_leave(const struct sim_call *sim)
{
	struct sim_worker *worker = sim->worker;
	struct model model;

	if (model_parse(sim->call->request.model, &model, NULL) == 0 &&
	    !model_outside(&model))
		return true;
	sim_worker_refresh(worker);
	return gate_pass(&worker->gate, 0, sim->held->guarded_mono_ms,
			 sim_worker_mono_ms(worker));
}

static void try_send(struct sim_call *sim)
{
	sim->waits = !may_leave(sim);
	if (!sim->waits) {
		send(sim);
		return;
	}
	sim_say(sim->worker->world, "%s: the gate is closed", sim->held->run_id);
	sim->held->proof_wanted = true;
	sim_commit_want(sim->worker, sim->held);
}

void sim_net_call(struct sim_worker *worker, struct held *held, struct llm_call *call)
{
	struct sim_call *sim = mem_new(struct sim_call);

	sim->call = call;
	sim->worker = worker;
	sim->held = held;
	call->op.server = sim;
	call->op.abandon = on_abandon;
	list_push(&worker->calls, &sim->node);
	if (sim_crash_point(worker, "call not begun"))
		return;
	sim->what = what_is_asked(worker->world, held, &call->request);
	if (call->request.tools_optional)
		watch_repeats(worker->world, ((struct sim_job *)held->slot)->run,
			      &call->request);
	try_send(sim);
	(void)sim_crash_point(worker, "call begun");
}

void sim_net_again(struct sim_worker *worker, const struct held *held)
{
	list_for_each_safe(node, &worker->calls) {
		struct sim_call *sim = list_entry(node, struct sim_call, node);

		if (sim->held == held && sim->waits)
			try_send(sim);
	}
}

bool sim_net_call_is_of(struct list *node, const struct held *held)
{
	return list_entry(node, struct sim_call, node)->held == held;
}
