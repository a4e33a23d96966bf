/*
 * file_stock.c - the file of a run that stock readers know
 *
 * It says nothing that the journal does not: it is written behind a pause and behind the
 * end, and once more by whoever finds a journal that says so beside a file that does not.
 * Readers see a whole one, old or new.
 */
#include "host/file_stock.h"

#include "base/fdutil.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "store/files_asked.h"
#include "store/files_dir.h"
#include "store/files_run.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void stamp(struct jsonw *w, const char *key, int64_t at_ms)
{
	char buf[MOMENT_MAX];

	jsonw_pair_text(w, key, at_ms ? moment_text_sec(at_ms, buf) : NULL);
}

void file_stock_print(const struct files_head *head, const struct files_end *end,
		      const struct files_question *asked, long long started_at_ms,
		      struct str *out)
{
	const char *fields;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "run_id", head->run_id);
	jsonw_pair_text(&w, "orchestration_id", head->orchestration_id);
	jsonw_pair_text(&w, "session_id", head->session_id);
	jsonw_pair_text(&w, "status", end->status);
	jsonw_pair_raw(&w, "shared_state", end->state, strlen(end->state));
	jsonw_pair_raw(&w, "step_history", end->history, strlen(end->history));
	jsonw_pair_text(&w, "current_step_id", asked ? asked->step_id : NULL);
	jsonw_pair_bool(&w, "waiting_for_human", asked != NULL);
	jsonw_pair_text(&w, "human_prompt", asked ? asked->prompt : NULL);
	fields = asked && asked->fields ? asked->fields : "[]";
	jsonw_pair_raw(&w, "human_fields", fields, strlen(fields));
	jsonw_pair_text(&w, "nested_run_id", NULL);
	jsonw_pair_text(&w, "nested_orch_id", NULL);
	jsonw_pair_int(&w, "total_tokens_used", end->tokens);
	jsonw_pair_double(&w, "total_cost_usd", end->cost_usd);
	jsonw_pair_int(&w, "cache_read_tokens_total", end->cache_read_tokens);
	jsonw_pair_int(&w, "cache_write_tokens_total", end->cache_write_tokens);
	jsonw_pair_int(&w, "cache_hit_count", end->cache_hits);
	jsonw_pair_int(&w, "cache_miss_count", 0);
	jsonw_pair_double(&w, "estimated_savings_usd", end->savings_usd);
	stamp(&w, "started_at", started_at_ms);
	stamp(&w, "ended_at", asked ? 0 : end->ended_at_ms);
	/* ours */
	jsonw_pair_text(&w, "tenant_id", head->tenant_id);
	jsonw_pair_text(&w, "final_response", end->response);
	if (end->error)
		jsonw_pair_raw(&w, "error", end->error, strlen(end->error));
	else
		jsonw_pair_text(&w, "error", NULL);
	jsonw_object_end(&w);
	str_add_char(out, '\n');
}

void file_stock_path(const struct files_dir *dir, const char *run_id, struct str *out)
{
	char name[FILES_NAME_MAX];

	/* its journal has a longer name */
	str_printf(out, "%s/%s", dir->path,
		   files_dir_name(run_id, ".json", name) ? name : "");
}

int file_stock_write(const struct files_dir *dir, const struct files_head *head,
		     const struct files_end *end, const struct files_question *asked,
		     long long started_at_ms, struct err *err)
{
	struct str path = STR_INIT, text = STR_INIT;
	int rc;

	file_stock_path(dir, head->run_id, &path);
	file_stock_print(head, end, asked, started_at_ms, &text);
	rc = fdutil_show_file(str_text(&path), text.data, text.len, 0600, err);
	str_deinit(&path);
	str_deinit(&text);
	return rc;
}

bool file_stock_is_behind(const struct files_dir *dir, const char *run_id,
			  long long at_ms)
{
	char name[FILES_NAME_MAX];
	struct stat st;

	return files_dir_name(run_id, ".json", name) &&
	       (fstatat(dir->root, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		st.st_mtim.tv_sec < at_ms / 1000);
}
