/*
 * conf_diff.c - two configurations, option by option
 *
 * Values are compared and not their texts, which hide secrets. A value that is taken over
 * is copied with all that it points to: the two structs have lives of their own.
 */
#include "conf/conf_diff.h"

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/conf_box.h"
#include "conf/conf_rows.h"

#include <stdint.h>
#include <string.h>

static const void *field(const struct conf_row *row, const struct conf *conf)
{
	return (const char *)conf + row->at;
}

static bool names_differ(const struct conf_names *a, const struct conf_names *b)
{
	size_t i;

	if (a->count != b->count)
		return true;
	for (i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return true;
	return false;
}

static bool cpus_differ(const struct conf_cpus *a, const struct conf_cpus *b)
{
	return a->n != b->n || a->automatic != b->automatic;
}

static bool listens_differ(const struct conf_listen *a, const struct conf_listen *b)
{
	return a->port != b->port || strcmp(a->host, b->host) != 0;
}

bool conf_diff_row(const struct conf_row *row, const struct conf *a, const struct conf *b)
{
	const void *x = field(row, a), *y = field(row, b);

	switch (row->kind) {
	case CONF_BOOL:
		return *(const bool *)x != *(const bool *)y;
	case CONF_CHOICE:
		return *(const int *)x != *(const int *)y;
	case CONF_SET:
		return *(const unsigned *)x != *(const unsigned *)y;
	case CONF_CPUS:
		return cpus_differ(x, y);
	case CONF_COUNT:
	case CONF_MS:
	case CONF_SIZE:
		return *(const int64_t *)x != *(const int64_t *)y;
	case CONF_DIR:
	case CONF_NAME:
	case CONF_SECRET:
	case CONF_TOKEN:
	case CONF_WORD:
		return strcmp(*(const char *const *)x, *(const char *const *)y) != 0;
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
		return names_differ(x, y);
	case CONF_LISTEN:
		return listens_differ(x, y);
	}
	return true;
}

static void names_copy(const struct conf_names *from, struct conf_names *to,
		       struct arena *arena)
{
	const char **items = arena_new_n(arena, const char *, from->count + 1);
	size_t i;

	for (i = 0; i < from->count; i++)
		items[i] = arena_dup(arena, from->items[i]);
	to->items = items;
	to->count = from->count;
}

void conf_diff_undo(const struct conf_row *row, const struct conf *from, struct conf *to)
{
	struct conf_box *box = (struct conf_box *)(void *)to; /* its first member */
	const void *x = field(row, from);
	void *y = (char *)to + row->at;

	box->sources[row - conf_rows] =
		arena_dup(&box->arena, conf_source(from, row->key));
	switch (row->kind) {
	case CONF_BOOL:
		*(bool *)y = *(const bool *)x;
		return;
	case CONF_CHOICE:
		*(int *)y = *(const int *)x;
		return;
	case CONF_SET:
		*(unsigned *)y = *(const unsigned *)x;
		return;
	case CONF_CPUS:
		*(struct conf_cpus *)y = *(const struct conf_cpus *)x;
		return;
	case CONF_COUNT:
	case CONF_MS:
	case CONF_SIZE:
		*(int64_t *)y = *(const int64_t *)x;
		return;
	case CONF_DIR:
	case CONF_NAME:
	case CONF_SECRET:
	case CONF_TOKEN:
	case CONF_WORD:
		*(const char **)y = arena_dup(&box->arena, *(const char *const *)x);
		return;
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
		names_copy(x, y, &box->arena);
		return;
	case CONF_LISTEN:
		*(struct conf_listen *)y = *(const struct conf_listen *)x;
		return;
	}
}
