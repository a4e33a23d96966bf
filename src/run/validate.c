/*
 * validate.c - whether each step of a definition can be executed
 *
 * What fails for certain is a problem. What stock accepts and answers with a warning at
 * run time (an empty condition, a tool step without a tool) is one here as well: such
 * definitions are stored, and their authors get to know it before the first run. Only a
 * step of the type that reads a field is asked about it: editors leave fields of other
 * types behind.
 */
#include "run/validate.h"

#include "base/str.h"
#include "run/definition.h"
#include "run/model.h"
#include "run/problem.h"
#include "run/validate_nest.h"
#include "run/validate_route.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* RFC 6901: ~ is ~0 and / is ~1. */
static void add_part(struct str *out, const char *part)
{
	str_add_char(out, '/');
	for (; *part; part++) {
		if (*part == '~')
			str_add_text(out, "~0");
		else if (*part == '/')
			str_add_text(out, "~1");
		else
			str_add_char(out, *part);
	}
}

static void add_where(struct str *out, const struct definition_step *step,
		      const char *field, const char *key)
{
	str_printf(out, "/steps/%zu", step->index);
	if (field)
		add_part(out, field);
	if (key)
		add_part(out, key);
}

void validate_complain(struct problems *problems, const struct definition_step *step,
		       const char *field, const char *key, const char *format, ...)
{
	struct str where = STR_INIT, text = STR_INIT;
	va_list args;

	add_where(&where, step, field, key);
	va_start(args, format);
	str_vprintf(&text, format, args);
	va_end(args);
	problem_add(problems, str_text(&where), "step '%s': %s", step->id,
		    str_text(&text));
	str_deinit(&where);
	str_deinit(&text);
}

void validate_warn(struct problems *problems, const struct definition_step *step,
		   const char *field, const char *key, const char *format, ...)
{
	struct str where = STR_INIT, text = STR_INIT;
	va_list args;

	add_where(&where, step, field, key);
	va_start(args, format);
	str_vprintf(&text, format, args);
	va_end(args);
	problem_warn(problems, str_text(&where), "step '%s': %s", step->id,
		     str_text(&text));
	str_deinit(&where);
	str_deinit(&text);
}

void validate_target(const struct definition *definition,
		     const struct definition_step *step, const char *field,
		     const char *key, const char *target, struct problems *problems)
{
	if (target && !definition_step(definition, target))
		validate_complain(problems, step, field, key,
				  "%s names '%s', which is no step", field, target);
}

static void check_type(const struct definition_step *step,
		       const struct definition_rules *rules, struct problems *problems)
{
	if (step->type == STEP_UNKNOWN)
		validate_complain(problems, step, "type", NULL, "'%s' is no type of step",
				  step->type_name);
	else if (!rules->can_run(step->type))
		validate_complain(problems, step, "type", NULL,
				  "steps of type '%s' are not executed by this version",
				  step->type_name);
}

static bool needs_model(const struct definition_step *step)
{
	return step->type == STEP_LLM || (step->type == STEP_TOOL && step->forced_tool) ||
	       (step->type == STEP_EVALUATOR && step->routes_count > 0);
}

static void check_model(const struct definition_step *step, struct problems *problems)
{
	const char *name = model_of(step->model);
	struct model model;
	struct err err;

	if (!needs_model(step) && (step->type != STEP_AGENT || !step->model))
		return;
	if (!name)
		validate_complain(problems, step, "model", NULL,
				  "it names no model, and there is no default one "
				  "(llm.model)");
	else if (model_parse(name, &model, &err) < 0)
		validate_complain(problems, step, "model", NULL, "%s", err.text);
}

static void check_agent(const struct definition_step *step, struct problems *problems)
{
	if (step->type == STEP_AGENT && !step->agent_id)
		validate_complain(problems, step, "agent_id", NULL, "it names no agent");
}

static void check_on_error(const struct definition *definition,
			   const struct definition_step *step, struct problems *problems)
{
	if (step->on_error != ON_ERROR_ROUTE)
		return;
	if (!step->on_error_step_id)
		validate_complain(
			problems, step, "on_error_step_id", NULL,
			"on_error is \"route\", but on_error_step_id is missing");
	validate_target(definition, step, "on_error_step_id", NULL,
			step->on_error_step_id, problems);
}

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n\f\v")];
}

/* The field without which a step of its type does nothing; NULL: it has it. */
static const char *missing_field(const struct definition_step *step)
{
	switch (step->type) {
	case STEP_TOOL:
		return step->forced_tool ? NULL : "forced_tool";
	case STEP_EVALUATOR:
		return step->routes_count ? NULL : "route_map";
	case STEP_PARALLEL:
		return step->branches_count ? NULL : "parallel_branches";
	case STEP_LOOP:
		return step->body.count ? NULL : "loop_step_ids";
	case STEP_TRANSFORM:
		return is_blank(step->transform_code) ? "transform_code" : NULL;
	case STEP_IF_ELSE:
		return is_blank(step->if_condition) ? "if_condition" : NULL;
	case STEP_SWITCH:
		return is_blank(step->switch_expression) ? "switch_expression" : NULL;
	case STEP_PRINT:
		return is_blank(step->print_content) ? "print_content" : NULL;
	case STEP_MERGE:
	case STEP_EXTRACT_JSON:
		return step->input_keys_count ? NULL : "input_keys";
	case STEP_UNKNOWN:
	case STEP_AGENT:
	case STEP_LLM:
	case STEP_HUMAN:
	case STEP_END:
	case STEP_NTYPES:
		break;
	}
	return NULL;
}

static void check_oddities(const struct definition_step *step, struct problems *problems)
{
	const char *field = missing_field(step);

	if (field)
		validate_warn(problems, step, field, NULL,
			      "%s is missing or empty, so a %s does nothing", field,
			      step->type_name);
	if (step->output_key && step->output_key[0] == '_')
		validate_warn(problems, step, "output_key", NULL,
			      "keys that begin with an underscore are the engine's own");
	if (step->max_iterations == 0)
		validate_warn(problems, step, "max_iterations", NULL,
			      "with max_iterations 0 it is passed over wherever a step "
			      "leads to it");
}

static void check_step(const struct definition *definition,
		       const struct definition_step *step,
		       const struct definition_rules *rules, struct problems *problems)
{
	if (definition_step(definition, step->id) != step)
		validate_complain(problems, step, "id", NULL,
				  "another step has the same id");
	check_type(step, rules, problems);
	check_model(step, problems);
	check_agent(step, problems);
	validate_target(definition, step, "next_step_id", NULL, step->next_step_id,
			problems);
	validate_route(definition, step, problems);
	validate_nest(definition, step, problems);
	check_on_error(definition, step, problems);
	check_oddities(step, problems);
}

void validate_steps(const struct definition *definition,
		    const struct definition_rules *rules, struct problems *problems)
{
	const char *entry = definition->entry_step_id;
	size_t i;

	if (entry && !definition_step(definition, entry))
		problem_add(problems, "/entry_step_id", "names '%s', which is no step",
			    entry);
	for (i = 0; i < definition->steps_count; i++)
		check_step(definition, &definition->steps[i], rules, problems);
}
