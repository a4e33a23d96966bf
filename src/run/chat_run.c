/*
 * chat_run.c - ids of chat turns as runs, and the streams that events are in
 *
 * All events of a session are in one stream, as stock readers expect it. Numbers of
 * events (`seq`) begin anew with each turn, as with each run, so every event of a turn
 * says which one it is of: who follows a turn passes over the others'.
 */
#include "run/chat_run.h"

#include "base/ids.h"
#include "base/str.h"

#include <string.h>

#define HEAD       "chat:"
#define AGENT_HEAD "agent:"
#define TURN_BYTES 18 /* digits at most */

bool chat_run_prefix(struct str *out, const char *session_id)
{
	struct str encoded = STR_INIT;
	bool fits;

	ids_encode(&encoded, session_id);
	fits = encoded.len > 0 && encoded.len <= CHAT_RUN_SESSION_MAX;
	if (fits)
		str_printf(out, HEAD "%s:", str_text(&encoded));
	str_deinit(&encoded);
	return fits;
}

bool chat_run_id(struct str *out, const char *session_id, int64_t turn)
{
	if (!chat_run_prefix(out, session_id))
		return false;
	str_add_int(out, turn);
	return true;
}

/* Where the encoded session is, and the turn behind it. */
static int64_t read_id(const char *run_id, const char **session, size_t *len)
{
	const char *colon;
	int64_t turn = 0;
	const char *at;

	if (strncmp(run_id, HEAD, strlen(HEAD)) != 0)
		return 0;
	*session = run_id + strlen(HEAD);
	colon = strrchr(run_id, ':');
	if (colon <= *session || strlen(colon + 1) > TURN_BYTES)
		return 0;
	*len = (size_t)(colon - *session);
	for (at = colon + 1; *at >= '0' && *at <= '9'; at++)
		turn = turn * 10 + (*at - '0');
	return *at ? 0 : turn;
}

int64_t chat_run_turn(const char *run_id)
{
	const char *session;
	size_t len;

	return read_id(run_id, &session, &len);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool chat_run_session(struct str *out, const char *run_id)
{
	const char *session;
	size_t len, i;

	if (!read_id(run_id, &session, &len))
		return false;
	for (i = 0; i < len; i++) {
		int high = i + 2 < len ? digit(session[i + 1]) : -1;
		int low = i + 2 < len ? digit(session[i + 2]) : -1;

		if (session[i] != '%' || high < 0 || low < 0) {
			str_add_char(out, session[i]);
			continue;
		}
		str_add_char(out, (char)(high * 16 + low));
		i += 2;
	}
	return true;
}

void chat_run_stream(struct str *out, const char *run_id)
{
	struct str session = STR_INIT;

	if (chat_run_session(&session, run_id)) {
		str_printf(out, "synapse:chat:%s:events", str_text(&session));
	} else {
		/* of each run, so without printf */
		str_add_text(out, "synapse:run:");
		str_add_text(out, run_id);
		str_add_text(out, ":events");
	}
	str_deinit(&session);
}

const char *chat_run_agent(const char *definition_id)
{
	size_t len = strlen(AGENT_HEAD);

	return strncmp(definition_id, AGENT_HEAD, len) == 0 ? definition_id + len : NULL;
}

void chat_run_stamp(struct str *out, int64_t turn, const char *event, size_t len)
{
	static const char mark[] = ",\"seq\":";
	size_t mark_len = strlen(mark), at = len;

	if (turn > 0)
		for (at = len; at > 0; at--)
			if (len - at >= mark_len &&
			    memcmp(event + at, mark, mark_len) == 0)
				break;
	if (turn <= 0 || at == 0) {
		str_add(out, event, len);
		return;
	}
	str_add(out, event, at);
	str_printf(out, ",\"turn\":%lld", (long long)turn);
	str_add(out, event + at, len - at);
}
