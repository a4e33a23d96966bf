/*
 * file_sessions.c - turns of conversations that a host on files has, in their order
 *
 * A turn is a run from the moment at which it is accepted; one that is not the first of
 * its session does not begin. So what makes runs survive makes conversations survive: the
 * journals of its turns are all that there is of a session.
 */
#include "host/file_sessions.h"

#include "base/list.h"
#include "base/mem.h"
#include "host/file_run.h"
#include "run/chat_run.h"

#include <string.h>

struct file_session {
	char *id; /* owned */
	struct list turns;
	size_t count;
};

static struct file_run *run_at(struct list *node)
{
	return list_entry(node, struct file_run, in_session);
}

static void session_free(struct file_session *session)
{
	mem_free(session->id);
	mem_free(session);
}

void file_sessions_init(struct file_sessions *sessions)
{
	map_init(&sessions->by_id);
}

void file_sessions_deinit(struct file_sessions *sessions)
{
	map_for_each(slot, &sessions->by_id)
		session_free(slot->value);
	map_deinit(&sessions->by_id);
}

static struct file_session *find(const struct file_sessions *sessions,
				 const char *session_id)
{
	return map_get(&sessions->by_id, session_id, strlen(session_id));
}

void file_sessions_enter(struct file_sessions *sessions, struct file_run *run)
{
	const char *id = run->head.session_id;
	struct file_session *session;
	struct list *at;

	run->turn = chat_run_turn(run->head.run_id);
	if (!run->turn || !id)
		return;
	session = find(sessions, id);
	if (!session) {
		session = mem_new(struct file_session);
		session->id = mem_dup(id);
		list_init(&session->turns);
		(void)map_put(&sessions->by_id, session->id, strlen(id), session);
	}
	at = session->turns.prev;
	while (at != &session->turns && run_at(at)->turn > run->turn)
		at = at->prev;
	list_add_after(at, &run->in_session);
	session->count++;
	run->session = session;
}

void file_sessions_leave(struct file_sessions *sessions, struct file_run *run)
{
	struct file_session *session = run->session;

	if (!session)
		return;
	run->session = NULL;
	list_remove(&run->in_session);
	if (--session->count)
		return;
	(void)map_remove(&sessions->by_id, session->id, strlen(session->id));
	session_free(session);
}

bool file_sessions_is_first(const struct file_run *run)
{
	return !run->session || run->session->turns.next == &run->in_session;
}

struct file_run *file_sessions_live(const struct file_sessions *sessions,
				    const char *session_id, size_t *ret_count)
{
	struct file_session *session = find(sessions, session_id);

	*ret_count = session ? session->count : 0;
	return session ? run_at(session->turns.next) : NULL;
}

struct file_run *file_sessions_next(const struct file_run *run)
{
	struct list *next = run->in_session.next;

	return run->session && next != &run->session->turns ? run_at(next) : NULL;
}
