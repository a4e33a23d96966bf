/* run_filter.h - which runs somebody means, as a query says it */
#ifndef API_RUN_FILTER_H
#define API_RUN_FILTER_H

#include "api/body.h"
#include "store/store_runs.h"

#include <stdbool.h>

struct api_call;

/*
 * status, orchestration_id, tenant_id, session_id, since, until, text and tag
 * (key:value) of the query; limit and after are not read. Faults are added; texts are in
 * the request's arena. false: answered, the key is another tenant's.
 */
bool run_filter_read(struct body_faults *faults, struct api_call *call,
		     struct store_run_filter *ret);

#endif
