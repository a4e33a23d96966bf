/* handlers.h - the handlers that the route table names, one file per resource */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

struct call;

/* agents.c */
void agents_list(struct call *call);
void agents_get(struct call *call);
/* bulk.c */
void bulk_start(struct call *call);
/* health.c */
void health_get(struct call *call);
/* orchestrations.c */
void orchestrations_list(struct call *call);
void orchestrations_get(struct call *call);
/* queue_route.c */
void queue_route_stats(struct call *call);
/* runs.c */
void runs_start(struct call *call);
void runs_status(struct call *call);
void runs_events(struct call *call);
void runs_steps(struct call *call);
void runs_list(struct call *call);
/* workers.c */
void workers_list(struct call *call);

#endif
