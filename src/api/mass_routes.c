/*
 * mass_routes.c - POST /api/v2/runs/bulk and POST /api/v2/dead-letters/bulk
 *
 * The filter is the query's, as in the list of the same things. One without any filter
 * means everything, and must say so ("all": true).
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/letter_acts.h"
#include "api/letter_filter.h"
#include "api/mass.h"
#include "api/query.h"
#include "api/run_acts.h"
#include "api/run_filter.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/definition.h"
#include "server/request.h"

#include <stdio.h>
#include <string.h>

struct wish {
	struct mass_wish mass;
	enum run_act act;
	bool discard; /* of letters */
	const char *from_step;
	struct store_run_filter runs;
	struct store_letter_filter letters;
	char after[320]; /* of the page that is fetched */
};

/* One act under way. */
struct one {
	struct mass *mass;
	const char *id;
};

static struct one *one_new(struct mass *mass, const char *id)
{
	struct one *one = mem_new(struct one);

	one->mass = mass;
	one->id = id;
	return one;
}

static void one_over(struct one *one, enum errors_code error, const char *detail)
{
	mass_done(one->mass, one->id, error, detail);
	mem_free(one);
}

static void on_act(void *arg, enum errors_code error, const char *detail,
		   const char *new_run)
{
	(void)new_run;
	one_over(arg, error, detail);
}

/* The document and what all bulk requests say; NULL when there is none. */
static struct json *read_wish(struct body_faults *faults, struct api_call *call,
			      bool filtered, struct mass_wish *ret)
{
	const struct body_at at = { NULL, "body", 0 };
	struct json *doc = NULL;
	const char *text;
	size_t len;

	text = request_body(call->req, &len);
	if (!body_parse(faults, text, len, 0, &doc))
		return NULL;
	if (jsonr_type(doc) != JSONR_OBJECT) {
		body_fault(faults, &at, "dict_type", "must be an object");
		return doc;
	}
	mass_read(faults, call, doc, ret);
	if (!filtered && !jsonr_bool(jsonr_get(doc, "all")))
		body_fault(faults, &at, "no_filter",
			   "without a filter it means everything: say \"all\": true");
	return doc;
}

static void wrong_action(struct body_faults *faults, const char *known)
{
	const struct body_at at = { NULL, "body", 0 };
	const struct body_at here = { &at, "action", 0 };

	body_fault(faults, &here, "enum", known);
}

static const char *keep_after(struct wish *wish, const char *after)
{
	if (!after)
		return NULL;
	(void)snprintf(wish->after, sizeof(wish->after), "%s", after);
	return wish->after;
}

/* -- runs -- */

static bool applies(enum run_act act, const struct store_run_status *run)
{
	switch (act) {
	case RUN_ACT_CANCEL:
		return !run->ended_at;
	case RUN_ACT_RESUME_FAILED:
		return strcmp(run->status, "failed") == 0;
	case RUN_ACT_RETRY:
	case RUN_ACT_DELETE:
		return run->ended_at != NULL;
	case RUN_ACT_COUNT:
		break;
	}
	return false;
}

static void on_runs(void *arg, enum errors_code error,
		    const struct store_run_status *runs, size_t count, const char *next)
{
	struct mass *mass = arg;
	const struct wish *wish = mass_user(mass);
	size_t i;

	if (error != ERRORS_NONE) {
		mass_fail(mass, error);
		return;
	}
	for (i = 0; i < count; i++)
		mass_add(mass, runs[i].run_id, applies(wish->act, &runs[i]));
	mass_page(mass, next);
}

static void fetch_runs(struct mass *mass, const char *after, int limit)
{
	const struct runs_port *port = mass_call(mass)->port;
	struct wish *wish = mass_user(mass);

	wish->runs.after = keep_after(wish, after);
	wish->runs.limit = limit;
	port->lists->runs(port->lists->self, &wish->runs, on_runs, mass);
}

static void act_on_run(struct mass *mass, const char *id)
{
	const struct wish *wish = mass_user(mass);

	run_acts_do(mass_call(mass), wish->act, id, wish->from_step, NULL, on_act,
		    one_new(mass, id));
}

static const struct mass_ops run_ops = { fetch_runs, act_on_run };

static bool filters_runs(const struct store_run_filter *filter)
{
	return filter->status || filter->orchestration_id || filter->session_id ||
	       filter->text || filter->tag_key || filter->since_ms || filter->until_ms;
}

void mass_routes_runs(struct api_call *call)
{
	const struct body_at at = { NULL, "body", 0 };
	struct wish *wish = arena_new(request_arena(call->req), struct wish);
	struct body_faults faults = { STR_INIT, 0 };
	struct json *doc = NULL;

	if (!run_filter_read(&faults, call, &wish->runs))
		goto out;
	doc = read_wish(&faults, call, filters_runs(&wish->runs), &wish->mass);
	wish->act = wish->mass.action ? run_acts_find(wish->mass.action) : RUN_ACT_COUNT;
	if (!faults.count && wish->act == RUN_ACT_COUNT)
		wrong_action(&faults,
			     "Input should be 'cancel', 'resume-failed', 'retry' "
			     "or 'delete'");
	wish->mass.after = query_after(&faults, call->req, store_runs_cursor_ok);
	if (doc && jsonr_type(doc) == JSONR_OBJECT)
		wish->from_step = body_text(&faults, &at, doc, "from_step",
					    DEFINITION_ID_MAX, request_arena(call->req));
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		mass_start(call, &run_ops, &wish->mass, wish);
out:
	jsonr_free(doc);
	body_faults_deinit(&faults);
}

/* -- dead letters -- */

static void on_letters(void *arg, enum errors_code error,
		       const struct store_letter *letters, size_t count, const char *next)
{
	struct mass *mass = arg;
	size_t i;

	if (error != ERRORS_NONE) {
		mass_fail(mass, error);
		return;
	}
	for (i = 0; i < count; i++)
		mass_add(mass, letters[i].id, !letters[i].resolved);
	mass_page(mass, next);
}

static void fetch_letters(struct mass *mass, const char *after, int limit)
{
	const struct runs_port *port = mass_call(mass)->port;
	struct wish *wish = mass_user(mass);

	wish->letters.after = keep_after(wish, after);
	wish->letters.limit = limit;
	port->fleet->letters(port->fleet->self, &wish->letters, on_letters, mass);
}

static void on_discarded(void *arg, enum errors_code error)
{
	one_over(arg, error, NULL);
}

static void act_on_letter(struct mass *mass, const char *id)
{
	const struct wish *wish = mass_user(mass);
	struct api_call *call = mass_call(mass);
	struct one *one = one_new(mass, id);

	if (wish->discard)
		call->port->fleet->discard(call->port->fleet->self, id, call->key_tenant,
					   on_discarded, one);
	else
		letter_acts_retry(call, id, NULL, on_act, one);
}

static const struct mass_ops letter_ops = { fetch_letters, act_on_letter };

void mass_routes_letters(struct api_call *call)
{
	struct wish *wish = arena_new(request_arena(call->req), struct wish);
	struct body_faults faults = { STR_INIT, 0 };
	struct json *doc = NULL;

	letter_filter_read(&faults, call, &wish->letters);
	doc = read_wish(&faults, call,
			wish->letters.orchestration_id || wish->letters.run_id,
			&wish->mass);
	wish->discard = wish->mass.action && strcmp(wish->mass.action, "discard") == 0;
	if (!faults.count && !wish->discard &&
	    (!wish->mass.action || strcmp(wish->mass.action, "retry") != 0))
		wrong_action(&faults, "Input should be 'retry' or 'discard'");
	wish->mass.after = query_after(&faults, call->req, store_letters_cursor_ok);
	if (faults.count > 0)
		body_faults_send(call->req, &faults);
	else
		mass_start(call, &letter_ops, &wish->mass, wish);
	jsonr_free(doc);
	body_faults_deinit(&faults);
}
