/* files_index.h - which runs a host without Postgres has files of, and how they ended */
#ifndef STORE_FILES_INDEX_H
#define STORE_FILES_INDEX_H

#include "store/files_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct files_dir;
struct files_index;

/* What is kept of a run that has ended. Texts as in its head and end, NULL likewise. */
struct files_summary {
	const char *orchestration_id;
	const char *tenant_id;
	const char *session_id;
	const char *status;
	const char *metadata;
	int64_t created_at_ms;
	int64_t started_at_ms;
	int64_t ended_at_ms;
	int64_t run_at_ms;
	int64_t priority;
	int64_t attempts;
	int64_t wakes;
	int64_t epoch;
	int64_t tokens;
	int64_t cache_read_tokens;
	double cost_usd;
	uint64_t end_at; /* where the record of its end is in the file */
};

/* All for readers. */
struct files_indexed {
	int64_t made_at_ms; /* what its id says: lists are ordered by it, then by the id */
	char *run_id;
	bool known; /* it has ended, and the summary says how */
	struct files_summary summary;
	char *texts; /* its own: of the summary */
};

/* More are not in lists, the oldest first. */
#define FILES_INDEX_MAX 200000

struct files_index *files_index_new(const struct files_dir *dir);
void files_index_free(struct files_index *index);

/* There is such a run; turns of conversations are not listed. */
void files_index_see(struct files_index *index, const char *run_id);
/* All names that the folder has. */
void files_index_see_all(struct files_index *index);
/* The newest turn of a conversation that there has been; 0: none. */
int64_t files_index_session(const struct files_index *index, const char *session_id);
/* It has ended. */
void files_index_know(struct files_index *index, const char *run_id,
		      const struct files_summary *summary);
/* The same of what its journal says; nothing if that says that it goes on. */
void files_index_learn(struct files_index *index, const struct files_view *view);
/* It goes on after all. */
void files_index_unlearn(struct files_index *index, const char *run_id);
void files_index_forget(struct files_index *index, const char *run_id);
/* Read journals of runs that are not known, the newest first, for at most so long. false:
 * there are more. */
bool files_index_read(struct files_index *index, int64_t budget_ms);

const struct files_indexed *files_index_find(const struct files_index *index,
					     const char *run_id);
size_t files_index_count(const struct files_index *index);
/* Of those, how many are known. */
size_t files_index_known(const struct files_index *index);
/* The newest is 0. Borrowed until the index changes. */
const struct files_indexed *files_index_at(const struct files_index *index, size_t i);
/* The first behind such a run. */
size_t files_index_behind(const struct files_index *index, int64_t made_at_ms,
			  const char *run_id);

#endif
