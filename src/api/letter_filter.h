/* letter_filter.h - which dead letters somebody means, as a query says it */
#ifndef API_LETTER_FILTER_H
#define API_LETTER_FILTER_H

#include "api/body.h"
#include "store/store_letters.h"

struct api_call;

/* state, orchestration_id and run_id; limit and after are not read. Faults are added. */
void letter_filter_read(struct body_faults *faults, struct api_call *call,
			struct store_letter_filter *ret);

#endif
