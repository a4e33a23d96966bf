/* answer_route.h - the body of a person's answer */
#ifndef API_ANSWER_ROUTE_H
#define API_ANSWER_ROUTE_H

struct answers_ask;
struct body_faults;
struct request;

/* What it says goes into ask, in the request's arena; what is wrong is a fault. */
void answer_route_read(struct body_faults *faults, struct request *req,
		       struct answers_ask *ask);

#endif
