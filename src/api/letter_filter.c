/* letter_filter.c - which dead letters somebody means */
#include "api/letter_filter.h"

#include "api/api_call.h"
#include "api/query.h"
#include "server/request.h"

#include <stdbool.h>
#include <string.h>

static bool read_state(const char *text, enum store_letters_state *ret)
{
	if (!text || strcmp(text, "open") == 0)
		*ret = STORE_LETTERS_OPEN;
	else if (strcmp(text, "resolved") == 0)
		*ret = STORE_LETTERS_RESOLVED;
	else if (strcmp(text, "all") == 0)
		*ret = STORE_LETTERS_ALL;
	else
		return false;
	return true;
}

void letter_filter_read(struct body_faults *faults, struct api_call *call,
			struct store_letter_filter *ret)
{
	struct request *req = call->req;

	*ret = (struct store_letter_filter){
		.tenant_id = call->key_tenant,
		.orchestration_id = query_id(faults, req, "orchestration_id"),
		.run_id = query_id(faults, req, "run_id"),
	};
	if (!read_state(request_query(req, "state"), &ret->state))
		body_query_fault(faults, "state", "enum",
				 "Input should be 'open', 'resolved' or 'all'");
}
