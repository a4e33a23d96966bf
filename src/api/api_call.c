/*
 * api_call.c - one API call on its way
 *
 * A key may be bound to a tenant: it submits for that tenant only, and runs of others are
 * to it as if they were not there (404, so that ids cannot be probed).
 */
#include "api/api_call.h"

#include "base/ids.h"

#include <string.h>

bool api_call_sees(const struct api_call *call, const char *tenant_id)
{
	return !call->key_tenant ||
	       (tenant_id && strcmp(call->key_tenant, tenant_id) == 0);
}

const char *api_call_tenant(const struct api_call *call, const char *wanted)
{
	if (!wanted)
		return call->key_tenant ? call->key_tenant : call->default_tenant;
	return api_call_sees(call, wanted) ? wanted : NULL;
}

bool api_call_id_ok(const char *id)
{
	return *id && strlen(id) < IDS_MAX;
}
