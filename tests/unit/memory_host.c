/*
 * memory_host.c - the engine's surroundings in memory, for its unit tests
 *
 * Commits are in at once unless they are held, model calls of mock.echo and mock.fail are
 * answered at once, those of other mocks wait for memory_answer().
 */
#include "memory_host.h"

#include "base/mem.h"
#include "run/agent.h"
#include "run/definition.h"
#include "run/model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int64_t wall_ms(void *ctx)
{
	return ((struct memory_host *)ctx)->wall_ms;
}

static int64_t mono_ms(void *ctx)
{
	return ((struct memory_host *)ctx)->mono_ms;
}

static void enter(void *ctx, struct exec *exec)
{
	struct memory_host *host = ctx;

	assert(!host->inside);
	host->inside = exec;
	host->enters++;
}

static void leave(void *ctx, struct exec *exec, size_t bytes)
{
	struct memory_host *host = ctx;

	assert(host->inside == exec);
	host->inside = NULL;
	host->leaves++;
	if (bytes > host->largest)
		host->largest = bytes;
}

static void keep_type(struct memory_host *host, const char *event)
{
	const char *type = event + strlen("{\"type\":\"");

	str_printf(&host->types, "%s%.*s", host->types.len ? " " : "",
		   (int)strcspn(type, "\""), type);
}

static char *dup_text(const struct str *text)
{
	return text->len ? mem_dup(str_text(text)) : NULL;
}

static char *journal_events(struct memory_host *host, const struct engine_row *row)
{
	struct str events = STR_INIT;
	size_t i, len;

	for (i = 0; i < row->events_count; i++) {
		const char *text = row_event_text(row, i, &len);

		str_printf(&events, "%s[\"%lld-%u\",%.*s]", i ? "," : "[",
			   (long long)host->wall_ms, host->ids++, (int)len, text);
	}
	if (events.len)
		str_add_char(&events, ']');
	return events.len ? str_take(&events) : NULL;
}

static void journal_row(struct memory_host *host, const struct engine_row *row)
{
	if (host->journal_count == MEMORY_ROWS_MAX)
		return; /* a run too long to be folded here */
	host->journal[host->journal_count] = (struct fold_row){
		.seq = host->journal_count
			       ? host->journal[host->journal_count - 1].seq + 1
			       : 1,
		.path = mem_dup(row->path),
		.step_id = mem_dup(row->step_id),
		.kind = row_kind_name(row->kind),
		.delta = dup_text(&row->delta),
		.events = journal_events(host, row),
		.usage = dup_text(&row->usage),
		.error = dup_text(&row->error),
	};
	host->journal_count++;
}

static char *dup_or_null(const char *text)
{
	return text ? mem_dup(text) : NULL;
}

void memory_adopt(struct memory_host *host, const struct fold_row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct fold_row *row = &host->journal[host->journal_count++];

		*row = rows[i];
		row->path = mem_dup(rows[i].path);
		row->step_id = mem_dup(rows[i].step_id);
		row->delta = dup_or_null(rows[i].delta);
		row->events = dup_or_null(rows[i].events);
		row->usage = dup_or_null(rows[i].usage);
		row->error = dup_or_null(rows[i].error);
	}
}

/* mem_free() takes what is the host's own, const or not. */
static void drop_text(const char *text)
{
	union {
		const char *text;
		void *bytes;
	} it = { text };

	mem_free(it.bytes);
}

static void journal_free(struct memory_host *host)
{
	size_t i;

	for (i = 0; i < host->journal_count; i++) {
		struct fold_row *row = &host->journal[i];

		drop_text(row->path);
		drop_text(row->step_id);
		drop_text(row->delta);
		drop_text(row->events);
		drop_text(row->usage);
		drop_text(row->error);
	}
}

static void keep_row(struct memory_host *host, const struct engine_row *row)
{
	size_t i, len;

	journal_row(host, row);

	str_printf(&host->rows, "%s %s %s %d%s %s %s\n", row_kind_name(row->kind),
		   *row->path ? row->path : "-", *row->step_id ? row->step_id : "-",
		   row->execution, row->next_outside ? " outside" : "",
		   row->delta.len ? str_text(&row->delta) : "[]",
		   row->error.len ? str_text(&row->error) : "-");
	str_add(&host->usage, str_text(&row->usage), row->usage.len);
	str_add(&host->deltas, str_text(&row->delta), row->delta.len);
	str_add_char(&host->deltas, '\n');
	if (row->wait)
		str_printf(&host->questions, "%s %s/%d %s%s%s\n",
			   row->wait->opens ? "open" : "close", row->wait->path,
			   row->wait->execution, row->wait->step_id,
			   row->wait->opens ? " " : "",
			   row->wait->opens ? row->wait->prompt : "");
	for (i = 0; i < row->events_count; i++) {
		const char *text = row_event_text(row, i, &len);

		keep_type(host, text);
		str_add(&host->events, text, len);
		str_add_char(&host->events, '\n');
	}
}

static void on_commit_abandoned(struct op *op)
{
	struct memory_host *host = op->server;
	int i, n = 0;

	for (i = 0; i < host->held_count; i++)
		if (host->held_ops[i] != op)
			host->held_ops[n++] = host->held_ops[i];
	host->held_count = n;
}

static void commit(void *ctx, struct exec *exec, struct engine_row *row, struct op *op)
{
	struct memory_host *host = ctx;

	keep_row(host, row);
	row_free(row);
	if (!op)
		return;
	if (host->hold_commits || host->free_at_commit) {
		assert(host->held_count < MEMORY_CALLS_MAX);
		host->held_ops[host->held_count++] = op;
		op->server = host;
		op->abandon = on_commit_abandoned;
		if (host->free_at_commit)
			exec_free(exec);
		return;
	}
	op_done(op);
}

static void live(void *ctx, struct exec *exec, const char *event, size_t len)
{
	struct memory_host *host = ctx;

	(void)exec;
	str_add(&host->lives, event, len);
	str_add_char(&host->lives, '\n');
}

static void take_call(struct memory_host *host, struct llm_call *call)
{
	int i, n = 0;

	for (i = 0; i < host->calls_count; i++)
		if (host->calls[i] != call)
			host->calls[n++] = host->calls[i];
	host->calls_count = n;
}

static void on_call_abandoned(struct op *op)
{
	struct memory_host *host = op->server;

	take_call(host, mem_container(op, struct llm_call, op));
	host->abandoned++;
}

static void answer(struct llm_call *call, enum fail_class class, const char *text,
		   size_t len)
{
	call->answer.class = class;
	str_add(&call->answer.text, text, len);
	call->answer.usage = (struct usage){
		.calls = 1, .input_tokens = 10, .output_tokens = 2, .cost_usd = 0.25
	};
	op_done(&call->op);
}

static void keep_message(struct memory_host *host, const struct llm_message *message,
			 const char *role)
{
	size_t i;

	str_printf(&host->prompts, "%s%s%s: %.*s\n", role, message->call_id ? " of " : "",
		   message->call_id ? message->call_id : "", (int)message->len,
		   message->text);
	for (i = 0; i < message->calls_count; i++)
		str_printf(&host->prompts, "calls %s %s %s\n", message->calls[i].id,
			   message->calls[i].name, message->calls[i].arguments);
}

static void llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool" };
	struct memory_host *host = ctx;
	const struct llm_request *request = &call->request;
	const struct llm_message *last = &request->messages[request->count - 1];
	struct model model;
	size_t i;

	(void)exec;
	host->calls_made++;
	str_reset(&host->prompts, 0);
	for (i = 0; i < request->count; i++)
		keep_message(host, &request->messages[i],
			     roles[request->messages[i].role]);
	if (model_parse(request->model, &model, NULL) < 0) {
		answer(call, FAIL_JOB, "no such model", 13);
	} else if (model.kind == MODEL_MOCK_FAIL) {
		answer(call, model.class, "told to fail", 12);
	} else if (host->fail_first > 0) {
		host->fail_first--;
		answer(call, FAIL_PROVIDER, "not yet", 7);
	} else if (model.kind == MODEL_MOCK_ECHO && !host->hold_calls) {
		answer(call, FAIL_NONE, last->text, last->len);
	} else {
		if (host->calls_count < MEMORY_CALLS_MAX)
			host->calls[host->calls_count++] = call;
		call->op.server = host;
		call->op.abandon = on_call_abandoned;
	}
}

static void tool_find(void *ctx, struct exec *exec, struct tool_find *find)
{
	struct memory_host *host = ctx;

	(void)exec;
	if (host->tool_name && strcmp(host->tool_name, find->name) == 0) {
		str_add_text(&find->text, "{}");
		str_add_text(&find->about, "looks things up");
		str_add_text(&find->schema, host->tool_schema);
	} else {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no tool '%s'", find->name);
	}
	op_done(&find->op);
}

static const char *named(const struct memory_named *list, const char *id)
{
	for (; list && list->id; list++)
		if (strcmp(list->id, id) == 0)
			return list->text;
	return NULL;
}

static void agent_find(void *ctx, struct exec *exec, struct agent_find *find)
{
	struct memory_host *host = ctx;
	const char *agent = named(host->agents, find->agent_id);
	struct problems problems;

	(void)exec;
	if (!agent)
		agent = host->agent;
	host->agent_wanted = find->wanted;
	problem_init(&problems);
	if (!agent) {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no agent '%s'", find->agent_id);
	} else if (agent_parse(agent, strlen(agent), &find->agent, &problems) < 0) {
		find->class = FAIL_JOB;
		str_add_text(&find->text, problems.kept[0].text);
	}
	find->version = find->wanted ? find->wanted : host->agent_version;
	problem_deinit(&problems);
	op_done(&find->op);
}

static void agent_list(void *ctx, struct exec *exec, struct agent_list *list)
{
	const struct memory_host *host = ctx;
	const struct memory_named *at;

	(void)exec;
	list->agents = arena_new_n(&list->arena, struct agent_listed, AGENT_LIST_MAX);
	for (at = host->agents; at && at->id; at++)
		if (strcmp(at->id, list->but) != 0)
			list->agents[list->agents_count++] =
				(struct agent_listed){ at->id, at->id, "helps" };
	op_done(&list->op);
}

static void definition_find(void *ctx, struct exec *exec, struct definition_find *find)
{
	const struct memory_host *host = ctx;
	const char *text = named(host->orchestrations, find->id);

	(void)exec;
	if (text) {
		find->definition = memory_definition(text);
		find->version = find->wanted ? find->wanted : 5;
	} else {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no orchestration '%s'", find->id);
	}
	op_done(&find->op);
}

/* Kept until the host goes: a fold borrows them. */
static struct definition *inner(void *ctx, const char *id, int64_t version)
{
	struct memory_host *host = ctx;
	const char *text = named(host->orchestrations, id);
	struct definition *definition;

	if (!text || version != 5 || host->inner_count == MEMORY_CALLS_MAX)
		return NULL;
	definition = memory_definition(text);
	host->inner[host->inner_count++] = definition;
	return definition;
}

static bool wants_tool(const struct tool_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->names_count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return list->all;
}

static void tool_list(void *ctx, struct exec *exec, struct tool_list *list)
{
	struct memory_host *host = ctx;

	(void)exec;
	if (host->tool_name && wants_tool(list, host->tool_name)) {
		list->tools = arena_new(&list->arena, struct tool_listed);
		list->tools_count = 1;
		*list->tools = (struct tool_listed){ .id = "id",
						     .name = host->tool_name,
						     .definition = "{}",
						     .about = "looks things up",
						     .schema = host->tool_schema };
	}
	op_done(&list->op);
}

static void take_use(struct memory_host *host, const struct tool_use *use)
{
	int i, n = 0;

	for (i = 0; i < host->uses_count; i++)
		if (host->uses[i] != use)
			host->uses[n++] = host->uses[i];
	host->uses_count = n;
}

static void on_use_abandoned(struct op *op)
{
	struct memory_host *host = op->server;

	take_use(host, mem_container(op, struct tool_use, op));
	host->abandoned++;
}

void memory_use(struct memory_host *host, int use, enum fail_class class,
		const char *text)
{
	struct tool_use *it = host->uses[use];

	assert(use < host->uses_count);
	take_use(host, it);
	it->answer.class = class;
	str_add_text(&it->answer.text, text);
	op_done(&it->op);
}

static void tool_use(void *ctx, struct exec *exec, struct tool_use *use)
{
	struct memory_host *host = ctx;
	const struct tool_answer *next = host->tool_answer;

	(void)exec;
	str_printf(&host->tool_uses, "%s %s %s/%d/%d\n", use->request.name,
		   use->request.arguments, use->request.key_path, use->request.execution,
		   use->request.nth);
	if (host->hold_uses) {
		assert(host->uses_count < MEMORY_CALLS_MAX);
		host->uses[host->uses_count++] = use;
		use->op.server = host;
		use->op.abandon = on_use_abandoned;
		return;
	}
	use->answer.class = next->class;
	use->answer.refused = next->refused;
	str_add(&use->answer.text, str_text(&next->text), next->text.len);
	op_done(&use->op);
}

static void on_code_abandoned(struct op *op)
{
	struct memory_host *host = op->server;

	host->code = NULL;
	host->abandoned++;
}

static void code(void *ctx, struct exec *exec, struct code_call *call)
{
	struct memory_host *host = ctx;

	(void)exec;
	assert(!host->code);
	host->code = call;
	call->op.server = host;
	call->op.abandon = on_code_abandoned;
}

void memory_execute(struct memory_host *host, enum fail_class class, const char *json,
		    const char *text)
{
	struct code_call *call = host->code;

	host->code = NULL;
	call->answer.class = class;
	str_add_text(&call->answer.json, json);
	str_add_text(&call->answer.text, text);
	op_done(&call->op);
}

static void end(void *ctx, struct exec *exec, struct engine_final *final)
{
	struct memory_host *host = ctx;

	keep_row(host, final->row);
	row_final_free(host->final);
	host->final = final;
	host->ended++;
	if (host->free_at_end)
		exec_free(exec);
}

static void take_wait(struct memory_host *host, const struct human_wait *wait)
{
	int i, n = 0;

	for (i = 0; i < host->waits_count; i++)
		if (host->waits[i] != wait)
			host->waits[n++] = host->waits[i];
	host->waits_count = n;
}

static void on_wait_abandoned(struct op *op)
{
	take_wait(op->server, mem_container(op, struct human_wait, op));
}

static void wait_for_people(void *ctx, struct exec *exec, struct human_wait *wait)
{
	struct memory_host *host = ctx;

	(void)exec;
	assert(host->waits_count < MEMORY_CALLS_MAX);
	host->waits[host->waits_count++] = wait;
	wait->op.server = host;
	wait->op.abandon = on_wait_abandoned;
}

void memory_people(struct memory_host *host, int i, enum human_outcome outcome,
		   const char *json)
{
	struct human_wait *wait = host->waits[i];

	assert(i < host->waits_count);
	take_wait(host, wait);
	wait->op.abandon = NULL;
	wait->outcome = outcome;
	str_reset(&wait->json, 0);
	str_add_text(&wait->json, json);
	op_done(&wait->op);
}

static void pause_run(void *ctx, struct exec *exec, struct engine_pause *pause)
{
	struct memory_host *host = ctx;

	(void)exec;
	row_pause_free(host->pause);
	host->pause = pause;
	host->paused++;
}

void memory_park(struct memory_host *host, struct exec *exec)
{
	keep_row(host, host->pause->row);
	exec_free(exec);
}

void memory_unpark(struct memory_host *host, struct exec *exec)
{
	row_pause_free(host->pause);
	host->pause = NULL;
	exec_unpause(exec);
}

static void parked(void *ctx, struct exec *exec)
{
	((struct memory_host *)ctx)->parked++;
	exec_free(exec);
}

static void wanted(void *ctx)
{
	((struct memory_host *)ctx)->wanted++;
}

static const struct engine_host functions = {
	.wall_ms = wall_ms,
	.mono_ms = mono_ms,
	.enter = enter,
	.leave = leave,
	.commit = commit,
	.live = live,
	.llm = llm,
	.tool_find = tool_find,
	.tool_use = tool_use,
	.tool_list = tool_list,
	.agent_find = agent_find,
	.agent_list = agent_list,
	.definition_find = definition_find,
	.code = code,
	.wait = wait_for_people,
	.pause = pause_run,
	.end = end,
	.parked = parked,
	.wanted = wanted,
};

void memory_engine(struct memory_host *host)
{
	host->engine = engine_new(&functions, host, &host->limits, 7);
}

void memory_init(struct memory_host *host, const struct engine_limits *limits)
{
	memset(host, 0, sizeof(*host));
	host->wall_ms = 1780000000000;
	host->mono_ms = 5000;
	host->limits = limits ? *limits : ENGINE_LIMITS_DEFAULT;
	memory_engine(host);
}

void memory_deinit(struct memory_host *host)
{
	engine_free(host->engine);
	while (host->inner_count)
		definition_unref(host->inner[--host->inner_count]);
	row_final_free(host->final);
	row_pause_free(host->pause);
	str_deinit(&host->prompts);
	str_deinit(&host->tool_uses);
	str_deinit(&host->events);
	str_deinit(&host->types);
	str_deinit(&host->lives);
	str_deinit(&host->rows);
	str_deinit(&host->usage);
	str_deinit(&host->deltas);
	str_deinit(&host->questions);
	journal_free(host);
}

struct definition *memory_definition(const char *text)
{
	struct definition *definition = NULL;
	struct problems problems;

	problem_init(&problems);
	if (definition_parse(text, strlen(text), &definition, &problems) < 0) {
		(void)fprintf(stderr, "%s: %s\n", problems.kept[0].where,
			      problems.kept[0].text);
		assert(false);
	}
	problem_deinit(&problems);
	return definition;
}

int memory_fold(struct memory_host *host, struct definition *definition,
		const char *inputs, struct fold *fold, struct err *err)
{
	const struct fold_seed seed = {
		.definition = definition,
		.message = "hello",
		.message_len = 5,
		.inputs = inputs,
		.inputs_len = inputs ? strlen(inputs) : 0,
		.state_max = host->engine->limits.state_max,
		.inner = inner,
		.inner_data = host,
	};

	return fold_journal(fold, &seed, host->journal, host->journal_count, err);
}

struct exec *memory_resume(struct memory_host *host, const char *definition,
			   const char *inputs, uint64_t epoch)
{
	struct exec_start start = { .run_id = "run_1", .worker_id = "w", .epoch = epoch };
	struct fold fold;
	struct exec *exec;
	struct err err;

	start.definition = memory_definition(definition);
	if (memory_fold(host, start.definition, inputs, &fold, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		assert(false);
	}
	exec = exec_resume(host->engine, &start, &fold);
	fold_deinit(&fold);
	definition_unref(start.definition);
	return exec;
}

struct exec *memory_run(struct memory_host *host, const char *definition,
			const char *inputs)
{
	struct exec_start start = { .run_id = "run_1",
				    .worker_id = "w",
				    .message = "hello",
				    .message_len = 5,
				    .inputs = inputs,
				    .inputs_len = inputs ? strlen(inputs) : 0,
				    .epoch = 1 };
	struct exec *exec;

	start.definition = memory_definition(definition);
	exec = exec_new(host->engine, &start);
	definition_unref(start.definition);
	return exec;
}

int64_t memory_pump(struct memory_host *host)
{
	int64_t next_ms;

	do
		next_ms = engine_pump(host->engine);
	while (next_ms == 0);
	assert(!host->inside && host->enters == host->leaves);
	return next_ms;
}

int64_t memory_wait(struct memory_host *host, int64_t ms)
{
	host->wall_ms += ms;
	host->mono_ms += ms;
	return memory_pump(host);
}

void memory_commit(struct memory_host *host)
{
	struct op *op = host->held_ops[0];

	assert(host->held_count > 0);
	on_commit_abandoned(op);
	op_done(op);
}

void memory_answer(struct memory_host *host, int call, enum fail_class class,
		   const char *text)
{
	struct llm_call *it = host->calls[call];

	assert(call < host->calls_count);
	take_call(host, it);
	answer(it, class, text, strlen(text));
}

void memory_answer_calls(struct memory_host *host, int call, const char *text,
			 const struct memory_call *calls)
{
	struct llm_call *it = host->calls[call];
	struct llm_answer *answered = &it->answer;
	size_t count = 0, i;

	assert(call < host->calls_count);
	take_call(host, it);
	while (calls[count].name)
		count++;
	answered->calls = mem_new_n(struct llm_tool_call, count);
	answered->calls_count = count;
	for (i = 0; i < count; i++)
		answered->calls[i] = (struct llm_tool_call){
			.id = mem_dup(calls[i].id),
			.name = mem_dup(calls[i].name),
			.arguments = mem_dup(calls[i].arguments),
			.arguments_len = strlen(calls[i].arguments),
		};
	answer(it, FAIL_NONE, text, strlen(text));
}
