/*
 * sse_parser.c - server-sent events out of a stream of bytes
 *
 * The rules are those of the HTML standard ("event stream interpretation"): lines end
 * with CR, LF or CR LF; a byte order mark in front is skipped; a line that begins with a
 * colon is a comment; "data" lines of one event are joined with LF; an event without data
 * is none; an id with a NUL in it is ignored. A CR ends its line at once, so that an
 * event is not held back until the byte behind it has come.
 *
 * Bytes that make up a whole line are read where they lie; only a line that was cut is
 * copied.
 */
#include "client/sse_parser.h"

#include <string.h>

#define MARK_LEN  3
#define MARK_DONE (MARK_LEN + 1)
#define KEEP      4096 /* of a buffer, between events */
#define TYPE_MAX  256
#define ID_MAX    1024
/* A time to wait that needs more digits is no time to wait. */
#define RETRY_DIGITS 9

static const char mark[MARK_LEN + 1] = "\xef\xbb\xbf";

void sse_parser_init(struct sse_parser *parser, size_t max_bytes)
{
	memset(parser, 0, sizeof(*parser));
	parser->max_bytes = max_bytes;
	parser->retry_ms = -1;
}

void sse_parser_deinit(struct sse_parser *parser)
{
	str_deinit(&parser->line);
	str_deinit(&parser->data);
	str_deinit(&parser->type);
	str_deinit(&parser->id);
}

static int dispatch(struct sse_parser *parser, sse_cb cb, void *arg)
{
	struct sse_event event;
	int rc = 0;

	if (parser->has_data) {
		event.type = parser->type.len ? str_text(&parser->type) : "message";
		event.data = str_text(&parser->data);
		event.data_len = parser->data.len;
		event.id = str_text(&parser->id);
		rc = cb(arg, &event);
	}
	parser->has_data = false;
	str_reset(&parser->data, KEEP);
	str_reset(&parser->type, KEEP);
	return rc;
}

static void set(struct str *to, const char *value, size_t len, size_t max)
{
	str_reset(to, KEEP);
	if (len <= max)
		str_add(to, value, len);
}

static void set_retry(struct sse_parser *parser, const char *value, size_t len)
{
	int64_t ms = 0;
	size_t i;

	if (len == 0 || len > RETRY_DIGITS)
		return;
	for (i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return;
		ms = ms * 10 + (value[i] - '0');
	}
	parser->retry_ms = ms;
}

static int add_data(struct sse_parser *parser, const char *value, size_t len,
		    struct err *err)
{
	if (parser->data.len + 1 + len > parser->max_bytes)
		return err_set(err, ERR_LIMIT, "an event has more than %zu bytes",
			       parser->max_bytes);
	if (parser->has_data)
		str_add_char(&parser->data, '\n');
	str_add(&parser->data, value, len);
	parser->has_data = true;
	return 0;
}

static bool is(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(name, word, len) == 0;
}

static int take_line(struct sse_parser *parser, const char *line, size_t len, sse_cb cb,
		     void *arg, struct err *err)
{
	const char *colon, *value = "";
	size_t name_len = len, value_len = 0;

	if (len == 0)
		return dispatch(parser, cb, arg);
	colon = memchr(line, ':', len);
	if (colon == line)
		return 0; /* a comment */
	if (colon) {
		name_len = (size_t)(colon - line);
		value = colon + 1;
		value_len = len - name_len - 1;
		if (value_len && *value == ' ') {
			value++;
			value_len--;
		}
	}
	if (is(line, name_len, "data"))
		return add_data(parser, value, value_len, err);
	if (is(line, name_len, "event"))
		set(&parser->type, value, value_len, TYPE_MAX);
	else if (is(line, name_len, "id") && !memchr(value, '\0', value_len))
		set(&parser->id, value, value_len, ID_MAX);
	else if (is(line, name_len, "retry"))
		set_retry(parser, value, value_len);
	return 0;
}

/* Skip a byte order mark that the stream may begin with; a part of one is no mark. */
static void skip_mark(struct sse_parser *parser, const char **at, const char *end)
{
	while (*at < end && parser->mark < MARK_LEN && **at == mark[parser->mark]) {
		(*at)++;
		parser->mark++;
	}
	if (parser->mark == MARK_LEN) {
		parser->mark = MARK_DONE;
	} else if (*at < end) {
		str_add(&parser->line, mark, parser->mark);
		parser->mark = MARK_DONE;
	}
}

static const char *line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));
	const char *cr = memchr(at, '\r', (size_t)((lf ? lf : end) - at));

	return cr ? cr : lf;
}

int sse_parser_feed(struct sse_parser *parser, const char *bytes, size_t len, sse_cb cb,
		    void *arg, struct err *err)
{
	const char *at = bytes, *end = bytes + len, *stop;
	int rc;

	if (parser->mark < MARK_DONE)
		skip_mark(parser, &at, end);
	while (at < end) {
		if (parser->cr) {
			parser->cr = false;
			if (*at == '\n') {
				at++;
				continue;
			}
		}
		stop = line_end(at, end);
		len = (size_t)((stop ? stop : end) - at);
		if (parser->line.len + len > parser->max_bytes)
			return err_set(err, ERR_LIMIT, "a line has more than %zu bytes",
				       parser->max_bytes);
		if (!stop) {
			str_add(&parser->line, at, len);
			return 0;
		}
		parser->cr = *stop == '\r';
		if (parser->line.len) {
			str_add(&parser->line, at, len);
			rc = take_line(parser, str_text(&parser->line), parser->line.len,
				       cb, arg, err);
			str_reset(&parser->line, KEEP);
		} else {
			rc = take_line(parser, at, len, cb, arg, err);
		}
		if (rc != 0)
			return rc;
		at = stop + 1;
	}
	return 0;
}
