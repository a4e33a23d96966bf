/* resume_route.h - the body of a wish that a failed run goes on */
#ifndef API_RESUME_ROUTE_H
#define API_RESUME_ROUTE_H

struct body_faults;
struct request;

/* The step that it names, in the request's arena; NULL: what failed. */
const char *resume_route_from(struct body_faults *faults, struct request *req);

#endif
