/*
 * payload.c - what an entry of the queue carries
 *
 * The entry is packed by whoever makes a run runnable and read by the worker that claims
 * it; in between nobody looks inside. It is a copy of what the run's row says, small
 * enough for Redis, so that a fresh run starts without a read of Postgres (DESIGN §4.3).
 * The row is the truth: a worker that finds "r" or cannot read the payload reads the row.
 */
#include "run/payload.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"

#include <string.h>

void payload_pack(const struct payload *payload, struct str *out)
{
	size_t inputs_len = payload->inputs ? strlen(payload->inputs) : 0;
	size_t message_len = payload->message ? strlen(payload->message) : 0;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "d", payload->definition_id);
	jsonw_pair_int(&w, "v", payload->definition_version);
	if (!payload->whole || message_len + inputs_len > PAYLOAD_INPUT_MAX_BYTES) {
		jsonw_pair_bool(&w, "r", true);
	} else {
		if (message_len > 0)
			jsonw_pair_text(&w, "m", payload->message);
		if (inputs_len > 0)
			jsonw_pair_raw(&w, "i", payload->inputs, inputs_len);
		if (payload->session_id)
			jsonw_pair_text(&w, "s", payload->session_id);
	}
	jsonw_object_end(&w);
}

static int read_object(const struct json *object, struct arena *arena,
		       struct payload *ret, struct err *err)
{
	struct payload payload = { 0 };
	const struct json *inputs = jsonr_get(object, "i");
	const char *id = jsonr_get_text(object, "d");
	const char *message = jsonr_get_text(object, "m");
	const char *session_id = jsonr_get_text(object, "s");

	if (jsonr_type(object) != JSONR_OBJECT)
		return err_set(err, ERR_INPUT, "not an object");
	if (!id || !*id)
		return err_set(err, ERR_INPUT, "no definition id");
	payload.definition_version = jsonr_get_int(object, "v", 0);
	if (payload.definition_version < 1)
		return err_set(err, ERR_INPUT, "no definition version");
	payload.definition_id = arena_dup(arena, id);
	payload.whole = !jsonr_bool(jsonr_get(object, "r"));
	payload.message = message ? arena_dup(arena, message) : "";
	if (session_id)
		payload.session_id = arena_dup(arena, session_id);
	if (jsonr_type(inputs) == JSONR_OBJECT) {
		struct str text = STR_INIT;

		jsonr_print(inputs, &text);
		payload.inputs = arena_dup_n(arena, text.data, text.len);
		str_deinit(&text);
	} else if (jsonr_type(inputs) != JSONR_NULL) {
		return err_set(err, ERR_INPUT, "inputs are not an object");
	}
	*ret = payload;
	return 0;
}

/* ---- most of them, without a parser ---- */

/* A payload in the form in which payload_pack() writes it. */
struct cursor {
	const char *at;
	const char *end;
};

static bool skip(struct cursor *c, const char *word, size_t len)
{
	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

/* A text of visible ASCII with nothing escaped, and the quote behind it. */
static const char *take_text(struct cursor *c, struct arena *arena)
{
	const char *begin = c->at;

	while (c->at < c->end && *c->at >= ' ' && *c->at <= '~' && *c->at != '"' &&
	       *c->at != '\\')
		c->at++;
	if (c->at == c->end || *c->at != '"')
		return NULL;
	return arena_dup_n(arena, begin, (size_t)(c->at++ - begin));
}

static int64_t take_number(struct cursor *c)
{
	int64_t n = 0;
	int digits = 0;

	if (c->at < c->end && *c->at == '0')
		return 0; /* no JSON number begins so but 0 */
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9' && digits++ < 18)
		n = n * 10 + (*c->at++ - '0');
	return n;
}

/*
 * {"d":text,"v":number,"m":text,"s":text}, the last two perhaps; of plain texts. That is
 * nearly every run, and a document costs ten times as much. False: the parser judges.
 */
static bool read_plain(const char *text, size_t len, struct arena *arena,
		       struct payload *ret)
{
	struct cursor c = { text, text + len };
	struct payload payload = { .whole = true, .message = "" };

	if (!skip(&c, "{\"d\":\"", 6))
		return false;
	payload.definition_id = take_text(&c, arena);
	if (!payload.definition_id || !*payload.definition_id || !skip(&c, ",\"v\":", 5))
		return false;
	payload.definition_version = take_number(&c);
	if (payload.definition_version < 1)
		return false;
	if (skip(&c, ",\"m\":\"", 6) && !(payload.message = take_text(&c, arena)))
		return false;
	if (skip(&c, ",\"s\":\"", 6) && !(payload.session_id = take_text(&c, arena)))
		return false;
	if (!skip(&c, "}", 1) || c.at != c.end)
		return false;
	*ret = payload;
	return true;
}

int payload_unpack(const char *text, size_t len, struct arena *arena, struct payload *ret,
		   struct err *err)
{
	struct json *doc = NULL;
	int rc;

	if (read_plain(text, len, arena, ret))
		return 0;
	rc = jsonr_parse(text, len, &doc, NULL, NULL, err);
	if (rc < 0)
		goto out;
	rc = read_object(doc, arena, ret, err);
out:
	jsonr_free(doc);
	if (rc < 0)
		err_wrap(err, "payload of a job");
	return rc;
}
