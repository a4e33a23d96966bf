/*
 * react_tools.c - the tools that an agent's model is offered
 *
 * What the guard allows and nothing else is declared, so a model does not learn of what
 * it may not use. Providers want names of letters, digits, _ and -: a custom tool of
 * another name is offered under a similar one.
 */
#include "engine/react.h"

#include "base/mem.h"
#include "base/str.h"

#include <assert.h>
#include <string.h>

#define NAME_MAX_LEN 64

/* How engine/react_calls.c serves custom tools. */
extern const struct react_server react_custom;

static bool is_offered(const struct react *react, const char *name)
{
	size_t i;

	for (i = 0; i < react->tools_count; i++)
		if (strcmp(react->tools[i].offer.name, name) == 0)
			return true;
	return false;
}

/* One that no other tool has; in the arena of the list. */
static const char *offered_name(struct react *react, const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t len = strlen(name), i;
	char plain[NAME_MAX_LEN + 1];
	const char *ret = NULL;
	int n;

	len = len > NAME_MAX_LEN ? NAME_MAX_LEN : len;
	for (i = 0; i < len; i++)
		plain[i] = strchr(allowed, name[i]) ? name[i] : '_';
	plain[len] = '\0';
	if (len && !is_offered(react, plain))
		return arena_dup(&react->list.arena, plain);
	len = len > NAME_MAX_LEN - 8 ? NAME_MAX_LEN - 8 : len;
	for (n = 2; !ret || is_offered(react, ret); n++)
		ret = arena_printf(&react->list.arena, "%.*s_%d", (int)len, plain, n);
	return ret;
}

void react_tools_add(struct react *react, const struct react_tool *tool)
{
	assert(react->tools_count < react->list.tools_count + REACT_OWN_MAX);
	react->tools[react->tools_count] = *tool;
	react->offers[react->tools_count++] = tool->offer;
}

static void add_listed(struct react *react, const struct tool_listed *listed)
{
	const struct react_tool tool = {
		.offer = { .name = offered_name(react, listed->name),
			   .description = listed->about,
			   .schema = listed->schema },
		.name = listed->name,
		.definition = listed->definition,
		.server = &react_custom,
	};

	react_tools_add(react, &tool);
}

void react_tools_make(struct react *react)
{
	const struct tool_list *list = &react->list;
	size_t i;

	react->tools = mem_new_n(struct react_tool, list->tools_count + REACT_OWN_MAX);
	react->offers = mem_new_n(struct llm_tool, list->tools_count + REACT_OWN_MAX);
	react_inner_offer(react);
	for (i = 0; i < list->tools_count; i++)
		add_listed(react, &list->tools[i]);
}

void react_tools_free(struct react *react)
{
	mem_free(react->tools);
	mem_free(react->offers);
	react->tools = NULL;
	react->offers = NULL;
	react->tools_count = 0;
}

const struct react_tool *react_tool_find(const struct react *react, const char *name)
{
	size_t i;

	for (i = 0; i < react->tools_count; i++)
		if (strcmp(react->tools[i].offer.name, name) == 0)
			return &react->tools[i];
	return NULL;
}
