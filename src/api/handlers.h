/* handlers.h - the handlers that the route table names, one file per resource */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

struct api_call;

/* agents.c */
void agents_list(struct api_call *call);
void agents_get(struct api_call *call);
/* bulk.c */
void bulk_start(struct api_call *call);
/* cancel_route.c */
void cancel_route_post(struct api_call *call);
/* dead_letters.c */
void dead_letters_list(struct api_call *call);
void dead_letters_get(struct api_call *call);
void dead_letters_discard(struct api_call *call);
/* health_route.c */
void health_route_get(struct api_call *call);
/* orchestrations.c */
void orchestrations_list(struct api_call *call);
void orchestrations_get(struct api_call *call);
/* queue_route.c */
void queue_route_stats(struct api_call *call);
/* resume_route.c */
void resume_route_post(struct api_call *call);
/* runs.c */
void runs_start(struct api_call *call);
void runs_start_v1(struct api_call *call);
void runs_status(struct api_call *call);
void runs_events(struct api_call *call);
void runs_steps(struct api_call *call);
void runs_list(struct api_call *call);
/* stream.c */
void stream_get(struct api_call *call);
/* workers.c */
void workers_list(struct api_call *call);

#endif
