/*
 * extract.c - JSON values in a text that has more in it
 *
 * The scan for balanced brackets starts anew behind each bracket whose span is no JSON,
 * so a text may have bytes that are looked at again and again. Two bounds keep that from
 * being a way to stop a worker: a span that nests deeper than a value of the state may is
 * given up at once, and all spans together may be BUDGET_FACTOR times the text.
 *
 * Quotes count inside of a span only: prose has them as it likes.
 */
#include "run/extract.h"

#include "base/jsonr.h"
#include "run/state.h"

#include <string.h>
#include <strings.h>

#define BUDGET_FACTOR 16
#define BUDGET_LEAST  ((size_t)64 * 1024)
#define FENCE         "```"

struct extraction {
	extract_cb take;
	void *arg;
	size_t budget;
	size_t found;
	bool enough; /* whoever takes them wants no more */
};

/* Whether the span is JSON; then it was given away. */
static bool give(struct extraction *x, const char *text, size_t len)
{
	struct json *doc = NULL;

	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) < 0)
		return false;
	x->found++;
	if (!x->take(x->arg, doc))
		x->enough = true;
	jsonr_free(doc);
	return true;
}

/* ---- fenced blocks ---- */

struct line {
	const char *text; /* without blanks at its ends */
	size_t len;
	const char *start; /* of the line itself */
	const char *next;  /* of the line behind; the text's end for the last */
};

static struct line line_at(const char *text, const char *end)
{
	const char *stop = memchr(text, '\n', (size_t)(end - text));
	struct line line = { .text = text, .start = text };

	line.next = stop ? stop + 1 : end;
	if (!stop)
		stop = end;
	while (line.text < stop && strchr(" \t\r", *line.text))
		line.text++;
	while (stop > line.text && strchr(" \t\r", stop[-1]))
		stop--;
	line.len = (size_t)(stop - line.text);
	return line;
}

static bool closes(const struct line *line)
{
	return line->len == 3 && memcmp(line->text, FENCE, 3) == 0;
}

static bool opens(const struct line *line)
{
	return closes(line) ||
	       (line->len == 7 && strncasecmp(line->text, FENCE "json", 7) == 0);
}

static void fenced(struct extraction *x, const char *text, const char *end)
{
	const char *block = NULL; /* where the open one begins */
	struct line line;

	for (; text < end && !x->enough; text = line.next) {
		line = line_at(text, end);
		if (!block && opens(&line)) {
			block = line.next;
		} else if (block && closes(&line)) {
			(void)give(x, block, (size_t)(line.start - block));
			block = NULL;
		}
	}
}

/* ---- balanced brackets ---- */

/* The end of the span that starts at text with a bracket, or NULL when there is none. */
static const char *span_end(struct extraction *x, const char *text, const char *end)
{
	char closing[STATE_DEPTH_MAX];
	bool quoted = false;
	const char *p;
	int depth = 0;

	for (p = text; p < end && x->budget > 0; p++, x->budget--) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (quoted) {
			p += *p == '\\' && p + 1 < end;
		} else if (*p == '{' || *p == '[') {
			if (depth == STATE_DEPTH_MAX)
				return NULL;
			closing[depth++] = *p == '{' ? '}' : ']';
		} else if (*p == '}' || *p == ']') {
			if (*p != closing[depth - 1])
				return NULL;
			if (--depth == 0)
				return p + 1;
		}
	}
	return NULL;
}

static void balanced(struct extraction *x, const char *text, const char *end)
{
	const char *stop;
	size_t len;

	while (text < end && x->budget > 0 && !x->enough) {
		text += strcspn(text, "{[");
		if (*text == '\0') {
			text++; /* the end, or a NUL in between */
			continue;
		}
		stop = span_end(x, text, end);
		len = stop ? (size_t)(stop - text) : 0;
		x->budget -= len < x->budget ? len : x->budget;
		text = stop && give(x, text, len) ? stop : text + 1;
	}
}

bool extract_values(const char *text, size_t len, extract_cb take, void *arg)
{
	struct extraction x = {
		.take = take,
		.arg = arg,
		.budget = len * BUDGET_FACTOR + BUDGET_LEAST,
	};

	if (give(&x, text, len))
		return true;
	fenced(&x, text, text + len);
	if (!x.found)
		balanced(&x, text, text + len);
	return x.budget > 0 || x.enough;
}
