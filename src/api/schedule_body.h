/* schedule_body.h - the body of a schedule, read and checked */
#ifndef API_SCHEDULE_BODY_H
#define API_SCHEDULE_BODY_H

#include "api/body.h"
#include "store/store_schedules.h"

struct api_call;
struct json;

/*
 * *ret is whole if there are no faults: its texts are in the request's arena, the tenant
 * is the caller's or the one named, id is NULL when the body names none, next_sec is the
 * first moment behind now.
 */
void schedule_body_read(struct body_faults *faults, struct api_call *call,
			struct store_schedule *ret);

#endif
