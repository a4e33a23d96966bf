/*
 * session_files.c - sessions of the page that a host keeps in files
 *
 * One file a session in data_dir/page_sessions, named by the SHA-256 of its token: what
 * several processes make, read and drop needs no lock then, it outlives the process, and
 * a host that changes its mode signs nobody out.
 */
#include "api/session_files.h"

#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER    "page_sessions"
#define BYTES_MAX 1024
#define HEX       "0123456789abcdef"

struct session_files {
	char *folder;
};

struct session_files *session_files_new(const char *data_dir)
{
	struct session_files *sessions = mem_new(struct session_files);
	struct str path = STR_INIT;

	str_printf(&path, "%s/" FOLDER, data_dir);
	sessions->folder = str_take(&path);
	return sessions;
}

void session_files_free(struct session_files *sessions)
{
	if (!sessions)
		return;
	mem_free(sessions->folder);
	mem_free(sessions);
}

static void path_of(const struct session_files *sessions, const char *token_hash,
		    struct str *ret)
{
	str_printf(ret, "%s/%s", sessions->folder, token_hash);
}

static bool is_hash(const char *text)
{
	return text && strlen(text) == DIGEST_HEX_SIZE - 1 &&
	       strspn(text, HEX) == DIGEST_HEX_SIZE - 1;
}

static bool read_text(const char *text, size_t len, struct session_file *ret)
{
	struct json *doc = NULL;
	const char *key_hash;
	bool good;

	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) < 0)
		return false;
	key_hash = jsonr_get_text(doc, "key_hash");
	ret->created_at_ms = jsonr_get_int(doc, "created_at_ms", 0);
	ret->expires_at_ms = jsonr_get_int(doc, "expires_at_ms", 0);
	good = ret->created_at_ms > 0 && (!key_hash || is_hash(key_hash));
	ret->key_hash[0] = '\0';
	if (good && key_hash)
		memcpy(ret->key_hash, key_hash, DIGEST_HEX_SIZE);
	jsonr_free(doc);
	return good;
}

/* Whether it can be read at all. */
static bool load(const struct session_files *sessions, const char *token_hash,
		 struct session_file *ret)
{
	struct str path = STR_INIT;
	char *text = NULL;
	size_t len;
	struct err err;
	bool good = false;
	int rc;

	path_of(sessions, token_hash, &path);
	rc = fdutil_read_file(str_text(&path), BYTES_MAX, &text, &len, &err);
	if (rc == 0)
		good = read_text(text, len, ret);
	else if (rc != ERR_NOT_FOUND)
		log_warn("session.unreadable", LOG_S("error", (const char *)err.text));
	mem_free(text);
	str_deinit(&path);
	return good;
}

bool session_files_get(const struct session_files *sessions, const char *token_hash,
		       int64_t now_at_ms, struct session_file *ret)
{
	return load(sessions, token_hash, ret) && ret->expires_at_ms > now_at_ms;
}

/*
 * Those that are over, and what is no session; and one more if there is no place. A look
 * at SESSION_FILES_MAX small files at the most, and with a sign-in alone.
 */
static void make_room(const struct session_files *sessions, int64_t now_at_ms)
{
	char first[DIGEST_HEX_SIZE] = "";
	int64_t first_ends_at_ms = INT64_MAX;
	struct dirent *entry;
	size_t count = 0;
	DIR *list = opendir(sessions->folder);

	while (list && (entry = readdir(list))) {
		struct session_file session;

		if (!is_hash(entry->d_name))
			continue;
		if (!load(sessions, entry->d_name, &session) ||
		    session.expires_at_ms <= now_at_ms) {
			session_files_end(sessions, entry->d_name);
			continue;
		}
		count++;
		if (session.expires_at_ms < first_ends_at_ms) {
			first_ends_at_ms = session.expires_at_ms;
			memcpy(first, entry->d_name, sizeof(first));
		}
	}
	if (list)
		(void)closedir(list);
	if (count >= SESSION_FILES_MAX)
		session_files_end(sessions, first);
}

int session_files_put(const struct session_files *sessions, const char *token_hash,
		      const struct session_file *session, int64_t now_at_ms,
		      struct err *err)
{
	struct str path = STR_INIT, text = STR_INIT;
	struct jsonw w;
	int rc;

	rc = fdutil_mkdirs(sessions->folder, 0700, err);
	if (rc < 0)
		return rc;
	make_room(sessions, now_at_ms);
	path_of(sessions, token_hash, &path);
	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_text(&w, "key_hash", *session->key_hash ? session->key_hash : NULL);
	jsonw_pair_int(&w, "created_at_ms", session->created_at_ms);
	jsonw_pair_int(&w, "expires_at_ms", session->expires_at_ms);
	jsonw_object_end(&w);
	str_add_char(&text, '\n');
	/* the loop waits for no disk: who loses power signs in again */
	rc = fdutil_show_file(str_text(&path), text.data, text.len, 0600, err);
	str_deinit(&text);
	str_deinit(&path);
	return rc;
}

void session_files_end(const struct session_files *sessions, const char *token_hash)
{
	struct str path = STR_INIT;

	path_of(sessions, token_hash, &path);
	(void)unlink(str_text(&path)); /* gone is gone */
	str_deinit(&path);
}
