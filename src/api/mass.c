/*
 * mass.c - one act on each thing of a page, at a rate
 *
 * A bulk act is as many requests as it has pages: nothing of it is kept between them, so
 * a server that leaves or dies loses no list. Within a page acts begin at the rate asked
 * for, a few at the same time. What is refused is told by id; the others go on.
 */
#include "api/mass.h"

#include "api/api_call.h"
#include "api/body.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define COUNT_MAX    100000
#define COUNT_PAGE   1000
#define REFUSED_MAX  100 /* told; all are counted */
#define OPEN_MAX     32  /* acts under way */
#define TICK_S       0.02
#define LIMIT_FIRST  200
#define RATE_FIRST   100
#define CURSOR_BYTES 320

struct mass {
	struct api_call *call;
	const struct mass_ops *ops;
	const struct mass_wish *wish;
	void *user;
	char **ids; /* owned: those that the act applies to */
	size_t count;
	size_t begun;
	size_t open;
	int64_t matched, applies;
	int64_t done, refused;
	double credit; /* acts that may begin */
	ev_timer tick;
	bool more;
	char next[CURSOR_BYTES]; /* "": none */
	struct str told;         /* refused ones, objects */
	struct jsonw w;          /* of told */
};

void mass_read(struct body_faults *faults, struct api_call *call, const struct json *doc,
	       struct mass_wish *ret)
{
	const struct body_at at = { NULL, "body", 0 };
	const struct json *dry = jsonr_get(doc, "dry_run");
	struct body_at here = { &at, "dry_run", 0 };

	*ret = (struct mass_wish){ .after = NULL };
	ret->action = body_text(faults, &at, doc, "action", 64, request_arena(call->req));
	ret->rate = (int)body_int(faults, &at, doc, "rate", 1, MASS_RATE_MAX, RATE_FIRST);
	ret->limit = (int)body_query_int(faults, call->req, "limit", 1, MASS_LIMIT_MAX,
					 LIMIT_FIRST);
	if (jsonr_type(dry) != JSONR_BOOL && jsonr_type(dry) != JSONR_NULL)
		body_fault(faults, &here, "bool_type", "Input should be a valid boolean");
	ret->dry_run = jsonr_bool(dry);
}

static void mass_free(struct mass *mass)
{
	size_t i;

	ev_timer_stop(mass->call->loop, &mass->tick);
	for (i = 0; i < mass->count; i++)
		mem_free(mass->ids[i]);
	mem_free(mass->ids);
	str_deinit(&mass->told);
	mem_free(mass);
}

static void send(struct mass *mass)
{
	struct str body = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "action", mass->wish->action);
	jsonw_pair_bool(&w, "dry_run", mass->wish->dry_run);
	jsonw_pair_int(&w, "matched", mass->matched);
	jsonw_pair_int(&w, "applicable", mass->applies);
	if (mass->wish->dry_run) {
		jsonw_pair_bool(&w, "more", mass->more);
	} else {
		jsonw_pair_int(&w, "done", mass->done);
		jsonw_pair_int(&w, "refused", mass->refused);
		jsonw_array_end(&mass->w);
		jsonw_pair_raw(&w, "refusals", str_text(&mass->told), mass->told.len);
		jsonw_pair_text(&w, "next", *mass->next ? mass->next : NULL);
	}
	jsonw_object_end(&w);
	response_json(mass->call->req, 200, &body);
	mass_free(mass);
}

static void go_on(struct mass *mass)
{
	while (mass->begun < mass->count && mass->open < OPEN_MAX && mass->credit >= 1) {
		const char *id = mass->ids[mass->begun++];

		mass->credit -= 1;
		mass->open++;
		mass->ops->act(mass, id);
	}
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct mass *mass = w->data;

	(void)loop;
	(void)revents;
	mass->credit += mass->wish->rate * TICK_S;
	if (mass->credit > OPEN_MAX)
		mass->credit = OPEN_MAX;
	go_on(mass);
	if (mass->begun == mass->count && !mass->open)
		send(mass);
}

void mass_done(struct mass *mass, const char *id, enum errors_code error,
	       const char *detail)
{
	mass->open--; /* the tick goes on: acts may answer from inside */
	if (error == ERRORS_NONE) {
		mass->done++;
		return;
	}
	if (mass->refused++ >= REFUSED_MAX)
		return;
	jsonw_object(&mass->w);
	jsonw_pair_text(&mass->w, "id", id);
	jsonw_pair_text(&mass->w, "code", errors_word(error));
	jsonw_pair_text(&mass->w, "detail", detail ? detail : errors_detail(error));
	jsonw_object_end(&mass->w);
}

void mass_add(struct mass *mass, const char *id, bool applies)
{
	mass->matched++;
	mass->applies += applies;
	if (!applies || mass->wish->dry_run)
		return;
	mass->ids[mass->count++] = mem_dup(id);
}

void mass_page(struct mass *mass, const char *next)
{
	if (mass->wish->dry_run) {
		mass->more = next && mass->matched >= COUNT_MAX;
		if (next && !mass->more)
			mass->ops->fetch(mass, next, COUNT_PAGE);
		else
			send(mass);
		return;
	}
	if (next && strlen(next) < sizeof(mass->next))
		memcpy(mass->next, next, strlen(next) + 1);
	ev_timer_start(mass->call->loop, &mass->tick);
}

void mass_fail(struct mass *mass, enum errors_code error)
{
	errors_send(mass->call->req, error, NULL);
	mass_free(mass);
}

void mass_start(struct api_call *call, const struct mass_ops *ops,
		const struct mass_wish *wish, void *user)
{
	struct mass *mass = mem_new(struct mass);

	mass->call = call;
	mass->ops = ops;
	mass->wish = wish;
	mass->user = user;
	mass->ids = mem_new_n(char *, (size_t)wish->limit);
	jsonw_init(&mass->w, &mass->told);
	jsonw_array(&mass->w);
	ev_timer_init(&mass->tick, on_tick, TICK_S, TICK_S);
	mass->tick.data = mass;
	ops->fetch(mass, wish->after, wish->dry_run ? COUNT_PAGE : wish->limit);
}

void *mass_user(const struct mass *mass)
{
	return mass->user;
}

struct api_call *mass_call(const struct mass *mass)
{
	return mass->call;
}
