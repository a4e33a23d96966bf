/* file_tails.h - the events of runs on files, on their way to clients of this process */
#ifndef EVENTS_FILE_TAILS_H
#define EVENTS_FILE_TAILS_H

#include "base/err.h"

#include <stddef.h>

struct ev_loop;
struct file_tails;
struct files_dir;
struct request;
struct tails_ask;

/* Borrowed for their life. */
struct file_tails *file_tails_new(struct ev_loop *loop, const struct files_dir *dir);
/* Every client is cut off; before the server is freed. NULL is fine. */
void file_tails_free(struct file_tails *tails);

/* As tails_follow() (events/tail.h). ERR_NOT_FOUND: no file of that run is here. */
int file_tails_follow(struct file_tails *tails, struct request *req,
		      const struct tails_ask *ask, struct err *err);

/* Its journal has more. One that another process writes is looked at by and by. */
void file_tails_grew(struct file_tails *tails, const char *run_id);
/* A live event, to those who have seen all that is durable. */
void file_tails_live(struct file_tails *tails, const char *run_id, const char *id,
		     const char *event, size_t len);

#endif
