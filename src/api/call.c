/*
 * call.c - one API call on its way
 *
 * A key may be bound to a tenant: it submits for that tenant only, and runs of others are
 * to it as if they were not there (404, so that ids cannot be probed).
 */
#include "api/call.h"

#include "base/ids.h"

#include <string.h>

bool call_sees(const struct call *call, const char *tenant_id)
{
	return !call->key_tenant ||
	       (tenant_id && strcmp(call->key_tenant, tenant_id) == 0);
}

const char *call_tenant(const struct call *call, const char *wanted)
{
	if (!wanted)
		return call->key_tenant ? call->key_tenant : call->default_tenant;
	return call_sees(call, wanted) ? wanted : NULL;
}

bool call_id_ok(const char *id)
{
	return *id && strlen(id) < IDS_MAX;
}
