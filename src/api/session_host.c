/*
 * session_host.c - sessions of the page that this host opens by its own keys
 *
 * In standalone mode these are all there are. Those that a key opened stay good when the
 * host goes over to scale mode, as its keys do: whoever turned it on goes on looking at
 * it. One without a key does not: whether the fleet has keys is not known here.
 */
#include "api/session_host.h"

#include "api/api_call.h"
#include "api/key_files.h"
#include "api/session_files.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/moment.h"
#include "conf/conf.h"
#include "server/request.h"
#include "store/store_sessions.h"

#include <stdio.h>

#define OLD_MS ((int64_t)60 * 1000)

/* Texts are the heap's before, and the arena's afterwards. */
static const char *keep(const struct api_call *call, char *text)
{
	const char *kept = text ? arena_dup(request_arena(call->req), text) : NULL;

	mem_free(text);
	return kept;
}

static bool describe(const struct api_call *call, const struct session_file *file,
		     struct store_session *ret)
{
	char *name = NULL, *tenant_id = NULL;
	char buf[MOMENT_MAX];

	ret->keys = key_files_any(call->own_keys);
	if (*file->key_hash) {
		if (!key_files_named(call->own_keys, file->key_hash, &name, &tenant_id))
			return false;
	} else if (ret->keys || conf_has_stores(call->conf)) {
		return false;
	}
	ret->good = true;
	ret->key_name = keep(call, name);
	ret->tenant_id = keep(call, tenant_id);
	ret->expires_at = arena_dup(request_arena(call->req),
				    moment_text_row(file->expires_at_ms, buf));
	ret->age_sec = (clock_wall_ms() - file->created_at_ms) / 1000;
	return true;
}

bool session_host_keys(const struct api_call *call)
{
	return call->own_keys && key_files_any(call->own_keys);
}

static bool put(const struct api_call *call, const char *token_hash,
		const struct session_file *file)
{
	struct err err;

	if (session_files_put(key_files_sessions(call->own_keys), token_hash, file,
			      clock_wall_ms(), &err) == 0)
		return true;
	log_error("session.unwritten", LOG_S("error", (const char *)err.text));
	return false;
}

bool session_host_open(const struct api_call *call, const char *token_hash,
		       const char *key_hash, int seconds, struct store_session *ret)
{
	struct session_file file = { .created_at_ms = clock_wall_ms() };

	if (!call->own_keys)
		return false;
	file.expires_at_ms = file.created_at_ms + (int64_t)seconds * 1000;
	if (key_hash)
		(void)snprintf(file.key_hash, sizeof(file.key_hash), "%s", key_hash);
	return describe(call, &file, ret) && put(call, token_hash, &file);
}

bool session_host_get(const struct api_call *call, const char *token_hash,
		      struct store_session *ret)
{
	struct session_file file;

	return call->own_keys && *token_hash &&
	       session_files_get(key_files_sessions(call->own_keys), token_hash,
				 clock_wall_ms(), &file) &&
	       describe(call, &file, ret);
}

bool session_host_rotate(const struct api_call *call, const char *old_hash,
			 const char *new_hash)
{
	int64_t now_at_ms = clock_wall_ms();
	struct session_file file;

	if (!call->own_keys || !session_files_get(key_files_sessions(call->own_keys),
						  old_hash, now_at_ms, &file))
		return false;
	file.created_at_ms = now_at_ms;
	if (!put(call, new_hash, &file))
		return false;
	if (file.expires_at_ms > now_at_ms + OLD_MS)
		file.expires_at_ms = now_at_ms + OLD_MS;
	return put(call, old_hash, &file);
}

void session_host_end(const struct api_call *call, const char *token_hash)
{
	if (call->own_keys && *token_hash)
		session_files_end(key_files_sessions(call->own_keys), token_hash);
}
