/* queue_mail.h - hints for one worker process */
#ifndef QUEUE_QUEUE_MAIL_H
#define QUEUE_QUEUE_MAIL_H

#include "base/ids.h"
#include "queue/queue.h"

#include <stdbool.h>

/*
 * A hint of a run says what Postgres knows already, sooner: it may be lost, come twice,
 * and come for a run that is elsewhere. What people want of a worker may be lost as well,
 * and then the registry shows that nothing came of it. A text is "<version> <what> <of
 * what>": "1 cancel <run id>". queue_claim() brings what waits.
 */
enum queue_mail_kind {
	QUEUE_MAIL_CANCEL, /* the run's row says that it is to stop */
	QUEUE_MAIL_ANSWER, /* somebody has answered a question of the run */
	QUEUE_MAIL_QUIET,  /* this worker is to claim nothing new */
	QUEUE_MAIL_STOP,   /* it is to drain, and another one takes its place */
};

struct queue_mail {
	enum queue_mail_kind kind;
	char run_id[IDS_MAX]; /* of quiet and stop: the incarnation that is meant */
};

/* delivered: false: that process has left, or too much waits for it. */
typedef void (*queue_mail_cb)(void *arg, int rc, bool delivered, const struct err *err);

/* To the process of this incarnation. cb may be NULL. */
int queue_mail_send(struct queue *q, const char *incarnation,
		    const struct queue_mail *mail, queue_mail_cb cb, void *arg,
		    struct err *err);

/* false: not a text of ours, or of a version that we do not know. */
bool queue_mail_read(struct queue_text text, struct queue_mail *ret);

#endif
