/* file_takeover.h - checkpoints that stock programs left become runs of this host */
#ifndef HOST_FILE_TAKEOVER_H
#define HOST_FILE_TAKEOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct file_takeover;
struct files_dir;
struct files_io;
struct files_list;

/* All borrowed for its life. */
struct file_takeover_options {
	struct ev_loop *loop;
	struct files_io *io; /* journals are made there */
	const struct files_dir *dir;
	struct files_list *orchestrations; /* what is executed from now on */
	const char *tenant_id;
	size_t state_max;
	size_t event_max;
	int64_t keep_ms; /* what ended longer ago is left alone; 0: nothing */
	/* There is a journal of that run; live: it is under live/, and nobody's. */
	void (*made)(void *arg, const char *run_id, bool live);
	void *arg;
};

/* Goes through the folder once, a little at a time. */
struct file_takeover *file_takeover_new(const struct file_takeover_options *options);
/* What was not looked at is looked at by the next start. It waits for the few journals
 * that are being made; nobody is called. NULL is fine. */
void file_takeover_free(struct file_takeover *takeover);

#endif
