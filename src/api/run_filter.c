/*
 * run_filter.c - which runs somebody means
 *
 * A key that is bound to a tenant means that tenant's runs, whatever else is asked for.
 */
#include "api/run_filter.h"

#include "api/api_call.h"
#include "api/errors.h"
#include "api/query.h"
#include "api/run_pairs.h"
#include "base/arena.h"
#include "server/request.h"

#include <string.h>

#define TEXT_MAX 200
#define TAG_MAX  330 /* a key and a value of metadata */

static void read_tag(struct body_faults *faults, struct request *req,
		     struct store_run_filter *ret)
{
	const char *tag = request_query(req, "tag");
	const char *colon = tag ? strchr(tag, ':') : NULL;

	if (!tag)
		return;
	if (!colon || colon == tag || strlen(tag) > TAG_MAX) {
		body_query_fault(faults, "tag", "tag",
				 "Input should be a key and a value, as key:value");
		return;
	}
	ret->tag_key = arena_dup_n(request_arena(req), tag, (size_t)(colon - tag));
	ret->tag_value = colon + 1;
}

bool run_filter_read(struct body_faults *faults, struct api_call *call,
		     struct store_run_filter *ret)
{
	struct request *req = call->req;
	const char *tenant = query_id(faults, req, "tenant_id");

	if (tenant && !api_call_sees(call, tenant)) {
		errors_send(req, ERRORS_TENANT, NULL);
		return false;
	}
	*ret = (struct store_run_filter){
		.tenant_id = tenant ? tenant : call->key_tenant,
		.status = request_query(req, "status"),
		.orchestration_id = query_id(faults, req, "orchestration_id"),
		.session_id = query_id(faults, req, "session_id"),
		.text = request_query(req, "text"),
		.since_ms = query_moment(faults, req, "since", 0),
		.until_ms = query_moment(faults, req, "until", 0),
	};
	read_tag(faults, req, ret);
	if (ret->status && !run_pairs_status_ok(ret->status))
		body_query_fault(faults, "status", "enum", run_pairs_status_words);
	if (ret->text && (!*ret->text || strlen(ret->text) > TEXT_MAX))
		body_query_fault(faults, "text", "string_length",
				 "Text should have 1 to 200 bytes");
	return true;
}
