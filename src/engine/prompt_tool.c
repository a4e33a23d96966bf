/*
 * prompt_tool.c - what a model is told about the tool that it must call
 *
 * It is offered as a tool as well; this is for models that know none, and tells what went
 * wrong before.
 */
#include "engine/prompt.h"

#include "base/str.h"
#include "engine/host.h"
#include "engine/prompt_cut.h"
#include "run/definition.h"

#include <string.h>

#define TOOL_NAME_MAX 64
#define SCHEMA_MAX    20000

void prompt_tool_name(struct str *out, const struct definition_step *step)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const char *name = step->forced_tool;

	str_add_text(out,
		     name[strspn(name, allowed)] == '\0' && strlen(name) <= TOOL_NAME_MAX
			     ? name
			     : "the_tool");
}

void prompt_tool(struct str *out, const struct llm_tool *tool, const struct str *failures)
{
	str_printf(out, "\n---\n\nYou must call this tool now:\nName: %s\n", tool->name);
	if (*tool->description) {
		str_add_text(out, "What it does: ");
		prompt_cut(out, tool->description, strlen(tool->description), SCHEMA_MAX);
		str_add_char(out, '\n');
	}
	str_add_text(out, "Schema of its arguments: ");
	prompt_cut(out, tool->schema, strlen(tool->schema), SCHEMA_MAX);
	str_printf(out,
		   "\nIf you cannot call tools, answer with this JSON and nothing else:\n"
		   "{\"tool\": \"%s\", \"arguments\": {...}}\n",
		   tool->name);
	if (failures->len)
		str_printf(out, "\nEarlier attempts failed. Do better:\n%s",
			   str_text(failures));
}
