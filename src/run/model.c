/*
 * model.c - what the name of a model says
 *
 * A name is a family and its parameters, divided by colons. Whoever saves a definition
 * and whoever executes it ask here, so that a model which nobody serves is refused by
 * name before a run of it starts.
 */
#include "run/model.h"

#include "base/mem.h"
#include "base/units.h"

#include <string.h>
#include <strings.h>

#define OAIC "oaic."
#define SERVED                                                                           \
	OAIC "<name>, mock.echo, mock.sleep:<ms>, mock.tokens:<n>:<ms>, "                \
	     "mock.agent:<turns>:<ms>, mock.fail:<class>"

/* Workers and API children set it at their start, verbs when they need it. */
static const char *default_model;

const char *model_of(const char *own)
{
	return own ? own : default_model;
}

void model_set_default(const char *name)
{
	mem_free(default_model);
	default_model = *name ? mem_dup(name) : NULL;
}

bool model_inherits(const char *name)
{
	return !name || !*name || strcasecmp(name, "default") == 0;
}

bool model_outside(const struct model *model)
{
	switch (model->kind) {
	case MODEL_MOCK_ECHO:
	case MODEL_MOCK_SLEEP:
	case MODEL_MOCK_TOKENS:
	case MODEL_MOCK_FAIL:
	case MODEL_MOCK_AGENT:
#ifdef SYN_FAULTS
	case MODEL_MOCK_CRASH:
#endif
		return false;
	case MODEL_OAIC:
		return true;
	}
	return true;
}

/* One parameter of digits alone, in min..max. */
static int parameter(const char *text, size_t len, int64_t min, int64_t max, int64_t *ret)
{
	char digits[24];
	int64_t n;

	if (len == 0 || len >= sizeof(digits) || strspn(text, "0123456789") < len)
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (units_parse_int(digits, &n) < 0 || n < min || n > max)
		return -1;
	*ret = n;
	return 0;
}

/* The text behind prefix, or NULL when name does not start with it. */
static const char *behind(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(name, prefix, len) == 0 ? name + len : NULL;
}

/* A name goes into JSON and into a sentence of an error: no control characters. */
static bool is_clean(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == 0x7f)
			return false;
	return true;
}

const char *model_served_name(const char *name)
{
	const char *rest = behind(name, OAIC);

	return rest ? rest : name;
}
#ifdef SYN_FAULTS
#define MODEL_CRASH_MB_MAX (64 * 1024)

static int crash_parse(const char *name, const char *how, struct model *model,
		       struct err *err)
{
	const char *rest;

	model->kind = MODEL_MOCK_CRASH;
	if (strcmp(how, "segv") == 0) {
		model->crash = MODEL_CRASH_SEGV;
		return 0;
	}
	if (strcmp(how, "abort") == 0) {
		model->crash = MODEL_CRASH_ABORT;
		return 0;
	}
	if (strcmp(how, "hang") == 0) {
		model->crash = MODEL_CRASH_HANG;
		return 0;
	}
	rest = behind(how, "alloc:");
	if (rest &&
	    parameter(rest, strlen(rest), 1, MODEL_CRASH_MB_MAX, &model->tokens) == 0) {
		model->crash = MODEL_CRASH_ALLOC;
		return 0;
	}
	rest = behind(how, "later:");
	if (rest &&
	    parameter(rest, strlen(rest), 0, MODEL_MOCK_MS_MAX, &model->ms) == 0) {
		model->crash = MODEL_CRASH_LATER;
		return 0;
	}
	return err_set(err, ERR_INPUT,
		       "model '%s' needs segv, abort, hang, alloc:<mb> or later:<ms> "
		       "after the colon",
		       name);
}
#endif

/* Two of them, with a colon between. */
static int two_parameters(const char *text, int64_t min, int64_t max, int64_t *ret,
			  int64_t *ms)
{
	const char *colon = strchr(text, ':');

	if (!colon || parameter(text, (size_t)(colon - text), min, max, ret) < 0)
		return -1;
	return parameter(colon + 1, strlen(colon + 1), 0, MODEL_MOCK_MS_MAX, ms);
}

int model_parse(const char *name, struct model *ret, struct err *err)
{
	struct model model = { 0 };
	const char *rest;

	if (strlen(name) > MODEL_NAME_MAX)
		return err_set(err, ERR_INPUT,
			       "model '%.32s...' has a name of more than %d bytes", name,
			       MODEL_NAME_MAX);
	if (strcmp(name, "mock.echo") == 0) {
		model.kind = MODEL_MOCK_ECHO;
	} else if ((rest = behind(name, "mock.sleep:"))) {
		model.kind = MODEL_MOCK_SLEEP;
		if (parameter(rest, strlen(rest), 0, MODEL_MOCK_MS_MAX, &model.ms) < 0)
			return err_set(
				err, ERR_INPUT,
				"model '%s' needs milliseconds (0..%d) after the colon",
				name, MODEL_MOCK_MS_MAX);
	} else if ((rest = behind(name, "mock.tokens:"))) {
		model.kind = MODEL_MOCK_TOKENS;
		if (two_parameters(rest, 1, MODEL_MOCK_TOKENS_MAX, &model.tokens,
				   &model.ms) < 0)
			return err_set(err, ERR_INPUT,
				       "model '%s' needs a number of tokens (1..%d) and "
				       "milliseconds (0..%d), each after a colon",
				       name, MODEL_MOCK_TOKENS_MAX, MODEL_MOCK_MS_MAX);
	} else if ((rest = behind(name, "mock.agent:"))) {
		model.kind = MODEL_MOCK_AGENT;
		if (two_parameters(rest, 0, MODEL_MOCK_TURNS_MAX, &model.turns,
				   &model.ms) < 0)
			return err_set(err, ERR_INPUT,
				       "model '%s' needs a number of turns (0..%d) and "
				       "milliseconds (0..%d), each after a colon",
				       name, MODEL_MOCK_TURNS_MAX, MODEL_MOCK_MS_MAX);
	} else if ((rest = behind(name, "mock.fail:"))) {
		model.kind = MODEL_MOCK_FAIL;
		model.class = fail_parse(rest, strlen(rest));
		if (model.class == FAIL_NONE || model.class == FAIL_CANCELLED)
			return err_set(err, ERR_INPUT,
				       "model '%s' needs job, provider, tool, limit or "
				       "internal after the colon",
				       name);
	} else if ((rest = behind(name, OAIC))) {
		model.kind = MODEL_OAIC;
		if (!*rest || !is_clean(rest))
			return err_set(
				err, ERR_INPUT,
				"model '%s' needs the server's name of it after the "
				"dot, without spaces",
				name);
#ifdef SYN_FAULTS
	} else if ((rest = behind(name, "mock.crash:"))) {
		if (crash_parse(name, rest, &model, err) < 0)
			return ERR_INPUT;
#endif
	} else {
		return err_set(
			err, ERR_INPUT,
			"model '%s' is not served by this version (it serves " SERVED ")",
			name);
	}
	*ret = model;
	return 0;
}
