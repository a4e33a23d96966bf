/*
 * redis_reply.c - what a Redis server answered
 *
 * Every accessor answers "nothing" for a node of another type, so a caller reads what it
 * expects and checks what it got, instead of checking types first.
 *
 * An error's class is its first word. Before 7.0 an error inside a script hides it:
 * "ERR Error running script (call to f_...): @user_script:7: -OOM command not allowed",
 * so the words are looked for behind a '-' there as well.
 */
#include "redis/redis_reply.h"

#include "base/units.h"
#include "redis/redis_node.h"

#include <string.h>

static const struct {
	const char *word;
	enum redis_trouble trouble;
} classes[] = {
	/* clang-format off */
	{ "OOM",         REDIS_TROUBLE_OOM },
	{ "MISCONF",     REDIS_TROUBLE_MISCONF },
	{ "READONLY",    REDIS_TROUBLE_READONLY },
	{ "LOADING",     REDIS_TROUBLE_LOADING },
	{ "MASTERDOWN",  REDIS_TROUBLE_LOADING },
	{ "NOSCRIPT",    REDIS_TROUBLE_NOSCRIPT },
	{ "MOVED",       REDIS_TROUBLE_MOVED },
	{ "ASK",         REDIS_TROUBLE_MOVED },
	{ "CROSSSLOT",   REDIS_TROUBLE_MOVED },
	{ "CLUSTERDOWN", REDIS_TROUBLE_MOVED },
	{ "TRYAGAIN",    REDIS_TROUBLE_MOVED },
	{ "BUSY",        REDIS_TROUBLE_BUSY },
	{ "UNBLOCKED",   REDIS_TROUBLE_UNBLOCKED },
	{ "WRONGTYPE",   REDIS_TROUBLE_WRONGTYPE },
	{ "NOAUTH",      REDIS_TROUBLE_AUTH },
	{ "WRONGPASS",   REDIS_TROUBLE_AUTH },
	{ "NOPERM",      REDIS_TROUBLE_AUTH },
	/* clang-format on */
};

enum redis_type redis_reply_type(const struct redis_reply *reply)
{
	return reply ? reply->type : REDIS_NIL;
}

int64_t redis_reply_int(const struct redis_reply *reply)
{
	return reply && reply->type == REDIS_INT ? reply->number : 0;
}

bool redis_reply_get_int(const struct redis_reply *reply, int64_t *ret)
{
	size_t len;
	const char *text;
	int64_t n;

	if (reply && reply->type == REDIS_INT) {
		*ret = reply->number;
		return true;
	}
	text = redis_reply_text(reply, &len);
	if (!text || strlen(text) != len || units_parse_int(text, &n) < 0)
		return false;
	*ret = n;
	return true;
}

const char *redis_reply_text(const struct redis_reply *reply, size_t *len)
{
	bool has = reply && (reply->type == REDIS_TEXT || reply->type == REDIS_STATUS ||
			     reply->type == REDIS_ERROR);

	if (len)
		*len = has ? reply->len : 0;
	return has ? reply->text : NULL;
}

size_t redis_reply_count(const struct redis_reply *reply)
{
	return reply && reply->type == REDIS_ARRAY ? reply->len : 0;
}

const struct redis_reply *redis_reply_at(const struct redis_reply *reply, size_t i)
{
	return i < redis_reply_count(reply) ? reply->elements[i] : NULL;
}

static bool begins_with_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && (text[len] == ' ' || text[len] == '\0');
}

enum redis_trouble redis_reply_trouble(const struct redis_reply *reply)
{
	const char *text;

	if (redis_reply_type(reply) != REDIS_ERROR)
		return REDIS_TROUBLE_NONE;
	text = reply->text;
	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		if (begins_with_word(text, classes[i].word))
			return classes[i].trouble;
	}
	if (strncmp(text, "ERR Error running script", 24) != 0)
		return REDIS_TROUBLE_OTHER;
	for (text = strchr(text, '-'); text; text = strchr(text + 1, '-')) {
		for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
			if (begins_with_word(text + 1, classes[i].word))
				return classes[i].trouble;
		}
	}
	return REDIS_TROUBLE_OTHER;
}

const char *redis_trouble_name(enum redis_trouble trouble)
{
	switch (trouble) {
	case REDIS_TROUBLE_NONE:
		return "none";
	case REDIS_TROUBLE_OOM:
		return "oom";
	case REDIS_TROUBLE_MISCONF:
		return "misconf";
	case REDIS_TROUBLE_READONLY:
		return "readonly";
	case REDIS_TROUBLE_LOADING:
		return "loading";
	case REDIS_TROUBLE_NOSCRIPT:
		return "noscript";
	case REDIS_TROUBLE_MOVED:
		return "moved";
	case REDIS_TROUBLE_BUSY:
		return "busy";
	case REDIS_TROUBLE_UNBLOCKED:
		return "unblocked";
	case REDIS_TROUBLE_WRONGTYPE:
		return "wrongtype";
	case REDIS_TROUBLE_AUTH:
		return "auth";
	case REDIS_TROUBLE_OTHER:
		return "other";
	}
	return "other";
}
