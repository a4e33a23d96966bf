/* files_journal.h - a run's journal as a file: append-only, checked, one writer */
#ifndef STORE_FILES_JOURNAL_H
#define STORE_FILES_JOURNAL_H

#include "base/err.h"
#include "base/list.h"
#include "base/str.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in front of a body, and of one. */
#define FILES_RECORD_HEAD 9
#define FILES_RECORD_MAX  ((size_t)64 * 1024 * 1024)

/* Behind the name of one that is just being made. Left by a process that died then, it is
 * of no use to anybody. */
#define FILES_JOURNAL_FRESH ".new"

/*
 * A journal that this process writes. Embed it zeroed; for readers: fd, durable.
 * The lock is on the open file: it is the process' until that closes it or dies, whatever
 * the file is called meanwhile.
 */
struct files_journal {
	int fd;
	uint64_t durable;   /* bytes that are on the disk */
	struct str flying;  /* behind them: on their way, files_journal_take() */
	struct str pending; /* behind those: records that wait */
	struct list dirty;  /* in a files_group */
};

/* All leave *journal usable or untouched. dir_fd is borrowed for the call. */

/* A new one, locked, with nothing in it. ERR_SYS, ERR_CONFLICT: the name is taken. */
int files_journal_create(struct files_journal *journal, int dir_fd, const char *name,
			 struct err *err);
/*
 * One that a dead writer left: locked, and cut behind its last whole record; *ret_cut:
 * bytes that were cut. ERR_CONFLICT: its writer lives. ERR_NOT_FOUND: it is not under
 * that name (any more). ERR_SYS.
 */
int files_journal_adopt(struct files_journal *journal, int dir_fd, const char *name,
			uint64_t *ret_cut, struct err *err);
/* Unlocks. What is pending is forgotten. Fine on a zeroed struct. */
void files_journal_close(struct files_journal *journal);

/* Add a record behind all others: it is in the file with the next write. */
void files_journal_add(struct files_journal *journal, char type, const struct str *body);
/* All that is pending flies from here on: behind what failed to, if anything did. */
void files_journal_take(struct files_journal *journal);
/*
 * Put what flies into the file; and make that durable. They touch nothing that adding
 * does, so a thread may call them meanwhile. A failure leaves the file as long as it was,
 * as far as the disk lets us; both may be called again. ERR_SYS.
 */
int files_journal_write(const struct files_journal *journal, struct err *err);
int files_journal_sync(const struct files_journal *journal, struct err *err);
/* What flew is durable. */
void files_journal_stored(struct files_journal *journal);

/* Where the next record will be: durable is beyond that when the one before is stored. */
uint64_t files_journal_end(const struct files_journal *journal);
/* Is all of it durable? */
bool files_journal_clean(const struct files_journal *journal);

/*
 * A journal that is made in one go: it is whole when it has its name, so nobody ever
 * meets a piece of it. Embed it; all is private.
 */
struct files_put {
	struct files_journal journal;
	int dir_fd;
	char name[NAME_MAX + 1];
	char fresh[NAME_MAX + sizeof(FILES_JOURNAL_FRESH)];
};

/* Of what is pending in journal. dir_fd is borrowed for its life. */
void files_put_init(struct files_put *put, const struct files_journal *journal,
		    int dir_fd, const char *name);
/* On the disk, once; a thread may. What a process left that died here is replaced.
 * ERR_SYS, ERR_CONFLICT: the name is taken. */
int files_put_make(struct files_put *put, struct err *err);
void files_put_deinit(struct files_put *put);

/* What is left to do after a record. */
enum files_scan {
	FILES_SCAN_ON,
	FILES_SCAN_STOP, /* the next scan begins with the record behind this one */
};

/* body is NUL-terminated and borrowed for the call. */
typedef enum files_scan (*files_record_cb)(void *arg, char type, const char *body,
					   size_t len);

/*
 * Read whole records from *at on (0: the first), and move *at behind the last that was
 * given. Any process may read any journal: what its writer is just writing is not whole
 * yet and not given. ERR_SYS, ERR_INPUT when it is no journal.
 */
int files_journal_scan(int fd, uint64_t *at, files_record_cb cb, void *arg,
		       struct err *err);

#endif
