/*
 * files_index.c - which runs a host without Postgres has files of, and how they ended
 *
 * Names are read once, at the start; what is in the files while nothing else is to be
 * done, and when somebody asks for it. From then on whoever has a run says what becomes
 * of it. So a list costs no folder and a status no journal; what runs that go on look
 * like is in their host's memory and not here.
 *
 * An array, the oldest in front: new runs come at its end, and few of those that there
 * are change their place.
 */
#include "store/files_index.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/chat_run.h"
#include "store/files_dir.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct files_index {
	const struct files_dir *dir;
	struct map by_id;
	struct map sessions;       /* struct files_session */
	struct files_indexed **at; /* owned, as what it points to */
	size_t count, room;
	size_t known;
	size_t unread; /* those before this one were not looked into */
};

struct files_session {
	char *id; /* owned */
	int64_t newest;
};

static void indexed_free(struct files_indexed *one)
{
	mem_free(one->run_id);
	mem_free(one->texts);
	mem_free(one);
}

struct files_index *files_index_new(const struct files_dir *dir)
{
	struct files_index *index = mem_new(struct files_index);

	index->dir = dir;
	map_init(&index->by_id);
	map_init(&index->sessions);
	return index;
}

void files_index_free(struct files_index *index)
{
	size_t i;

	if (!index)
		return;
	for (i = 0; i < index->count; i++)
		indexed_free(index->at[i]);
	mem_free(index->at);
	map_for_each(slot, &index->sessions) {
		struct files_session *session = slot->value;

		mem_free(session->id);
		mem_free(session);
	}
	map_deinit(&index->sessions);
	map_deinit(&index->by_id);
	mem_free(index);
}

/* Ids end in the moment at which they were made (ids_run()). */
static int64_t made_at(const char *run_id)
{
	const char *last = strrchr(run_id, '_');

	return last ? strtoll(last + 1, NULL, 10) : 0;
}

static int compare(int64_t made_at_ms, const char *run_id,
		   const struct files_indexed *other)
{
	if (made_at_ms != other->made_at_ms)
		return made_at_ms < other->made_at_ms ? -1 : 1;
	return strcmp(run_id, other->run_id);
}

/* How many are older. */
static size_t place_of(const struct files_index *index, int64_t made_at_ms,
		       const char *run_id)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(made_at_ms, run_id, index->at[middle]) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void drop_at(struct files_index *index, size_t at)
{
	struct files_indexed *one = index->at[at];

	(void)map_remove(&index->by_id, one->run_id, strlen(one->run_id));
	index->count--;
	memmove(&index->at[at], &index->at[at + 1],
		(index->count - at) * sizeof(*index->at));
	index->unread -= at < index->unread;
	index->known -= one->known;
	indexed_free(one);
}

static void make_room(struct files_index *index)
{
	if (index->count == FILES_INDEX_MAX)
		drop_at(index, 0);
	if (index->count < index->room)
		return;
	index->room = index->room ? index->room * 2 : 256;
	index->at = mem_resize(index->at, index->room * sizeof(*index->at));
}

static void see_turn(struct files_index *index, const char *run_id)
{
	struct str id = STR_INIT;
	int64_t turn = chat_run_turn(run_id);
	struct files_session *session;

	if (!chat_run_session(&id, run_id)) {
		str_deinit(&id);
		return;
	}
	session = map_get(&index->sessions, str_text(&id), id.len);
	if (!session) {
		session = mem_new(struct files_session);
		session->id = mem_dup(str_text(&id));
		(void)map_put(&index->sessions, session->id, id.len, session);
	}
	if (turn > session->newest)
		session->newest = turn;
	str_deinit(&id);
}

int64_t files_index_session(const struct files_index *index, const char *session_id)
{
	const struct files_session *session =
		map_get(&index->sessions, session_id, strlen(session_id));

	return session ? session->newest : 0;
}

void files_index_see(struct files_index *index, const char *run_id)
{
	struct files_indexed *one;
	size_t at;

	if (chat_run_turn(run_id)) {
		see_turn(index, run_id);
		return;
	}
	if (map_get(&index->by_id, run_id, strlen(run_id)))
		return;
	make_room(index);
	one = mem_new(struct files_indexed);
	one->run_id = mem_dup(run_id);
	one->made_at_ms = made_at(run_id);
	at = place_of(index, one->made_at_ms, run_id);
	memmove(&index->at[at + 1], &index->at[at],
		(index->count - at) * sizeof(*index->at));
	index->at[at] = one;
	index->count++;
	index->unread += at < index->unread;
	(void)map_put(&index->by_id, one->run_id, strlen(one->run_id), one);
}

static void see_folder(struct files_index *index, const char *below)
{
	struct str path = STR_INIT;
	char id[IDS_MAX];
	struct dirent *entry;
	DIR *list;

	str_printf(&path, "%s%s", index->dir->path, below);
	list = opendir(str_text(&path));
	str_deinit(&path);
	while (list && (entry = readdir(list)))
		if (files_dir_id(entry->d_name, ".journal", id))
			files_index_see(index, id);
	if (list)
		(void)closedir(list);
}

void files_index_see_all(struct files_index *index)
{
	see_folder(index, "");
	see_folder(index, "/live");
	index->unread = index->count;
}

static const char *put(struct str *texts, const char *text, size_t *at)
{
	*at = texts->len;
	if (text)
		str_add(texts, text, strlen(text) + 1);
	return text;
}

static void keep_texts(struct files_indexed *one, const struct files_summary *summary)
{
	const char *from[] = { summary->orchestration_id, summary->tenant_id,
			       summary->session_id, summary->status, summary->metadata };
	const char **to[] = { &one->summary.orchestration_id, &one->summary.tenant_id,
			      &one->summary.session_id, &one->summary.status,
			      &one->summary.metadata };
	const size_t n = sizeof(from) / sizeof(*from);
	size_t at[sizeof(from) / sizeof(*from)], i;
	struct str texts = STR_INIT;

	for (i = 0; i < n; i++)
		(void)put(&texts, from[i], &at[i]);
	mem_free(one->texts);
	one->texts = mem_dup_n(str_text(&texts), texts.len);
	for (i = 0; i < n; i++)
		*to[i] = from[i] ? one->texts + at[i] : NULL;
	str_deinit(&texts);
}

void files_index_know(struct files_index *index, const char *run_id,
		      const struct files_summary *summary)
{
	struct files_indexed *one;

	files_index_see(index, run_id);
	one = map_get(&index->by_id, run_id, strlen(run_id));
	if (!one)
		return; /* a chat turn, or older than all of a full index */
	one->summary = *summary;
	keep_texts(one, summary);
	index->known += !one->known;
	one->known = true;
}

void files_index_learn(struct files_index *index, const struct files_view *view)
{
	const struct files_head *head = &view->head;

	if (!view->ended)
		return;
	files_index_know(index, head->run_id,
			 &(struct files_summary){
				 .orchestration_id = head->orchestration_id,
				 .tenant_id = head->tenant_id,
				 .session_id = head->session_id,
				 .status = view->end.status,
				 .metadata = head->metadata,
				 .created_at_ms = head->created_at_ms,
				 .started_at_ms = view->started_at_ms,
				 .ended_at_ms = view->end.ended_at_ms,
				 .run_at_ms = head->run_at_ms,
				 .priority = head->priority,
				 .attempts = view->attempts,
				 .wakes = view->wakes,
				 .epoch = view->epoch,
				 .tokens = view->end.tokens,
				 .cache_read_tokens = view->end.cache_read_tokens,
				 .cost_usd = view->end.cost_usd,
				 .end_at = view->end_at,
			 });
}

void files_index_unlearn(struct files_index *index, const char *run_id)
{
	struct files_indexed *one = map_get(&index->by_id, run_id, strlen(run_id));

	if (!one)
		return;
	index->known -= one->known;
	one->known = false;
}

void files_index_forget(struct files_index *index, const char *run_id)
{
	const struct files_indexed *one = files_index_find(index, run_id);

	if (one)
		drop_at(index, place_of(index, one->made_at_ms, run_id));
}

static void read_one(struct files_index *index, const char *run_id)
{
	struct files_view view;
	struct err err;
	bool live;
	int fd;

	if (files_dir_read(index->dir, run_id, &fd, &live, &err) < 0)
		return; /* whoever asks for it hears why */
	if (files_view_read(&view, fd, &err) == 0)
		files_index_learn(index, &view);
	files_view_deinit(&view);
	fdutil_close(&fd);
}

bool files_index_read(struct files_index *index, int64_t budget_ms)
{
	int64_t until_ms = clock_mono_ms() + budget_ms;

	while (index->unread > 0 && clock_mono_ms() < until_ms) {
		const struct files_indexed *one = index->at[--index->unread];

		if (!one->known)
			read_one(index, one->run_id);
	}
	return index->unread == 0;
}

const struct files_indexed *files_index_find(const struct files_index *index,
					     const char *run_id)
{
	return map_get(&index->by_id, run_id, strlen(run_id));
}

size_t files_index_known(const struct files_index *index)
{
	return index->known;
}

size_t files_index_count(const struct files_index *index)
{
	return index->count;
}

const struct files_indexed *files_index_at(const struct files_index *index, size_t i)
{
	return index->at[index->count - 1 - i];
}

size_t files_index_behind(const struct files_index *index, int64_t made_at_ms,
			  const char *run_id)
{
	return index->count - place_of(index, made_at_ms, run_id);
}
