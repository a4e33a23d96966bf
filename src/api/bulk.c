/*
 * bulk.c - many runs of one orchestration in one request (DECISIONS 12)
 *
 *   read    the body is cut into its items (bulk_scan.c), each parsed and checked by
 *           itself, a slice per loop turn, so that 32 MiB hold up nobody; bad JSON
 *           anywhere refuses the whole, before anything was accepted
 *   check   an unknown or invalid orchestration refuses the whole
 *   submit  in pieces of at most 256, two in flight: admitted and committed together
 *   answer  202 when every item is decided, in the order of the items
 *
 * An item that is valid JSON and no valid run body is refused alone. When a dependency
 * goes away half-way, what was not yet submitted is refused as well, so that the answer
 * comes while somebody still waits for it; what was accepted stays accepted.
 *
 * The key of item i is the request's Idempotency-Key and "#i".
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/bulk_scan.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/idempotency.h"
#include "api/run_body.h"
#include "api/runs_port.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <stdio.h>
#include <string.h>

#define ITEMS_MAX       ((size_t)100000)
#define ITEM_MAX_BYTES  ((size_t)1024 * 1024)
#define OTHER_MAX_BYTES ((size_t)64 * 1024)
#define SLICE_BYTES     ((size_t)128 * 1024)
#define PIECE           ((size_t)256)
#define IN_FLIGHT_MAX   (2 * PIECE)

struct item {
	struct run_body body;
	const char *sha256; /* with an Idempotency-Key */
	const char *run_id; /* accepted */
	const char *detail; /* refused: JSON text if json_detail; NULL: the code's own */
	enum errors_code error;
	bool json_detail;
	bool replayed;
};

struct bulk {
	struct api_call *call;
	struct arena *arena;
	const char *key; /* NULL: none */
	const char *body;
	struct bulk_scan scan;
	ev_timer turn; /* goes on in the next turn of the loop */
	struct item *items;
	size_t count;
	size_t room;
	size_t sent;
	size_t decided;
	enum errors_code given_up; /* what the rest is told */
	bool checked;
};

/* A submission in flight. */
struct shot {
	struct port_run run;
	struct bulk *bulk;
	size_t index;
};

static void bulk_free(struct bulk *bulk)
{
	ev_timer_stop(bulk->call->loop, &bulk->turn);
	mem_free(bulk->items);
	bulk->items = NULL;
}

static void go_on(struct bulk *bulk)
{
	if (ev_is_active(&bulk->turn))
		return;
	ev_timer_set(&bulk->turn, 0.0, 0.0);
	ev_timer_start(bulk->call->loop, &bulk->turn);
}

/* Refuse the whole. */
static void refuse(struct bulk *bulk, struct body_faults *faults)
{
	body_faults_send(bulk->call->req, faults);
	body_faults_deinit(faults);
	bulk_free(bulk);
}

/* -- answer -- */

static void print_item(struct jsonw *w, const struct item *item)
{
	jsonw_object(w);
	if (item->error == ERRORS_NONE) {
		jsonw_pair_text(w, "run_id", item->run_id);
		if (item->replayed)
			jsonw_pair_bool(w, "replayed", true);
	} else {
		jsonw_pair_text(w, "code", errors_word(item->error));
		if (item->json_detail)
			jsonw_pair_raw(w, "detail", item->detail, strlen(item->detail));
		else
			jsonw_pair_text(w, "detail",
					item->detail ? item->detail
						     : errors_detail(item->error));
	}
	jsonw_object_end(w);
}

static void finish(struct bulk *bulk)
{
	struct str body = STR_INIT;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_key(&w, "runs");
	jsonw_array(&w);
	for (i = 0; i < bulk->count; i++)
		print_item(&w, &bulk->items[i]);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	bulk_free(bulk);
	response_json(bulk->call->req, 202, &body);
}

/* -- submit -- */

static bool is_outage(enum errors_code error)
{
	return error == ERRORS_REDIS || error == ERRORS_POSTGRES ||
	       error == ERRORS_UNKNOWN || error == ERRORS_DRAINING;
}

static void on_decided(struct port_run *run)
{
	struct shot *shot = run->arg;
	struct bulk *bulk = shot->bulk;
	struct item *item = &bulk->items[shot->index];

	item->error = run->error;
	item->replayed = run->replayed;
	if (run->run_id)
		item->run_id = arena_dup(bulk->arena, run->run_id);
	if (run->detail)
		item->detail = arena_dup(bulk->arena, run->detail);
	if (is_outage(run->error))
		bulk->given_up =
			run->error == ERRORS_UNKNOWN ? ERRORS_POSTGRES : run->error;
	bulk->decided++;
	mem_free(shot);
	if (bulk->decided == bulk->count || bulk->sent - bulk->decided <= PIECE)
		go_on(bulk);
}

static void shoot(struct bulk *bulk, size_t index)
{
	struct api_call *call = bulk->call;
	struct item *item = &bulk->items[index];
	const char *tenant_id = api_call_tenant(call, item->body.tenant_id);
	struct shot *shot;

	if (item->error == ERRORS_NONE && !tenant_id)
		item->error = ERRORS_TENANT;
	if (item->error == ERRORS_NONE)
		item->error = bulk->given_up;
	if (item->error != ERRORS_NONE) {
		bulk->decided++;
		return;
	}
	shot = mem_new(struct shot);
	shot->bulk = bulk;
	shot->index = index;
	run_body_fill(&item->body, &shot->run);
	shot->run.orchestration_id = call->params[0];
	shot->run.tenant_id = tenant_id;
	if (bulk->key) {
		shot->run.idempotency_key =
			arena_printf(bulk->arena, "%s#%zu", bulk->key, index);
		shot->run.body_sha256 = item->sha256;
	}
	shot->run.done = on_decided;
	shot->run.arg = shot;
	call->port->intake->submit(call->port->intake->self, &shot->run);
}

static void submit_piece(struct bulk *bulk)
{
	while (bulk->sent < bulk->count && bulk->sent - bulk->decided < IN_FLIGHT_MAX) {
		bulk->sent++; /* before: it may be decided inside */
		shoot(bulk, bulk->sent - 1);
	}
	if (bulk->decided == bulk->count)
		finish(bulk);
}

static void on_checked(void *arg, enum errors_code error, const char *detail)
{
	struct bulk *bulk = arg;

	if (error != ERRORS_NONE) {
		errors_send(bulk->call->req, error, detail);
		bulk_free(bulk);
		return;
	}
	bulk->checked = true;
	go_on(bulk);
}

/* -- read -- */

/* An item is JSON from here on; false: the whole is refused. */
static bool read_item(struct bulk *bulk, size_t start, size_t end,
		      struct body_faults *faults)
{
	struct body_at body = { NULL, "body", 0 };
	struct body_at runs = { &body, "runs", 0 };
	struct body_at at = { &runs, NULL, (int64_t)bulk->count };
	struct body_faults own = { STR_INIT, 0 };
	char hex[DIGEST_HEX_SIZE];
	struct item *item;
	struct json *doc;

	if (bulk->count == ITEMS_MAX) {
		body_fault(faults, &runs, "too_long",
			   "List should have at most 100000 items");
		return false;
	}
	if (end - start > ITEM_MAX_BYTES) {
		body_fault(faults, &at, "too_long", "Item should have at most 1 MiB");
		return false;
	}
	if (!body_parse(faults, bulk->body + start, end - start, start, &doc))
		return false;
	if (bulk->count == bulk->room) {
		bulk->room = bulk->room ? bulk->room * 2 : 64;
		bulk->items = mem_resize(bulk->items, bulk->room * sizeof(*bulk->items));
	}
	item = &bulk->items[bulk->count++];
	memset(item, 0, sizeof(*item));
	run_body_read(&own, &at, doc, bulk->arena, &item->body);
	jsonr_free(doc);
	if (own.count > 0) {
		struct str list = STR_INIT;

		body_faults_print(&own, &list);
		item->error = ERRORS_VALIDATION;
		item->detail = arena_dup_n(bulk->arena, list.data, list.len);
		item->json_detail = true;
		str_deinit(&list);
	} else if (bulk->key) {
		(void)idempotency_digest(bulk->call->params[0], bulk->body + start,
					 end - start, hex);
		item->sha256 = arena_dup(bulk->arena, hex);
	}
	body_faults_deinit(&own);
	return true;
}

/* Another member: ignored, but it must be JSON. */
static bool read_other(struct bulk *bulk, size_t start, size_t end,
		       struct body_faults *faults)
{
	struct body_at body = { NULL, "body", 0 };
	struct str text = STR_INIT;
	struct json *doc;
	bool ok;

	if (end - start > OTHER_MAX_BYTES) {
		body_fault(faults, &body, "too_long",
			   "Fields other than runs should have at most 64 KiB");
		return false;
	}
	str_add_char(&text, '{');
	str_add(&text, bulk->body + start, end - start);
	str_add_char(&text, '}');
	ok = body_parse(faults, text.data, text.len, start - 1, &doc);
	str_deinit(&text);
	jsonr_free(doc);
	return ok;
}

static void fault_at(struct body_faults *faults, size_t byte, const char *type,
		     const char *message)
{
	struct body_at body = { NULL, "body", 0 };
	struct body_at at = { &body, NULL, (int64_t)byte };

	body_fault(faults, &at, type, message);
}

/* What a scan that is over says; true: the whole was read. */
static bool scan_over(struct bulk *bulk, enum bulk_scan_step step, size_t at,
		      struct body_faults *faults)
{
	struct body_at body = { NULL, "body", 0 };
	struct body_at runs = { &body, "runs", 0 };

	switch (step) {
	case BULK_SCAN_BAD:
		fault_at(faults, at, "json_invalid", bulk_scan_why(&bulk->scan));
		return false;
	case BULK_SCAN_DUPLICATE:
		fault_at(faults, at, "json_duplicate_key",
			 "the same key twice in one object");
		return false;
	case BULK_SCAN_TYPE:
		if (bulk_scan_seen(&bulk->scan))
			body_fault(faults, &runs, "list_type",
				   "Input should be a valid list");
		else
			body_fault(faults, &body, "model_attributes_type",
				   "Input should be a valid dictionary or object to "
				   "extract fields from");
		return false;
	case BULK_SCAN_END:
	case BULK_SCAN_ITEM:
	case BULK_SCAN_OTHER:
		break;
	}
	if (!bulk_scan_seen(&bulk->scan)) {
		body_fault(faults, &runs, "missing", "Field required");
		return false;
	}
	return true;
}

static void read_slice(struct bulk *bulk)
{
	struct body_faults faults = { STR_INIT, 0 };
	size_t stop_at = bulk->scan.at + SLICE_BYTES;

	while (bulk->scan.at < stop_at) {
		size_t start = 0;
		size_t end = 0;
		enum bulk_scan_step step = bulk_scan_next(&bulk->scan, &start, &end);
		bool ok;

		if (step == BULK_SCAN_ITEM) {
			ok = read_item(bulk, start, end, &faults);
		} else if (step == BULK_SCAN_OTHER) {
			ok = read_other(bulk, start, end, &faults);
		} else if (scan_over(bulk, step, start, &faults)) {
			request_body_drop(bulk->call->req);
			bulk->call->port->intake->check(bulk->call->port->intake->self,
							bulk->call->params[0], on_checked,
							bulk);
			return;
		} else {
			ok = false;
		}
		if (!ok) {
			refuse(bulk, &faults);
			return;
		}
	}
	go_on(bulk);
}

static void on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct bulk *bulk = w->data;

	(void)loop;
	(void)revents;
	if (bulk->checked)
		submit_piece(bulk);
	else
		read_slice(bulk);
}

void bulk_start(struct api_call *call)
{
	struct bulk *bulk = arena_new(request_arena(call->req), struct bulk);
	struct body_faults faults = { STR_INIT, 0 };
	size_t len;

	bulk->call = call;
	bulk->arena = request_arena(call->req);
	ev_timer_init(&bulk->turn, on_turn, 0.0, 0.0);
	bulk->turn.data = bulk;
	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_ORCHESTRATION, NULL);
		return;
	}
	bulk->key = idempotency_key(call->req, &faults);
	if (faults.count > 0) {
		refuse(bulk, &faults);
		return;
	}
	bulk->body = request_body(call->req, &len);
	bulk_scan_init(&bulk->scan, bulk->body, len);
	read_slice(bulk);
}
