/*
 * problem.c - a list of what is wrong with a document
 *
 * A stranger's document may be wrong a million times: the first hundred are kept, the
 * rest are counted. Texts are cut at a character's border, since they go into answers as
 * JSON.
 */
#include "run/problem.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 500

void problem_init(struct problems *problems)
{
	memset(problems, 0, sizeof(*problems));
	arena_init(&problems->arena);
}

void problem_deinit(struct problems *problems)
{
	arena_deinit(&problems->arena);
	problem_init(problems);
}

static const char *keep(struct problems *problems, const char *text)
{
	return arena_dup_n(&problems->arena, text,
			   utf8_cut(text, strlen(text), TEXT_MAX));
}

static void add(struct problems *problems, struct problem **list, size_t *count,
		const char *where, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static void add(struct problems *problems, struct problem **list, size_t *count,
		const char *where, const char *format, va_list args)
{
	char text[2 * TEXT_MAX];
	struct problem *problem;

	if ((*count)++ >= PROBLEM_MAX)
		return;
	if (!*list)
		*list = arena_new_n(&problems->arena, struct problem, PROBLEM_MAX);
	(void)vsnprintf(text, sizeof(text), format, args);
	problem = &(*list)[*count - 1];
	problem->where = keep(problems, where);
	problem->text = keep(problems, text);
}

void problem_add(struct problems *problems, const char *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(problems, &problems->kept, &problems->count, where, format, args);
	va_end(args);
}

void problem_warn(struct problems *problems, const char *where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(problems, &problems->warned, &problems->warnings, where, format, args);
	va_end(args);
}
