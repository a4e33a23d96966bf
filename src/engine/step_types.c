/*
 * step_types.c - the table of step types
 *
 * A new type is a row here and a file in steps/.
 */
#include "engine/step_types.h"

#include "engine/steps/step_agent.h"
#include "engine/steps/step_end.h"
#include "engine/steps/step_evaluator.h"
#include "engine/steps/step_extract.h"
#include "engine/steps/step_human.h"
#include "engine/steps/step_if.h"
#include "engine/steps/step_llm.h"
#include "engine/steps/step_loop.h"
#include "engine/steps/step_merge.h"
#include "engine/steps/step_parallel.h"
#include "engine/steps/step_print.h"
#include "engine/steps/step_switch.h"
#include "engine/steps/step_tool.h"
#include "engine/steps/step_transform.h"

static bool never_outside(const struct definition_step *step)
{
	(void)step;
	return false;
}

/* clang-format off */
static const struct step_type_row rows[] = {
	{ STEP_AGENT,        step_agent_new,     step_agent_outside,     NULL },
	{ STEP_END,          step_end_new,       never_outside,          NULL },
	{ STEP_EVALUATOR,    step_evaluator_new, step_evaluator_outside, NULL },
	{ STEP_EXTRACT_JSON, step_extract_new,   never_outside,          NULL },
	{ STEP_HUMAN,        step_human_new,     step_human_outside,     NULL },
	{ STEP_IF_ELSE,      step_if_new,        never_outside,          NULL },
	{ STEP_LLM,          step_llm_new,       step_llm_outside,       NULL },
	{ STEP_LOOP,         step_loop_new,      never_outside,          step_loop_announce },
	{ STEP_MERGE,        step_merge_new,     never_outside,          NULL },
	{ STEP_PARALLEL,     step_parallel_new,  never_outside,          step_parallel_announce },
	{ STEP_PRINT,        step_print_new,     never_outside,          NULL },
	{ STEP_SWITCH,       step_switch_new,    never_outside,          NULL },
	{ STEP_TOOL,         step_tool_new,      step_tool_outside,      NULL },
	{ STEP_TRANSFORM,    step_transform_new, step_transform_outside, NULL },
};
/* clang-format on */

const struct step_type_row *step_types_row(enum step_type type)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

static bool can_run(enum step_type type)
{
	return step_types_row(type) != NULL;
}

const struct definition_rules *step_types_rules(void)
{
	static const struct definition_rules rules = { .can_run = can_run };

	return &rules;
}
