/*
 * speech.c - what a model writes into its text beside the answer
 *
 * One machine for what is shown on its way and for the whole: it holds what may become a
 * mark until that is decided, and lets go of everything else at once. Each byte is looked
 * at once, and once more for each sort of mark whose end never came.
 */
#include "run/speech.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define FENCE     "```"
#define FENCE_MAX 64 /* bytes between the mark of a fence and what is in it */
#define TOOL_KEY  "\"tool\""
#define PIECE     4096

static const char reasoning_open[] = "[REASONING]";
static const char reasoning_close[] = "[/REASONING]";
static const char tag_open[] = "<tool_call>";
static const char tag_close[] = "</tool_call>";

enum match {
	MATCH_NONE,
	MATCH_PART, /* as far as there is text: more decides */
	MATCH_WHOLE,
};

void speech_init(struct speech *speech, const struct speech_options *options)
{
	memset(speech, 0, sizeof(*speech));
	speech->options = *options;
}

void speech_deinit(struct speech *speech)
{
	str_deinit(&speech->held);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum match match(const struct str *text, size_t at, const char *mark)
{
	size_t left = text->len - at, len = strlen(mark);
	size_t n = left < len ? left : len;

	if (strncasecmp(text->data + at, mark, n) != 0)
		return MATCH_NONE;
	return n == len ? MATCH_WHOLE : MATCH_PART;
}

/* ---- parts ---- */

/* Behind what was cut off at the beginning a text does not begin with a blank. */
static void tell_text(struct speech *speech, size_t len)
{
	const char *text = str_text(&speech->held);
	size_t skip = 0;

	while (speech->parted && !speech->shown && skip < len && is_space(text[skip]))
		skip++;
	if (len > skip) {
		speech->shown = true;
		speech->options.part(speech->options.arg, SPEECH_TEXT, text + skip,
				     len - skip);
	}
	str_drop(&speech->held, len);
	speech->scanned = 0;
}

static void drop(struct speech *speech, size_t len)
{
	str_drop(&speech->held, len);
	speech->scanned = 0;
	speech->parted = true;
}

static void tell(struct speech *speech, enum speech_kind kind, size_t len)
{
	speech->parted = true;
	speech->options.part(speech->options.arg, kind, str_text(&speech->held), len);
}

/* ---- text ---- */

/* An object with a key, behind a fence or not. *body: where it begins. */
static enum match match_object(const struct str *held, size_t at, size_t *body)
{
	size_t i = at;

	if (held->data[i] == '`') {
		switch (match(held, at, FENCE)) {
		case MATCH_NONE:
			return MATCH_NONE;
		case MATCH_PART:
			return MATCH_PART;
		case MATCH_WHOLE:
			break;
		}
		for (i = at + 3; i < held->len && held->data[i] >= 'a' &&
				 held->data[i] <= 'z' && i - at < FENCE_MAX;
		     i++)
			;
		while (i < held->len && is_space(held->data[i]) && i - at < FENCE_MAX)
			i++;
		if (i - at >= FENCE_MAX)
			return MATCH_NONE;
		if (i == held->len)
			return MATCH_PART;
		if (held->data[i] != '{')
			return MATCH_NONE;
	}
	*body = i++;
	while (i < held->len && is_space(held->data[i]) && i - *body < FENCE_MAX)
		i++;
	if (i - *body >= FENCE_MAX)
		return MATCH_NONE;
	if (i == held->len)
		return MATCH_PART;
	return held->data[i] == '"' ? MATCH_WHOLE : MATCH_NONE;
}

/* What may begin there, in the text's state; MATCH_WHOLE: *mark has so many bytes and
 * *next is the state behind it (for an object: bytes in front of it). */
static enum match look(const struct speech *speech, size_t at, size_t *mark,
		       enum speech_state *next)
{
	const struct speech_options *options = &speech->options;
	const struct {
		const char *mark;
		bool wanted;
		enum speech_state next;
	} marks[] = {
		{ reasoning_open, !speech->no_reasoning, SPEECH_IN_REASONING },
		{ reasoning_close, true, SPEECH_IN_TEXT },
		{ tag_open, options->tags && !speech->no_tags, SPEECH_IN_TAG },
		{ tag_close, options->tags, SPEECH_IN_TEXT },
	};
	const struct str *held = &speech->held;
	enum match found = MATCH_NONE;
	size_t body = at, i;
	char c = held->data[at];

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		enum match one =
			marks[i].wanted ? match(held, at, marks[i].mark) : MATCH_NONE;

		if (one == MATCH_WHOLE) {
			*mark = strlen(marks[i].mark);
			*next = marks[i].next;
			return MATCH_WHOLE;
		}
		if (one == MATCH_PART)
			found = MATCH_PART;
	}
	if (!options->is_call || speech->no_objects || speech->inside ||
	    (c != '{' && c != '`'))
		return found;
	found = match_object(held, at, &body);
	*mark = body - at;
	*next = SPEECH_IN_OBJECT;
	return found;
}

/* A byte of an object: whether it ends with it. */
static bool ends_with(struct speech *speech, char c)
{
	if (speech->escaped) {
		speech->escaped = false;
	} else if (speech->quoted) {
		speech->escaped = c == '\\';
		speech->quoted = c != '"';
	} else if (c == '"') {
		speech->quoted = true;
	} else if (c == '{') {
		speech->depth++;
	} else if (c == '}') {
		return --speech->depth == 0;
	}
	return false;
}

/* The object was text. */
static void pass_object(struct speech *speech, size_t end)
{
	speech->inside = false;
	speech->state = speech->fence ? SPEECH_BEHIND_OBJECT : SPEECH_IN_TEXT;
	tell_text(speech, end);
}

/* false: more is needed. */
static bool text_step(struct speech *speech)
{
	struct str *held = &speech->held;
	enum speech_state next = SPEECH_IN_TEXT;
	size_t at = speech->scanned, mark = 0;
	enum match found = MATCH_NONE;

	for (; at < held->len; at++) {
		char c = held->data[at];

		if (c == '[' || c == '<' || c == '{' || c == '`') {
			found = look(speech, at, &mark, &next);
			if (found != MATCH_NONE)
				break;
		}
		if (speech->inside && ends_with(speech, c)) {
			pass_object(speech, at + 1);
			return true;
		}
	}
	if (at)
		tell_text(speech, at);
	if (found != MATCH_WHOLE)
		return false;
	speech->state = next;
	if (next == SPEECH_IN_OBJECT) {
		speech->fence = speech->scanned = mark;
		speech->depth = 0;
		speech->quoted = speech->escaped = false;
	} else {
		drop(speech, mark);
	}
	return true;
}

/* ---- between marks ---- */

static bool marked_step(struct speech *speech, const char *close, enum speech_kind kind)
{
	struct str *held = &speech->held;
	size_t at = speech->scanned;

	for (; at < held->len; at++) {
		enum match found =
			held->data[at] == close[0] ? match(held, at, close) : MATCH_NONE;

		if (found == MATCH_PART)
			break;
		if (found == MATCH_WHOLE) {
			tell(speech, kind, at);
			drop(speech, at + strlen(close));
			speech->state = SPEECH_IN_TEXT;
			return true;
		}
	}
	speech->scanned = at;
	return false;
}

/* ---- objects ---- */

/* Whether its end is in the first bytes: *at is behind it then. */
static bool find_end(struct speech *speech, size_t bytes, size_t *at)
{
	const struct str *held = &speech->held;
	size_t i = speech->scanned;

	for (; i < bytes && i < held->len; i++) {
		if (ends_with(speech, held->data[i])) {
			*at = i + 1;
			return true;
		}
	}
	speech->scanned = i;
	return false;
}

static bool begins_with_tool(const struct speech *speech)
{
	const struct str *held = &speech->held;
	size_t i = speech->fence + 1;

	while (i < held->len && is_space(held->data[i]))
		i++;
	return held->len - i >= strlen(TOOL_KEY) &&
	       memcmp(held->data + i, TOOL_KEY, strlen(TOOL_KEY)) == 0;
}

static bool object_step(struct speech *speech)
{
	const struct speech_options *options = &speech->options;
	struct str *held = &speech->held;
	size_t end, fence = speech->fence, bound = SIZE_MAX;

	/* no more than that is looked at, also when more is there: cuts tell nothing */
	if (options->hold_max && !begins_with_tool(speech))
		bound = fence + options->hold_max;
	if (!find_end(speech, bound, &end)) {
		if (held->len <= bound)
			return false;
		speech->state = SPEECH_IN_TEXT;
		speech->inside = true;
		tell_text(speech, bound);
		return true;
	}
	speech->state = SPEECH_IN_TEXT;
	if (!options->is_call(options->arg, held->data + fence, end - fence)) {
		pass_object(speech, end);
		return true;
	}
	drop(speech, fence);
	tell(speech, SPEECH_BARE, end - fence);
	drop(speech, end - fence);
	if (fence)
		speech->state = SPEECH_BEHIND_CALL;
	return true;
}

/* The fence ends, or it does not and this is text. The end of one is not taken for the
 * beginning of the next. */
static bool behind_step(struct speech *speech)
{
	const struct str *held = &speech->held;
	enum match found = MATCH_NONE;
	size_t i = 0;

	while (i < held->len && is_space(held->data[i]) && i < FENCE_MAX)
		i++;
	if (i < FENCE_MAX)
		found = i == held->len ? MATCH_PART : match(held, i, FENCE);
	if (found == MATCH_PART)
		return false;
	if (found == MATCH_WHOLE && speech->state == SPEECH_BEHIND_CALL)
		drop(speech, i + strlen(FENCE));
	else if (found == MATCH_WHOLE)
		tell_text(speech, i + strlen(FENCE));
	speech->state = SPEECH_IN_TEXT;
	return true;
}

/* ---- all of it ---- */

static bool step(struct speech *speech)
{
	switch (speech->state) {
	case SPEECH_IN_TEXT:
		return text_step(speech);
	case SPEECH_IN_REASONING:
		return marked_step(speech, reasoning_close, SPEECH_REASONING);
	case SPEECH_IN_TAG:
		return marked_step(speech, tag_close, SPEECH_TAGGED);
	case SPEECH_IN_OBJECT:
		return object_step(speech);
	case SPEECH_BEHIND_CALL:
	case SPEECH_BEHIND_OBJECT:
		return behind_step(speech);
	}
	return false;
}

/* In pieces: what is behind a mark moves to the front each time. */
void speech_feed(struct speech *speech, const char *text, size_t len)
{
	size_t piece;

	for (; len; text += piece, len -= piece) {
		piece = len < PIECE ? len : PIECE;
		str_add(&speech->held, text, piece);
		while (speech->held.len && step(speech))
			;
	}
}

/* Servers stop at the mark that ends a call and leave it out. */
static bool is_whole_object(struct speech *speech)
{
	const struct str *held = &speech->held;
	size_t i = 0, end;

	while (i < held->len && is_space(held->data[i]))
		i++;
	if (i == held->len || held->data[i] != '{')
		return false;
	speech->scanned = i;
	speech->depth = 0;
	speech->quoted = speech->escaped = false;
	speech->inside = false;
	if (!find_end(speech, SIZE_MAX, &end))
		return false;
	while (end < held->len && is_space(held->data[end]))
		end++;
	return end == held->len;
}

static void feed_again(struct speech *speech)
{
	struct str text = speech->held;

	speech->held = (struct str)STR_INIT;
	speech->state = SPEECH_IN_TEXT;
	speech->scanned = 0;
	speech_feed(speech, str_text(&text), text.len);
	str_deinit(&text);
}

/* What was held for an end that did not come is text, but for its other marks. */
static void give_up(struct speech *speech)
{
	switch (speech->state) {
	case SPEECH_IN_TEXT: /* the beginning of a mark */
		tell_text(speech, speech->held.len);
		break;
	case SPEECH_IN_REASONING:
		speech->no_reasoning = true;
		break;
	case SPEECH_IN_TAG:
		if (is_whole_object(speech)) {
			tell(speech, SPEECH_TAGGED, speech->held.len);
			drop(speech, speech->held.len);
		}
		speech->no_tags = true;
		break;
	case SPEECH_IN_OBJECT:
		speech->no_objects = true;
		break;
	case SPEECH_BEHIND_CALL:
	case SPEECH_BEHIND_OBJECT:
		break;
	}
	feed_again(speech);
}

void speech_end(struct speech *speech)
{
	while (speech->held.len) {
		if (!step(speech) && speech->held.len)
			give_up(speech);
	}
}
