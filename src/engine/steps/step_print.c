/*
 * step_print.c - steps of type print: a rendered text
 *
 * print_content with its placeholders replaced becomes the output. It ends at once.
 */
#include "engine/steps/step_print.h"

#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/step.h"
#include "run/template.h"

#include <string.h>

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	const struct exec *exec = frame->exec;
	const char *content = step->def->print_content;
	struct str text = STR_INIT;
	struct err err;

	if (!content || !content[strspn(content, " \t\r\n\f\v")]) {
		step_warn(step, "Nothing to print: print_content is blank");
		step_succeed(step, "", 0, false);
		return;
	}
	if (template_print(content, &step_scope(step)->state,
			   exec->engine->limits.output_max, &text, &err) < 0)
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", step->def->name,
			      err.text);
	else
		step_succeed(step, str_text(&text), text.len, true);
	str_deinit(&text);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops print_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_print_new(struct runframe *parent,
				const struct definition_step *def)
{
	return step_alloc(&print_ops, parent, def, sizeof(struct step));
}
