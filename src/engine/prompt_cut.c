/*
 * prompt_cut.c - long values in prompts: their head and their tail
 *
 * A cut in the middle of a sentence makes a model guess. So the head ends, and the tail
 * begins, at the end of a paragraph if there is one near, else of a line, else of a
 * sentence, else between two words; near is a quarter of what may be kept.
 */
#include "engine/prompt_cut.h"

#include "base/str.h"
#include "base/utf8.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <stdbool.h>
#include <string.h>

#define NEAR 4 /* a quarter */

/* Borders, the best first; a cut is behind the whole of one. */
static const char *const borders[] = { "\n\n", "\n", ". ", "! ", "? ", " " };

static bool is_at(const char *text, size_t len, size_t at, const char *border)
{
	size_t n = strlen(border);

	return at >= n && at <= len && memcmp(text + at - n, border, n) == 0;
}

/* The last place in from..upto behind a border, or upto. */
static size_t last_border(const char *text, size_t len, size_t from, size_t upto)
{
	size_t i, at;

	for (i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
		for (at = upto; at > from; at--)
			if (is_at(text, len, at, borders[i]))
				return at;
	return utf8_cut(text, len, upto);
}

static size_t first_border(const char *text, size_t len, size_t from, size_t upto)
{
	size_t i, at;

	for (i = 0; i < sizeof(borders) / sizeof(borders[0]); i++)
		for (at = from; at < upto; at++)
			if (is_at(text, len, at, borders[i]))
				return at;
	return utf8_cut(text, len, from);
}

static size_t characters(const char *text, size_t from, size_t upto)
{
	size_t n = 0, i;

	for (i = from; i < upto; i++)
		n += ((unsigned char)text[i] & 0xC0) != 0x80;
	return n;
}

void prompt_cut(struct str *out, const char *text, size_t len, size_t max)
{
	size_t head_max = max / 3 * 2, tail_max = max - head_max, head, tail;

	if (len <= max) {
		str_add(out, text, len);
		return;
	}
	head = last_border(text, len, head_max - head_max / NEAR, head_max);
	tail = first_border(text, len, len - tail_max, len - tail_max + tail_max / NEAR);
	str_add(out, text, head);
	str_printf(out, "\n[... %zu characters left out ...]\n",
		   characters(text, head, tail));
	str_add(out, text + tail, len - tail);
}

void prompt_cut_value(struct str *out, const struct state_pair *pair, size_t max)
{
	struct str text = STR_INIT;

	jsontext_show(&text, pair->json, pair->json_len);
	prompt_cut(out, str_text(&text), text.len, max);
	str_deinit(&text);
}

void prompt_cut_line(struct str *out, const char *text, size_t len, size_t max)
{
	size_t upto = len <= max ? len : utf8_cut(text, len, max), i;

	for (i = 0; i < upto; i++)
		str_add_char(out, text[i] == '\n' || text[i] == '\r' ? ' ' : text[i]);
	if (upto < len)
		str_add_text(out, "...");
}
