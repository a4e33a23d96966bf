/*
 * toolbox.c - custom tools of the store, used for runs of a worker
 *
 * A find is one query; while Postgres cannot be asked it is repeated, since a blip is no
 * reason to fail a run: the step's time limit ends that. What an operator changes holds
 * from the next step on that uses the tool.
 *
 * A use is one HTTP request, and never sent again from here: only the step's author knows
 * whether that is harmless (`retry`). Statuses that say "not with these arguments" let
 * the model try others; every other one that is no success is the tool's failure, as is
 * a connection that breaks. Redirects are not followed: they are no success.
 */
#include "tools/toolbox.h"

#include "base/clock.h"
#include "base/jsonr.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "client/http_pool.h"
#include "engine/effect_key.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/store_tools.h"
#include "tools/http_tool.h"
#include "tools/tool_lists.h"

#include <string.h>

#define FIND_AGAIN_MS  500
#define FIND_MS        5000 /* one query */
#define HELD_MS        50
#define ERROR_SHOWN    500 /* bytes of a refusing answer */
#define DEADLINE_EXTRA 1000

struct toolbox {
	struct toolbox_options options;
	struct tool_lists lists;
	struct http_pool *http;
	bool (*may_send)(void *arg, struct exec *exec); /* NULL: always */
	void *may_send_arg;
	size_t in_flight;
};

/* ---- finding ---- */

struct finding {
	struct toolbox *box;
	struct tool_find *find; /* NULL: abandoned, the query is still under way */
	bool asking;            /* a query is under way */
	int statement;
	ev_timer again;
};

static void ask_store(struct finding *finding);

static void finding_free(struct finding *finding)
{
	ev_timer_stop(finding->box->options.loop, &finding->again);
	finding->box->in_flight--;
	mem_free(finding);
}

static void on_find_abandon(struct op *op)
{
	struct finding *finding = op->server;

	finding->find = NULL;
	if (!finding->asking)
		finding_free(finding);
}

static void found(struct finding *finding, enum fail_class class)
{
	struct tool_find *find = finding->find;

	find->class = class;
	finding_free(finding);
	op_done(&find->op);
}

static void read_definition(struct finding *finding, const char *text)
{
	struct tool_find *find = finding->find;
	struct http_tool tool;
	struct err err;

	if (!text) {
		str_printf(&find->text, "there is no tool '%s'", find->name);
		found(finding, FAIL_JOB);
		return;
	}
	if (http_tool_parse(text, strlen(text), &tool, &err) < 0) {
		str_printf(&find->text, "tool '%s': %s", find->name, err.text);
		found(finding, FAIL_JOB);
		return;
	}
	str_add_text(&find->text, text);
	str_add_text(&find->about, tool.description);
	if (tool.schema)
		jsonr_print(tool.schema, &find->schema);
	else
		str_add_text(&find->schema, "{\"type\":\"object\"}");
	http_tool_deinit(&tool);
	found(finding, FAIL_NONE);
}

static void find_later(struct finding *finding)
{
	struct ev_loop *loop = finding->box->options.loop;

	ev_now_update(loop);
	ev_timer_set(&finding->again, FIND_AGAIN_MS / 1000., 0.);
	ev_timer_start(loop, &finding->again);
}

static void on_found(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct finding *finding = arg;

	(void)outcome; /* whatever it was, it is asked again */
	finding->asking = false;
	if (!finding->find)
		finding_free(finding);
	else if (!reply)
		find_later(finding);
	else
		read_definition(finding, store_tools_get_read(reply, finding->statement));
}

static void ask_store(struct finding *finding)
{
	struct toolbox *box = finding->box;
	struct pg_batch *batch = pg_batch_new();

	finding->statement = store_tools_get(batch, finding->find->name,
					     finding->find->op.exec->run_id,
					     box->options.common_tenant);
	finding->asking = true;
	if (pg_pool_submit(box->options.pool, batch, FIND_MS, on_found, finding) < 0) {
		finding->asking = false;
		find_later(finding);
	}
}

static void on_find_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	ask_store(w->data);
}

void toolbox_find(struct toolbox *box, struct tool_find *find)
{
	struct finding *finding = mem_new(struct finding);

	finding->box = box;
	finding->find = find;
	ev_timer_init(&finding->again, on_find_again, 0., 0.);
	finding->again.data = finding;
	box->in_flight++;
	find->op.server = finding;
	find->op.abandon = on_find_abandon;
	if (box->options.pool)
		ask_store(finding);
	else
		read_definition(finding,
				box->options.lookup(box->options.lookup_arg, find->name));
}

void toolbox_list(struct toolbox *box, struct tool_list *list)
{
	tool_lists_find(&box->lists, list);
}

/* ---- using ---- */

struct using
{
	struct toolbox *box;
	struct tool_use *use;
	struct http_tool_request request;
	const char *method;             /* static */
	struct http_transfer *transfer; /* NULL: not sent, or ended */
	int status;
	struct str body;
	ev_timer held; /* it may not leave yet */
};

static void using_free(struct using *using)
{
	struct toolbox *box = using->box;

	if (using->transfer)
		http_transfer_abandon(using->transfer);
	ev_timer_stop(box->options.loop, &using->held);
	http_tool_request_deinit(&using->request);
	str_deinit(&using->body);
	box->in_flight--;
	mem_free(using);
}

static void on_use_abandon(struct op *op)
{
	using_free(op->server);
}

static void used(struct using *using, enum fail_class class)
{
	struct tool_use *use = using->use;

	use->answer.class = class;
	using_free(using);
	op_done(&use->op);
}

/* JSON is written anew, compact; all else is a text. */
static void add_body(struct using *using, struct str *out)
{
	struct json *doc = NULL;

	if (jsonr_parse(str_text(&using->body), using->body.len, &doc, NULL, NULL,
			NULL) == 0)
		jsonr_print(doc, out);
	else
		utf8_clean(out, str_text(&using->body), using->body.len);
	jsonr_free(doc);
}

static bool blames_arguments(int status)
{
	return status == 400 || status == 404 || status == 409 || status == 422;
}

static void judge(struct using *using)
{
	struct tool_answer *answer = &using->use->answer;
	struct str text = STR_INIT;
	size_t shown;

	add_body(using, &text);
	if (using->status >= 200 && using->status < 300) {
		answer->text = text;
		used(using, FAIL_NONE);
		return;
	}
	shown = utf8_cut(str_text(&text), text.len,
			 text.len < ERROR_SHOWN ? text.len : ERROR_SHOWN);
	str_printf(&answer->text, "tool '%s' answered with status %d%s%.*s",
		   using->use->request.name, using->status, shown ? ": " : "", (int)shown,
		   str_text(&text));
	answer->refused = blames_arguments(using->status);
	str_deinit(&text);
	used(using, FAIL_TOOL);
}

static int on_head(void *arg, const struct http_head *head)
{
	struct using *using = arg;

	using->status = head->status;
	return 0;
}

static int on_body(void *arg, const char *bytes, size_t len)
{
	struct using *using = arg;

	str_add(&using->body, bytes, len);
	return 0;
}

static void broken(struct using *using, int rc, const struct err *err)
{
	str_printf(&using->use->answer.text, "tool '%s': %s", using->use->request.name,
		   err->text);
	used(using, rc == ERR_LIMIT ? FAIL_LIMIT : FAIL_TOOL);
}

static void on_done(void *arg, int rc, const struct err *err)
{
	struct using *using = arg;

	using->transfer = NULL;
	if (rc < 0)
		broken(using, rc, err);
	else
		judge(using);
}

static const struct http_ops http_ops = {
	.head = on_head,
	.body = on_body,
	.done = on_done,
};

static void send_it(struct using *using)
{
	struct toolbox *box = using->box;
	const struct tool_request *request = &using->use->request;
	int64_t until = clock_mono_ms() + box->options.timeout_ms;
	const struct http_request http = {
		.method = using->method,
		.url = str_text(&using->request.url),
		.headers = using->request.headers,
		.body = using->request.body.len ? str_text(&using->request.body) : NULL,
		.body_len = using->request.body.len,
		/* the step's own deadline comes first, and says whose fault it is */
		.deadline_mono_ms = until < request->deadline_mono_ms + DEADLINE_EXTRA
					    ? until
					    : request->deadline_mono_ms + DEADLINE_EXTRA,
		.silence_ms = box->options.timeout_ms,
		.answer_max_bytes = request->answer_max,
		.ops = &http_ops,
		.arg = using,
	};
	struct err err;
	int rc;

	if (box->may_send && !box->may_send(box->may_send_arg, using->use->op.exec)) {
		ev_now_update(box->options.loop);
		ev_timer_set(&using->held, HELD_MS / 1000., 0.);
		ev_timer_start(box->options.loop, &using->held);
		return;
	}
	rc = http_pool_send(box->http, &http, &using->transfer, &err);
	if (rc < 0)
		broken(using, rc, &err);
}

static void on_held(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	send_it(w->data);
}

static int build(struct using *using, struct err *err)
{
	const struct tool_request *request = &using->use->request;
	struct json *arguments = NULL;
	struct str key = STR_INIT;
	struct http_tool tool;
	int rc;

	rc = http_tool_parse(request->definition, request->definition_len, &tool, err);
	if (rc < 0)
		return rc;
	rc = jsonr_parse(request->arguments, request->arguments_len, &arguments, NULL,
			 NULL, err);
	effect_key(&key, using->use->op.exec->run_id, request->key_path,
		   request->execution, request->nth);
	if (rc == 0)
		rc = http_tool_build(&tool, arguments, str_text(&key), &using->request,
				     err);
	using->method = tool.method;
	jsonr_free(arguments);
	str_deinit(&key);
	http_tool_deinit(&tool);
	return rc;
}

void toolbox_use(struct toolbox *box, struct tool_use *use)
{
	struct using *using = mem_new(struct using);
	struct err err;

	using->box = box;
	using->use = use;
	ev_timer_init(&using->held, on_held, 0., 0.);
	using->held.data = using;
	box->in_flight++;
	use->op.server = using;
	use->op.abandon = on_use_abandon;
	if (build(using, &err) == 0) {
		send_it(using);
		return;
	}
	str_printf(&use->answer.text, "tool '%s': %s", use->request.name, err.text);
	used(using, FAIL_JOB);
}

/* ---- life ---- */

struct toolbox *toolbox_new(const struct toolbox_options *options, struct err *err)
{
	const struct http_pool_options pool_options = {
		.loop = options->loop,
		.connections = options->connections,
		.connect_timeout_ms = options->connect_timeout_ms,
		.egress = options->egress,
	};
	struct http_pool *http = http_pool_new(&pool_options, err);
	struct toolbox *box;

	if (!http)
		return NULL;
	box = mem_new(struct toolbox);
	box->options = *options;
	box->lists = (struct tool_lists){ .loop = options->loop,
					  .pool = options->pool,
					  .common_tenant = options->common_tenant };
	box->http = http;
	return box;
}

void toolbox_free(struct toolbox *box)
{
	if (!box)
		return;
	http_pool_free(box->http);
	mem_free(box);
}

void toolbox_set_permit(struct toolbox *box,
			bool (*may_send)(void *arg, struct exec *exec), void *arg)
{
	box->may_send = may_send;
	box->may_send_arg = arg;
}
