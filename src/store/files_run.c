/*
 * files_run.c - the records of a run's journal file
 *
 * A body is a list of fields in a fixed order, each its length in four bytes (all ones:
 * none), the text and a NUL, so that a reader gets texts without copying them. Fields
 * that a later version adds come behind those that there are, and read as none where they
 * are missing.
 */
#include "store/files_run.h"

#include "base/clock.h"
#include "store/store_waits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

static void put(struct str *out, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	uint32_t head = text ? (uint32_t)len : NONE;
	unsigned char bytes[4] = { (unsigned char)head, (unsigned char)(head >> 8),
				   (unsigned char)(head >> 16),
				   (unsigned char)(head >> 24) };

	str_add(out, bytes, sizeof(bytes));
	if (text)
		str_add(out, text, len + 1);
}

static void put_int(struct str *out, int64_t n)
{
	char buf[32];

	(void)snprintf(buf, sizeof(buf), "%" PRId64, n);
	put(out, buf);
}

static void put_double(struct str *out, double n)
{
	char buf[48];

	(void)snprintf(buf, sizeof(buf), "%.17g", n);
	put(out, buf);
}

struct fields {
	const char *at;
	size_t left;
	bool bad;
};

static const char *get(struct fields *f)
{
	const unsigned char *bytes = (const unsigned char *)f->at;
	const char *text;
	uint32_t len;

	if (f->bad || f->left < 4) {
		f->bad = f->bad || f->left > 0;
		return NULL;
	}
	len = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	      (uint32_t)bytes[3] << 24;
	f->at += 4;
	f->left -= 4;
	if (len == NONE)
		return NULL;
	if (len >= f->left || f->at[len] != '\0') {
		f->bad = true;
		return NULL;
	}
	text = f->at;
	f->at += len + 1;
	f->left -= len + 1;
	return text;
}

static int64_t get_int(struct fields *f)
{
	const char *text = get(f);
	char *end;
	long long n;

	if (!text)
		return 0;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		f->bad = true;
	return n;
}

static double get_double(struct fields *f)
{
	const char *text = get(f);

	return text ? strtod(text, NULL) : 0.;
}

void files_run_put_head(struct str *out, const struct files_head *head)
{
	put(out, head->run_id);
	put(out, head->orchestration_id);
	put(out, head->tenant_id);
	put(out, head->session_id);
	put(out, head->message);
	put(out, head->inputs);
	put(out, head->webhook_url);
	put(out, head->webhook_secret);
	put(out, head->idempotency_key);
	put(out, head->body_sha256);
	put(out, head->definition);
	put_int(out, head->created_at_ms);
	put_int(out, head->priority);
	put(out, head->metadata);
	put_int(out, head->run_at_ms);
	put(out, head->agent_id);
	put(out, head->images);
}

bool files_run_get_head(const char *body, size_t len, struct files_head *ret)
{
	struct fields f = { body, len, false };

	ret->run_id = get(&f);
	ret->orchestration_id = get(&f);
	ret->tenant_id = get(&f);
	ret->session_id = get(&f);
	ret->message = get(&f);
	ret->inputs = get(&f);
	ret->webhook_url = get(&f);
	ret->webhook_secret = get(&f);
	ret->idempotency_key = get(&f);
	ret->body_sha256 = get(&f);
	ret->definition = get(&f);
	ret->created_at_ms = get_int(&f);
	ret->priority = get_int(&f);
	ret->metadata = get(&f);
	ret->run_at_ms = get_int(&f);
	ret->agent_id = get(&f);
	ret->images = get(&f);
	return !f.bad && ret->run_id && ret->orchestration_id && ret->tenant_id &&
	       ret->message && ret->definition;
}

void files_run_put_owner(struct str *out, const struct files_owner *owner)
{
	put_int(out, owner->epoch);
	put_int(out, owner->at_ms);
	put(out, owner->incarnation);
}

bool files_run_get_owner(const char *body, size_t len, struct files_owner *ret)
{
	struct fields f = { body, len, false };

	ret->epoch = get_int(&f);
	ret->at_ms = get_int(&f);
	ret->incarnation = get(&f);
	return !f.bad;
}

static void put_wait(struct str *out, const struct store_wait_change *wait)
{
	put(out, wait->path);
	put_int(out, wait->execution);
	put_int(out, wait->opens);
	put(out, wait->step_id);
	put(out, wait->prompt);
	put(out, wait->fields);
	put(out, wait->context);
	put_int(out, wait->deadline_ms);
	put_int(out, wait->reminder_ms);
}

void files_run_put_step(struct str *out, const struct store_step *step, int64_t at_ms)
{
	put_int(out, step->seq);
	put(out, step->path);
	put(out, step->step_id);
	put_int(out, step->execution);
	put(out, step->kind);
	put(out, step->delta);
	put(out, step->events);
	put(out, step->usage);
	put(out, step->error);
	put_int(out, step->epoch);
	put_int(out, at_ms);
	if (step->wait)
		put_wait(out, step->wait);
}

bool files_run_get_step(const char *body, size_t len, struct store_step *ret,
			int64_t *ret_at_ms)
{
	struct fields f = { body, len, false };

	memset(ret, 0, sizeof(*ret));
	ret->seq = get_int(&f);
	ret->path = get(&f);
	ret->step_id = get(&f);
	ret->execution = (int)get_int(&f);
	ret->kind = get(&f);
	ret->delta = get(&f);
	ret->events = get(&f);
	ret->usage = get(&f);
	ret->error = get(&f);
	ret->epoch = get_int(&f);
	*ret_at_ms = get_int(&f);
	return !f.bad && ret->kind;
}

#define STEP_FIELDS 11

bool files_run_get_wait(const char *body, size_t len, struct store_wait_change *ret)
{
	struct fields f = { body, len, false };
	int i;

	for (i = 0; i < STEP_FIELDS; i++)
		(void)get(&f);
	memset(ret, 0, sizeof(*ret));
	ret->path = get(&f);
	ret->execution = (int)get_int(&f);
	ret->opens = get_int(&f) != 0;
	ret->step_id = get(&f);
	ret->prompt = get(&f);
	ret->fields = get(&f);
	ret->context = get(&f);
	ret->deadline_ms = get_int(&f);
	ret->reminder_ms = get_int(&f);
	return !f.bad && ret->path && ret->step_id;
}

void files_run_put_answer(struct str *out, const struct files_answer *answer)
{
	put(out, answer->path);
	put_int(out, answer->execution);
	put(out, answer->answer);
	put_int(out, answer->at_ms);
	put(out, answer->webhook_url);
	put(out, answer->webhook_secret);
}

bool files_run_get_answer(const char *body, size_t len, struct files_answer *ret)
{
	struct fields f = { body, len, false };

	ret->path = get(&f);
	ret->execution = (int)get_int(&f);
	ret->answer = get(&f);
	ret->at_ms = get_int(&f);
	ret->webhook_url = get(&f);
	ret->webhook_secret = get(&f);
	return !f.bad && ret->path;
}

void files_run_put_end(struct str *out, const struct files_end *end)
{
	put(out, end->status);
	put(out, end->response);
	put(out, end->error);
	put(out, end->state);
	put(out, end->history);
	put_int(out, end->ended_at_ms);
	put_int(out, end->tokens);
	put_int(out, end->cache_read_tokens);
	put_int(out, end->cache_write_tokens);
	put_int(out, end->cache_hits);
	put_double(out, end->cost_usd);
	put_double(out, end->savings_usd);
}

bool files_run_get_end(const char *body, size_t len, struct files_end *ret)
{
	struct fields f = { body, len, false };

	ret->status = get(&f);
	ret->response = get(&f);
	ret->error = get(&f);
	ret->state = get(&f);
	ret->history = get(&f);
	ret->ended_at_ms = get_int(&f);
	ret->tokens = get_int(&f);
	ret->cache_read_tokens = get_int(&f);
	ret->cache_write_tokens = get_int(&f);
	ret->cache_hits = get_int(&f);
	ret->cost_usd = get_double(&f);
	ret->savings_usd = get_double(&f);
	return !f.bad && ret->status;
}

void files_run_put_pin(struct str *out, const struct files_pin *pin)
{
	put_int(out, pin->kind);
	put(out, pin->id);
	put_int(out, pin->version);
	put(out, pin->text);
}

bool files_run_get_pin(const char *body, size_t len, struct files_pin *ret)
{
	struct fields f = { body, len, false };

	ret->kind = (enum files_pin_kind)get_int(&f);
	ret->id = get(&f);
	ret->version = get_int(&f);
	ret->text = get(&f);
	return !f.bad && ret->id && ret->text;
}
