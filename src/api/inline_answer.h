/* inline_answer.h - the answer to a submission whose run is over already */
#ifndef API_INLINE_ANSWER_H
#define API_INLINE_ANSWER_H

struct port_run;
struct request;

/* run->result is there. */
void inline_answer_send(struct request *req, const struct port_run *run);
/* The same in the shape of /api/v1 (CONTRACT 1.6). */
void inline_answer_send_v1(struct request *req, const struct port_run *run);

/* 202: it goes on, and nobody waits for it. */
void inline_answer_send_accepted(struct request *req, const char *run_id,
				 const char *status);

#endif
