/*
 * react_speech.c - thoughts and calls that an agent's model writes into its text
 *
 * Models without a native form of them, or behind a server that does not know theirs
 * (CONTRACT 6.3). What is between <tool_call> marks is a call whatever it is: what cannot
 * be read is told to the model. An object in the open is one if its "tool" is offered, or
 * if it has nothing but "tool" and "arguments": everything else may be an answer.
 *
 * An agent without tools makes no calls, and beside native calls a text has none.
 */
#include "engine/react.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/call.h"
#include "run/speech.h"

#include <stdio.h>
#include <string.h>

#define TEXTUAL_MAX   64 /* calls of one answer that are kept; no more than 32 are served */
#define REASONING_MAX 65536

/* ---- what is a call ---- */

/* By the name that it is offered under, or its own; NULL: none. */
static const char *offered(const struct react *react, const char *name)
{
	size_t i;

	for (i = 0; i < react->tools_count; i++)
		if (strcmp(react->tools[i].offer.name, name) == 0 ||
		    strcmp(react->tools[i].name, name) == 0)
			return react->tools[i].offer.name;
	return NULL;
}

static const char *name_in(const struct json *object, const char *key)
{
	const char *name = jsonr_get_text(object, key);

	return name && *name ? name : NULL;
}

static bool is_bare_call(void *arg, const char *text, size_t len)
{
	const struct react *react = arg;
	const struct json *arguments;
	struct json *doc = NULL;
	const char *name;
	bool ret = false;

	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) < 0)
		return false;
	name = name_in(doc, "tool");
	arguments = jsonr_get(doc, "arguments");
	if (name)
		ret = offered(react, name) ||
		      (jsonr_count(doc) == 2 && jsonr_type(arguments) == JSONR_OBJECT);
	jsonr_free(doc);
	return ret;
}

void react_listen(struct react *react)
{
	bool calls = react->state == REACT_ASKING && react->tools_count > 0;

	call_listen(&react->call, calls ? is_bare_call : NULL, react);
}

/* ---- the whole answer ---- */

struct taking {
	struct react *react;
	struct str text;
	struct str written; /* with its calls, without its thoughts */
	struct str reasoning;
	struct llm_tool_call *calls; /* owned, with what is in them */
	size_t count;
	size_t bare;
	size_t tagged;
};

static char *copy(const char *text, size_t len)
{
	char *ret = mem_alloc(len + 1);

	memcpy(ret, text, len);
	ret[len] = '\0';
	return ret;
}

static void read_arguments(struct llm_tool_call *call, const struct json *arguments)
{
	struct str text = STR_INIT;

	if (jsonr_type(arguments) == JSONR_STRING) /* written as providers have it */
		str_add(&text, jsonr_text(arguments), jsonr_text_len(arguments));
	else if (jsonr_type(arguments) != JSONR_NULL)
		jsonr_print(arguments, &text);
	call->arguments = copy(str_text(&text), text.len);
	call->arguments_len = text.len;
	str_deinit(&text);
}

static void read_call(struct taking *taking, struct llm_tool_call *call, const char *text,
		      size_t len)
{
	const struct json *arguments;
	struct json *doc = NULL;
	const char *name = NULL, *known;

	if (jsonr_parse(text, len, &doc, NULL, NULL, NULL) == 0) {
		name = name_in(doc, "tool");
		name = name ? name : name_in(doc, "name");
	}
	if (name) {
		known = offered(taking->react, name);
		arguments = jsonr_get(doc, "arguments");
		if (jsonr_type(arguments) == JSONR_NULL)
			arguments = jsonr_get(doc, "parameters");
		call->name = copy(known ? known : name, strlen(known ? known : name));
		read_arguments(call, arguments);
	} else {
		call->name = copy(REACT_UNREADABLE, strlen(REACT_UNREADABLE));
		call->arguments = copy(text, len);
		call->arguments_len = len;
	}
	jsonr_free(doc);
}

static void add_call(struct taking *taking, const char *text, size_t len)
{
	struct llm_tool_call *call = &taking->calls[taking->count];
	char id[48];
	int n;

	n = snprintf(id, sizeof(id), "text_%d_%zu", taking->react->talk.turns + 1,
		     ++taking->count);
	call->id = copy(id, (size_t)n);
	read_call(taking, call, text, len);
}

static void add_reasoning(struct str *to, const char *text, size_t len)
{
	size_t room = REASONING_MAX > to->len ? REASONING_MAX - to->len : 0;

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	while (len && strchr(" \t\r\n", *text)) {
		text++;
		len--;
	}
	if (to->len && len && room)
		str_add_char(to, '\n');
	str_add(to, text, len < room ? len : utf8_cut(text, len, room));
}

static void on_part(void *arg, enum speech_kind kind, const char *text, size_t len)
{
	struct taking *taking = arg;

	switch (kind) {
	case SPEECH_TEXT:
		str_add(&taking->text, text, len);
		str_add(&taking->written, text, len);
		return;
	case SPEECH_REASONING:
		add_reasoning(&taking->reasoning, text, len);
		return;
	case SPEECH_TAGGED:
		taking->tagged++;
		str_add_text(&taking->written, "<tool_call>");
		str_add(&taking->written, text, len);
		str_add_text(&taking->written, "</tool_call>");
		break;
	case SPEECH_BARE:
		taking->bare++;
		str_add(&taking->written, text, len);
		break;
	}
	if (taking->count < TEXTUAL_MAX)
		add_call(taking, text, len);
}

static bool is_call(void *arg, const char *text, size_t len)
{
	const struct taking *taking = arg;

	return is_bare_call(taking->react, text, len);
}

static void taking_deinit(struct taking *taking)
{
	call_tools_free(taking->calls, taking->count);
	str_deinit(&taking->text);
	str_deinit(&taking->written);
	str_deinit(&taking->reasoning);
}

/* Returns whether anything but text is in it. */
static bool read_speech(struct taking *taking, const struct str *text, bool tags,
			bool bare)
{
	const struct speech_options options = { .part = on_part,
						.tags = tags,
						.is_call = bare ? is_call : NULL,
						.arg = taking };
	struct speech speech;
	bool parted;

	taking->calls = mem_new_n(struct llm_tool_call, TEXTUAL_MAX);
	speech_init(&speech, &options);
	speech_feed(&speech, str_text(text), text->len);
	speech_end(&speech);
	parted = speech.parted;
	speech_deinit(&speech);
	return parted;
}

static void trim_end(struct str *text)
{
	size_t len = text->len;

	while (len && strchr(" \t\r\n", text->data[len - 1]))
		len--;
	if (text->len) {
		text->len = len;
		text->data[len] = '\0';
	}
}

static void swap(struct str *a, struct str *b)
{
	struct str c = *a;

	*a = *b;
	*b = c;
}

static void keep(struct taking *taking, struct llm_answer *answer)
{
	trim_end(&taking->text);
	swap(&answer->text, &taking->text);
	add_reasoning(&answer->reasoning, str_text(&taking->reasoning),
		      taking->reasoning.len);
	if (!taking->count)
		return;
	trim_end(&taking->written);
	swap(&answer->written, &taking->written);
	answer->calls = taking->calls;
	answer->calls_count = taking->count;
	taking->calls = NULL;
	taking->count = 0;
}

/* A mark or an object is cheap to look for, and nearly no answer has one. */
static bool may_have_parts(const struct str *text)
{
	return strpbrk(str_text(text), "[<{") != NULL;
}

void react_take_speech(struct react *react)
{
	struct llm_answer *answer = &react->call.answer;
	struct taking taking = { .react = react };
	bool calls = react->state == REACT_ASKING && react->tools_count > 0 &&
		     !answer->calls_count;
	bool parted;

	if (!may_have_parts(&answer->text))
		return;
	parted = read_speech(&taking, &answer->text, calls, calls);
	if (taking.tagged &&
	    taking.bare) { /* where there are marks they say what is one */
		taking_deinit(&taking);
		taking = (struct taking){ .react = react };
		parted = read_speech(&taking, &answer->text, true, false);
	}
	if (parted)
		keep(&taking, answer);
	taking_deinit(&taking);
}
