/*
 * conversation.c - what an agent's model and its tools said, turn by turn
 *
 * What is added is read from the same text that goes into the journal, so a conversation
 * is the same for the worker that had it and for the one that goes on with it.
 */
#include "engine/conversation.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <string.h>

void conversation_init(struct conversation *talk)
{
	memset(talk, 0, sizeof(*talk));
	arena_init(&talk->arena);
}

void conversation_deinit(struct conversation *talk)
{
	arena_deinit(&talk->arena);
}

/* ---- reading ---- */

static const char *keep(struct conversation *talk, const struct json *value, size_t *len)
{
	const char *text = jsonr_text(value);

	if (!text) {
		*len = 0;
		return "";
	}
	*len = jsonr_text_len(value);
	return arena_dup_n(&talk->arena, text, *len);
}

static struct talk *push(struct conversation *talk, enum talk_kind kind)
{
	struct talk *entry = arena_new(&talk->arena, struct talk);

	entry->kind = kind;
	entry->text = "";
	if (talk->last)
		talk->last->next = entry;
	else
		talk->first = entry;
	talk->last = entry;
	return entry;
}

static void add_history(struct conversation *talk, const struct json *list)
{
	size_t i;

	for (i = 0; i < jsonr_count(list); i++) {
		const struct json *said = jsonr_at(list, i);
		const char *role = jsonr_get_text(said, "role");
		struct talk *entry = push(talk, TALK_HISTORY);

		entry->role =
			role && strcmp(role, "assistant") == 0 ? LLM_ASSISTANT : LLM_USER;
		entry->text = keep(talk, jsonr_get(said, "text"), &entry->len);
		talk->chars += entry->len;
	}
}

static int add_start(struct conversation *talk, const struct json *start, int64_t at_ms,
		     struct err *err)
{
	const char *agent_id = jsonr_get_text(start, "agent_id");

	if (talk->agent_id || !agent_id)
		return err_set(err, ERR_INPUT, "a conversation starts once, of an agent");
	talk->agent_id = arena_dup(&talk->arena, agent_id);
	talk->agent_version = jsonr_get_int(start, "agent_version", 0);
	talk->key_path = jsonr_get_text(start, "path")
				 ? arena_dup(&talk->arena, jsonr_get_text(start, "path"))
				 : "";
	talk->execution = (int)jsonr_get_int(start, "execution", 0);
	talk->images = jsonr_get_int(start, "images", 0);
	talk->started_at_ms = at_ms;
	add_history(talk, jsonr_get(start, "history"));
	return 0;
}

static void add_answer(struct conversation *talk, const struct json *answer)
{
	const struct json *calls = jsonr_get(answer, "calls");
	struct talk *entry = push(talk, TALK_ANSWER);
	size_t len, i;

	entry->text = keep(talk, jsonr_get(answer, "text"), &entry->len);
	if (jsonr_get_text(answer, "reasoning"))
		entry->reasoning = keep(talk, jsonr_get(answer, "reasoning"), &len);
	entry->textual = jsonr_bool(jsonr_get(answer, "textual"));
	entry->count = jsonr_count(calls);
	entry->calls = arena_new_n(&talk->arena, struct llm_tool_call, entry->count + 1);
	talk->chars += entry->len;
	for (i = 0; i < entry->count; i++) {
		const struct json *json = jsonr_at(calls, i);
		struct llm_tool_call *call = &entry->calls[i];

		call->id = keep(talk, jsonr_get(json, "id"), &len);
		call->name = keep(talk, jsonr_get(json, "name"), &len);
		talk->chars += len;
		call->arguments =
			keep(talk, jsonr_get(json, "arguments"), &call->arguments_len);
		talk->chars += call->arguments_len;
	}
	talk->turns++;
	talk->asks++;
	talk->tool_calls += (int)entry->count;
}

/* As a text, for a model that writes its calls as one. */
static void tell_results(struct conversation *talk, struct talk *entry,
			 const struct talk *answer)
{
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < entry->count; i++) {
		str_printf(&text, "%s[Result of the call of tool '%s']\n",
			   i ? "\n\n" : "", answer->calls[i].name);
		str_add(&text, entry->results[i].text, entry->results[i].len);
	}
	entry->textual = true;
	entry->text = arena_dup_n(&talk->arena, str_text(&text), text.len);
	entry->len = text.len;
	str_deinit(&text);
}

static int add_results(struct conversation *talk, const struct json *results,
		       struct err *err)
{
	const struct talk *answer = conversation_open_answer(talk);
	struct talk *entry;
	size_t len, i;

	if (!answer || answer->count != jsonr_count(results))
		return err_set(err, ERR_INPUT, "results are of no answer");
	entry = push(talk, TALK_RESULTS);
	entry->count = answer->count;
	entry->results = arena_new_n(&talk->arena, struct talk_result, entry->count + 1);
	for (i = 0; i < entry->count; i++) {
		const struct json *json = jsonr_at(results, i);
		struct talk_result *result = &entry->results[i];

		result->id = keep(talk, jsonr_get(json, "id"), &len);
		result->text = keep(talk, jsonr_get(json, "text"), &result->len);
		result->failed = jsonr_bool(jsonr_get(json, "failed"));
		talk->chars += result->len;
		talk->last_tool = answer->calls[i].name;
	}
	if (answer->textual)
		tell_results(talk, entry, answer);
	return 0;
}

static void add_summary(struct conversation *talk, const struct json *compact)
{
	struct talk *entry = push(talk, TALK_SUMMARY);

	entry->text = keep(talk, jsonr_get(compact, "summary"), &entry->len);
	entry->turns = (int)jsonr_get_int(compact, "turns", 0);
	entry->tool_calls = (int)jsonr_get_int(compact, "calls", 0);
	entry->asks = (int)jsonr_get_int(compact, "asks", 0);
	talk->chars += entry->len;
	talk->turns += entry->turns;
	talk->tool_calls += entry->tool_calls;
	talk->asks += entry->asks;
}

static void add_other(struct conversation *talk, const struct json *json)
{
	struct talk *entry = push(talk, TALK_OTHER);
	struct str text = STR_INIT;

	jsonr_print(json, &text);
	entry->text = arena_dup_n(&talk->arena, str_text(&text), text.len);
	entry->len = text.len;
	str_deinit(&text);
}

static int add(struct conversation *talk, const struct json *json, struct err *err)
{
	const struct json *start = jsonr_get(json, "start");
	int64_t at_ms = jsonr_get_int(json, "at", 0);
	int rc = 0;

	if (!talk->agent_id && !start)
		return err_set(err, ERR_INPUT, "a conversation begins with its start");
	if (start)
		rc = add_start(talk, start, at_ms, err);
	else if (jsonr_get(json, "answer"))
		add_answer(talk, jsonr_get(json, "answer"));
	else if (jsonr_get(json, "results"))
		rc = add_results(talk, jsonr_get(json, "results"), err);
	else if (jsonr_get(json, "compact"))
		add_summary(talk, jsonr_get(json, "compact"));
	else
		add_other(talk, json);
	if (rc == 0 && at_ms) {
		talk->at_ms = at_ms;
		if (talk->last)
			talk->last->at_ms = at_ms;
	}
	return rc;
}

int conversation_read(struct conversation *talk, const char *list, size_t len,
		      struct err *err)
{
	struct json *doc = NULL;
	size_t i;
	int rc;

	rc = jsonr_parse(list, len, &doc, NULL, NULL, err);
	if (rc == 0 && (jsonr_type(doc) != JSONR_ARRAY || !jsonr_count(doc)))
		rc = err_set(err, ERR_INPUT, "a conversation is a list");
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++)
		rc = add(talk, jsonr_at(doc, i), err);
	jsonr_free(doc);
	return rc;
}

int conversation_add(struct conversation *talk, const char *entry, size_t len,
		     struct err *err)
{
	struct json *doc = NULL;
	int rc;

	rc = jsonr_parse(entry, len, &doc, NULL, NULL, err);
	if (rc == 0)
		rc = add(talk, doc, err);
	jsonr_free(doc);
	return rc;
}

const struct talk *conversation_open_answer(const struct conversation *talk)
{
	const struct talk *open = NULL, *entry;

	for (entry = talk->first; entry; entry = entry->next) {
		if (entry->kind == TALK_ANSWER)
			open = entry;
		else if (entry->kind != TALK_OTHER)
			open = NULL;
	}
	return open;
}

/* ---- what a model is sent ---- */

static size_t count_messages(const struct conversation *talk)
{
	const struct talk *entry;
	size_t count = 2;

	for (entry = talk->first; entry; entry = entry->next)
		count += entry->kind == TALK_RESULTS ? entry->count : 1;
	return count;
}

static struct llm_message message(enum llm_role role, const struct talk *entry)
{
	return (struct llm_message){ .role = role,
				     .text = entry->text,
				     .len = entry->len };
}

static size_t add_messages(struct llm_message *to, const struct talk *entry)
{
	size_t i;

	switch (entry->kind) {
	case TALK_HISTORY:
		to[0] = message(entry->role, entry);
		return 1;
	case TALK_SUMMARY:
		to[0] = message(LLM_USER, entry);
		return 1;
	case TALK_ANSWER:
		to[0] = message(LLM_ASSISTANT, entry);
		if (entry->textual)
			return 1;
		to[0].calls = entry->calls;
		to[0].calls_count = entry->count;
		return 1;
	case TALK_RESULTS:
		if (entry->textual) {
			to[0] = message(LLM_USER, entry);
			return 1;
		}
		for (i = 0; i < entry->count; i++)
			to[i] = (struct llm_message){ .role = LLM_TOOL,
						      .text = entry->results[i].text,
						      .len = entry->results[i].len,
						      .call_id = entry->results[i].id };
		return entry->count;
	case TALK_OTHER:
		return 0;
	}
	return 0;
}

struct llm_message *conversation_messages(const struct conversation *talk,
					  struct llm_message system,
					  struct llm_message task, size_t *count)
{
	struct llm_message *messages =
		mem_new_n(struct llm_message, count_messages(talk));
	const struct talk *entry = talk->first;
	size_t n = 0;

	messages[n++] = system;
	for (; entry && entry->kind == TALK_HISTORY; entry = entry->next)
		n += add_messages(&messages[n], entry);
	messages[n++] = task;
	for (; entry; entry = entry->next)
		n += add_messages(&messages[n], entry);
	*count = n;
	return messages;
}

#define TRACE_MAX           20
#define TRACE_ARGUMENTS_MAX 500

void conversation_print_trace(struct str *out, const struct conversation *talk)
{
	const struct talk *entry;
	size_t skip = 0, i;
	struct jsonw w;

	for (entry = talk->first; entry; entry = entry->next)
		skip += entry->kind == TALK_ANSWER ? entry->count : 0;
	skip = skip > TRACE_MAX ? skip - TRACE_MAX : 0;
	jsonw_init(&w, out);
	jsonw_array(&w);
	for (entry = talk->first; entry; entry = entry->next) {
		for (i = 0; entry->kind == TALK_ANSWER && i < entry->count; i++) {
			const struct llm_tool_call *call = &entry->calls[i];

			if (skip && skip--)
				continue;
			jsonw_object(&w);
			jsonw_pair_text(&w, "tool", call->name);
			jsonw_key(&w, "arguments");
			jsonw_text_n(&w, call->arguments,
				     utf8_cut(call->arguments, call->arguments_len,
					      TRACE_ARGUMENTS_MAX));
			jsonw_object_end(&w);
		}
	}
	jsonw_array_end(&w);
}

/* ---- entries as text ---- */

void conversation_print_start(struct str *out, const struct conversation_start *start,
			      int64_t at_ms)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "start");
	jsonw_object(&w);
	jsonw_pair_text(&w, "agent_id", start->agent_id);
	jsonw_pair_int(&w, "agent_version", start->agent_version);
	jsonw_pair_text(&w, "path", start->key_path);
	jsonw_pair_int(&w, "execution", start->execution);
	if (start->history)
		jsonw_pair_raw(&w, "history", start->history, start->history_len);
	if (start->images)
		jsonw_pair_int(&w, "images", start->images);
	jsonw_object_end(&w);
	jsonw_pair_int(&w, "at", at_ms);
	jsonw_object_end(&w);
}

static void pair_clean(struct jsonw *w, const char *key, const char *text, size_t len)
{
	struct str clean = STR_INIT;

	utf8_clean(&clean, text, len);
	jsonw_key(w, key);
	jsonw_text_n(w, str_text(&clean), clean.len);
	str_deinit(&clean);
}

static void print_answer(struct jsonw *w, const char *text, size_t len,
			 const char *reasoning, size_t reasoning_len, bool textual,
			 const struct llm_tool_call *calls, size_t count)
{
	size_t i;

	jsonw_object(w);
	jsonw_key(w, "answer");
	jsonw_object(w);
	pair_clean(w, "text", text, len);
	if (reasoning_len)
		pair_clean(w, "reasoning", reasoning, reasoning_len);
	if (textual)
		jsonw_pair_bool(w, "textual", true);
	jsonw_key(w, "calls");
	jsonw_array(w);
	for (i = 0; i < count; i++) {
		jsonw_object(w);
		pair_clean(w, "id", calls[i].id, strlen(calls[i].id));
		pair_clean(w, "name", calls[i].name, strlen(calls[i].name));
		pair_clean(w, "arguments", calls[i].arguments, calls[i].arguments_len);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
	jsonw_object_end(w);
}

void conversation_print_answer(struct str *out, const struct llm_answer *answer)
{
	bool textual = answer->written.len > 0;
	const struct str *text = textual ? &answer->written : &answer->text;
	struct jsonw w;

	jsonw_init(&w, out);
	print_answer(&w, str_text(text), text->len, str_text(&answer->reasoning),
		     answer->reasoning.len, textual, answer->calls, answer->calls_count);
}

/* trimmed: its text is told by its length alone. */
static void print_results(struct jsonw *w, const struct talk_result *results,
			  size_t count, bool trimmed, int64_t at_ms)
{
	struct str marker = STR_INIT;
	size_t i;

	jsonw_object(w);
	jsonw_key(w, "results");
	jsonw_array(w);
	for (i = 0; i < count; i++) {
		const struct talk_result *result = &results[i];

		str_reset(&marker, 1024);
		str_printf(&marker, "[%zu bytes of this old result were removed]",
			   result->len);
		jsonw_object(w);
		jsonw_pair_text(w, "id", result->id);
		jsonw_key(w, "text");
		if (trimmed && result->len > marker.len)
			jsonw_text_n(w, str_text(&marker), marker.len);
		else
			jsonw_text_n(w, result->text, result->len);
		jsonw_pair_bool(w, "failed", result->failed);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_pair_int(w, "at", at_ms);
	jsonw_object_end(w);
	str_deinit(&marker);
}

void conversation_print_results(struct str *out, const struct talk_result *results,
				size_t count, int64_t at_ms)
{
	struct jsonw w;

	jsonw_init(&w, out);
	print_results(&w, results, count, false, at_ms);
}

static void print_history(struct str *out, const struct conversation *talk)
{
	const struct talk *entry = talk->first;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (; entry && entry->kind == TALK_HISTORY; entry = entry->next) {
		jsonw_object(&w);
		jsonw_pair_text(&w, "role",
				entry->role == LLM_USER ? "user" : "assistant");
		jsonw_key(&w, "text");
		jsonw_text_n(&w, entry->text, entry->len);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
}

static void print_summary(struct jsonw *w, const struct talk *sum, int64_t at_ms)
{
	jsonw_object(w);
	jsonw_key(w, "compact");
	jsonw_object(w);
	jsonw_pair_text(w, "stage", "llm_summary");
	jsonw_key(w, "summary");
	jsonw_text_n(w, sum->text, sum->len);
	jsonw_pair_int(w, "turns", sum->turns);
	jsonw_pair_int(w, "calls", sum->tool_calls);
	jsonw_pair_int(w, "asks", sum->asks);
	jsonw_object_end(w);
	jsonw_pair_int(w, "at", at_ms);
	jsonw_object_end(w);
}

static void print_entry(struct jsonw *w, const struct talk *entry, bool trimmed)
{
	switch (entry->kind) {
	case TALK_HISTORY:
		return; /* in the start */
	case TALK_ANSWER:
		print_answer(w, entry->text, entry->len, entry->reasoning,
			     entry->reasoning ? strlen(entry->reasoning) : 0,
			     entry->textual, entry->calls, entry->count);
		return;
	case TALK_RESULTS:
		print_results(w, entry->results, entry->count, trimmed, entry->at_ms);
		return;
	case TALK_SUMMARY:
		print_summary(w, entry, entry->at_ms);
		return;
	case TALK_OTHER:
		jsonw_raw(w, entry->text, entry->len);
		return;
	}
}

static size_t count_entries(const struct conversation *talk)
{
	const struct talk *entry;
	size_t count = 0;

	for (entry = talk->first; entry; entry = entry->next)
		count++;
	return count;
}

static void count_in(struct talk *sum, const struct talk *entry)
{
	bool answer = entry->kind == TALK_ANSWER;

	sum->turns += answer ? 1 : entry->turns;
	sum->asks += answer ? 1 : entry->asks;
	sum->tool_calls += answer ? (int)entry->count : entry->tool_calls;
}

/* The summary in place of what it stands for; the first entry behind that. */
static const struct talk *print_summarised(struct jsonw *w,
					   const struct conversation *talk,
					   const struct conversation_cut *cut)
{
	struct talk sum = { .text = cut->summary, .len = cut->summary_len, .asks = 1 };
	size_t left = count_entries(talk);
	const struct talk *entry = talk->first;

	for (; entry && left > cut->kept; entry = entry->next, left--) {
		if (entry->kind == TALK_OTHER) /* is not part of what was said */
			print_entry(w, entry, false);
		else
			count_in(&sum, entry);
	}
	print_summary(w, &sum, cut->at_ms);
	return entry;
}

void conversation_print(struct str *out, const struct conversation *talk,
			const struct conversation_cut *cut)
{
	struct conversation_start start = {
		.agent_id = talk->agent_id,
		.agent_version = talk->agent_version,
		.key_path = talk->key_path,
		.execution = talk->execution,
		.images = talk->images,
	};
	const struct talk *entry = talk->first;
	struct str history = STR_INIT, text = STR_INIT;
	size_t results = 0;
	struct jsonw w;

	if (entry && entry->kind == TALK_HISTORY && !cut->summary) {
		print_history(&history, talk);
		start.history = str_text(&history);
		start.history_len = history.len;
	}
	conversation_print_start(&text, &start, talk->started_at_ms);
	jsonw_init(&w, out);
	jsonw_array(&w);
	jsonw_raw(&w, str_text(&text), text.len);
	if (cut->summary)
		entry = print_summarised(&w, talk, cut);
	for (; entry; entry = entry->next) {
		results += entry->kind == TALK_RESULTS;
		print_entry(&w, entry,
			    entry->kind == TALK_RESULTS && results <= cut->trimmed);
	}
	jsonw_array_end(&w);
	str_deinit(&history);
	str_deinit(&text);
}
