/*
 * file_said.c - what was said before in a conversation, out of the files of its turns
 *
 * Those that were answered by the same agent, the newest ten, as host/said.c has them
 * from Postgres. Turns are read from the newest back; a session whose last turns all
 * failed is not read to its beginning for that.
 */
#include "host/file_said.h"

#include "base/fdutil.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "engine/host.h"
#include "host/file_run.h"
#include "host/host_file_in.h"
#include "host/said.h"
#include "run/chat_run.h"
#include "store/files_dir.h"
#include "store/files_index.h"
#include "store/files_view.h"

#include <string.h>

#define LOOKS_MAX 50

static bool read_turn(const struct files_dir *dir, const char *session_id, int64_t turn,
		      struct files_view *view)
{
	struct str run_id = STR_INIT;
	struct err err;
	bool live, good = false;
	int fd;

	files_view_init(view);
	if (chat_run_id(&run_id, session_id, turn) &&
	    files_dir_read(dir, str_text(&run_id), &fd, &live, &err) == 0) {
		good = files_view_read(view, fd, &err) == 0;
		fdutil_close(&fd);
	}
	str_deinit(&run_id);
	return good;
}

static bool counts(const struct files_view *view, const struct file_run *run,
		   const char *agent_id)
{
	return view->ended && strcmp(view->end.status, "completed") == 0 &&
	       strcmp(view->head.tenant_id, run->head.tenant_id) == 0 &&
	       view->head.agent_id && strcmp(view->head.agent_id, agent_id) == 0;
}

static void add(struct jsonw *w, const char *role, const char *text)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role);
	jsonw_pair_text(w, "text", text ? text : "");
	jsonw_object_end(w);
}

void file_said_find(const struct file_run *run, struct history_find *find)
{
	const struct host_file *host = run->host;
	const char *session_id = run->head.session_id;
	struct files_view views[SAID_TURNS];
	int64_t turn = 0;
	size_t n = 0, i;
	struct jsonw w;

	if (find->images_wanted && run->head.images)
		str_add_text(&find->images, run->head.images);
	if (session_id && find->said_wanted)
		turn = run->turn
			       ? run->turn
			       : files_index_session(host->options.index, session_id) + 1;
	for (i = 0; i < LOOKS_MAX && --turn > 0 && n < SAID_TURNS; i++) {
		if (read_turn(host->options.dir, session_id, turn, &views[n]) &&
		    counts(&views[n], run, find->agent_id))
			n++;
		else
			files_view_deinit(&views[n]);
	}
	if (n) {
		jsonw_init(&w, &find->list);
		jsonw_array(&w);
		for (i = n; i > 0; i--) {
			add(&w, "user", views[i - 1].head.message);
			add(&w, "assistant", views[i - 1].end.response);
			files_view_deinit(&views[i - 1]);
		}
		jsonw_array_end(&w);
	}
	op_done(&find->op);
}
