/*
 * conf_yaml.c - options from a YAML file
 *
 * The file is read as a stream of libyaml's events, not as its document tree: an event
 * knows where an alias, an anchor or a tag stands, the tree has the anchor's place for
 * the alias and forgets the rest; and what is not built cannot explode. Reading goes on
 * behind an error wherever the structure still makes sense, so one pass finds all of
 * them; a syntax error ends it.
 *
 * The accepted language is small: one document, maps in maps down to an option, a scalar
 * or (for lists) a flat sequence of scalars as its value. No aliases, anchors, tags,
 * merge keys or duplicate keys. Scalars have the types that PyYAML, which reads the stock
 * programs' files, gives them: `yes` is true, and a name that looks like a number needs
 * quotes.
 *
 * Recursion is as deep as the keys of the table; everything unknown is skipped by
 * counting.
 */
#include "conf/conf_yaml.h"

#include "base/fdutil.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/conf_build.h"
#include "conf/conf_rows.h"
#include "conf/conf_value.h"
#include "conf/conf_words.h"

#include <yaml.h>

#include <assert.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KEY_MAX  256 /* bytes of a whole key, dots included */
#define KEYS_MAX 512 /* different keys of one file; the table has far fewer */

struct seen_key {
	char *key; /* owned */
	size_t line;
};

struct reader {
	struct conf_build *build;
	const char *path;
	const char *bytes;
	yaml_parser_t parser;
	int depth;   /* open maps and sequences */
	bool broken; /* nothing more comes */
	struct seen_key seen[KEYS_MAX];
	size_t seen_count;
};

static void add_error(struct reader *r, size_t line, size_t column, const char *format,
		      ...) __attribute__((format(printf, 4, 5)));

/* line and column count from 0, as libyaml has them */
static void add_error(struct reader *r, size_t line, size_t column, const char *format,
		      ...)
{
	struct str where = STR_INIT, what = STR_INIT;
	va_list args;

	str_printf(&where, "%s:%zu:%zu", r->path, line + 1, column + 1);
	va_start(args, format);
	str_vprintf(&what, format, args);
	va_end(args);
	conf_errors_add(r->build->errors, str_text(&where), "%s", str_text(&what));
	str_deinit(&where);
	str_deinit(&what);
}

#define ERROR_AT(r, event, ...)                                                          \
	add_error((r), (event)->start_mark.line, (event)->start_mark.column, __VA_ARGS__)

/* Where a byte stands; columns count characters. */
static void find_place(const char *bytes, size_t at, size_t *line, size_t *column)
{
	size_t i;

	*line = *column = 0;
	for (i = 0; i < at; i++) {
		if (bytes[i] == '\n') {
			++*line;
			*column = 0;
		} else if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

#define TRUE_WORDS "^(yes|Yes|YES|on|On|ON|true|True|TRUE)$"

/* clang-format off */
static const struct {
	enum conf_yaml_type type;
	const char *pattern;
} resolver[] = {
	{ CONF_YAML_NULL, "^(~|null|Null|NULL|)$" },
	{ CONF_YAML_BOOL, TRUE_WORDS },
	{ CONF_YAML_BOOL, "^(no|No|NO|off|Off|OFF|false|False|FALSE)$" },
	{ CONF_YAML_INT, "^[-+]?(0b[0-1_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$" },
	{ CONF_YAML_INT, "^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+$" },
	{ CONF_YAML_FLOAT, "^[-+]?[0-9][0-9_]*\\.[0-9_]*([eE][-+][0-9]+)?$" },
	{ CONF_YAML_FLOAT, "^[-+]?\\.[0-9][0-9_]*([eE][-+][0-9]+)?$" },
	{ CONF_YAML_FLOAT, "^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*$" },
	{ CONF_YAML_FLOAT, "^([-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN))$" },
};
/* clang-format on */

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	int rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	assert(rc == 0);
	rc = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return rc == 0;
}

enum conf_yaml_type conf_yaml_resolve(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(resolver) / sizeof(resolver[0]); i++)
		if (matches(resolver[i].pattern, text))
			return resolver[i].type;
	return CONF_YAML_TEXT;
}

/* The usual reason for a puzzling message: tabs before the first word of a line. */
static const char *tab_hint(const struct reader *r, size_t line)
{
	const char *at = r->bytes, *next;
	size_t blanks;

	for (; line; line--) {
		next = strchr(at, '\n');
		if (!next)
			return "";
		at = next + 1;
	}
	blanks = strspn(at, " \t");
	return memchr(at, '\t', blanks) ? "; indent with spaces, not with tabs" : "";
}

static void add_syntax_error(struct reader *r)
{
	const yaml_parser_t *parser = &r->parser;
	const yaml_mark_t *mark = &parser->problem_mark;
	const char *problem = parser->problem ? parser->problem : "unreadable";
	size_t line, column;

	switch (parser->error) {
	case YAML_SCANNER_ERROR:
	case YAML_PARSER_ERROR:
		if (parser->context && parser->context_mark.line != mark->line)
			add_error(r, mark->line, mark->column,
				  "%s (%s that begins in line %zu)%s", problem,
				  parser->context, parser->context_mark.line + 1,
				  tab_hint(r, mark->line));
		else
			add_error(r, mark->line, mark->column, "%s%s%s%s%s", problem,
				  parser->context ? " (" : "",
				  parser->context ? parser->context : "",
				  parser->context ? ")" : "", tab_hint(r, mark->line));
		break;
	case YAML_READER_ERROR:
		find_place(r->bytes, parser->problem_offset, &line, &column);
		add_error(r, line, column, "%s", problem);
		break;
	case YAML_MEMORY_ERROR:
	case YAML_NO_ERROR:
	case YAML_COMPOSER_ERROR:
	case YAML_WRITER_ERROR:
	case YAML_EMITTER_ERROR:
		add_error(r, parser->mark.line, parser->mark.column, "%s", problem);
		break;
	}
}

/* What no value of ours may carry. */
static void check_event(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (event->type) {
	case YAML_ALIAS_EVENT:
		ERROR_AT(r, event, "aliases are not accepted: write the value out");
		break;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		r->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		r->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		r->depth--;
		break;
	default: /* libyaml's enum: the rest carries nothing */
		break;
	}
	if (anchor)
		ERROR_AT(r, event, "anchors are not accepted");
	if (tag)
		ERROR_AT(r, event, "tags are not accepted");
	if (r->depth > CONF_YAML_DEPTH_MAX) {
		ERROR_AT(r, event, "nested deeper than %d levels", CONF_YAML_DEPTH_MAX);
		r->broken = true;
	}
}

/* False: there is no next event, and an error says why. Else the caller deletes it. */
static bool next_event(struct reader *r, yaml_event_t *event)
{
	if (r->broken)
		return false;
	if (!yaml_parser_parse(&r->parser, event)) {
		r->broken = true;
		add_syntax_error(r);
		return false;
	}
	check_event(r, event);
	if (r->broken)
		yaml_event_delete(event);
	return !r->broken;
}

/* Read to the end of what event opened (a scalar opens nothing). */
static void skip_rest(struct reader *r, const yaml_event_t *event)
{
	yaml_event_t inner;
	int depth = r->depth - 1;

	if (event->type != YAML_MAPPING_START_EVENT &&
	    event->type != YAML_SEQUENCE_START_EVENT)
		return;
	while (r->depth > depth && next_event(r, &inner))
		yaml_event_delete(&inner);
}

static void skip_value(struct reader *r)
{
	yaml_event_t event;

	if (!next_event(r, &event))
		return;
	skip_rest(r, &event);
	yaml_event_delete(&event);
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const char *scalar_text(const yaml_event_t *event)
{
	return (const char *)event->data.scalar.value;
}

static enum conf_yaml_type scalar_type(const yaml_event_t *event)
{
	return is_plain(event) ? conf_yaml_resolve(scalar_text(event)) : CONF_YAML_TEXT;
}

/* An option whose values are words and may not look like something else. */
static bool wants_text(enum conf_kind kind)
{
	switch (kind) {
	case CONF_CHOICE:
	case CONF_DIR:
	case CONF_LISTEN:
	case CONF_NAME:
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
	case CONF_SECRET:
	case CONF_SET:
	case CONF_TOKEN:
	case CONF_WORD:
		return true;
	case CONF_BOOL:
	case CONF_COUNT:
	case CONF_CPUS:
	case CONF_MS:
	case CONF_SIZE:
		return false;
	}
	return false;
}

/* Whether the scalar's type fits the option; adds the error if not. */
static bool check_type(struct reader *r, const yaml_event_t *event,
		       const struct conf_row *row)
{
	enum conf_yaml_type type = scalar_type(event);
	const char *text = scalar_text(event), *problem = NULL;
	struct str say = STR_INIT;

	if (strlen(text) != event->data.scalar.length)
		problem = "holds a NUL byte";
	else if (type == CONF_YAML_NULL)
		problem = "is no value (leave the line out for the default)";
	else if (wants_text(row->kind) && type == CONF_YAML_BOOL)
		problem = "is true or false in YAML (a name like this needs quotes)";
	else if (wants_text(row->kind) && type != CONF_YAML_TEXT)
		problem = "is a number in YAML (a name like this needs quotes)";
	else if (row->kind == CONF_BOOL && type != CONF_YAML_BOOL)
		problem = "is not true or false in YAML";
	else if ((row->kind == CONF_COUNT ||
		  (row->kind == CONF_CPUS && strcmp(text, "auto") != 0)) &&
		 type != CONF_YAML_INT)
		problem = is_plain(event) ? "is not an integer"
					  : "is text in quotes, not an integer";
	if (!problem)
		return true;
	if (conf_rows_secret(row))
		str_add_text(&say, "the value");
	else
		conf_value_quote(&say, text);
	str_printf(&say, " %s; expected ", problem);
	conf_words_expected(row, &say);
	ERROR_AT(r, event, "%s: %s", row->key, str_text(&say));
	str_deinit(&say);
	return false;
}

static void place_of(const struct reader *r, const yaml_event_t *event, struct str *where)
{
	str_printf(where, "%s:%zu:%zu", r->path, event->start_mark.line + 1,
		   event->start_mark.column + 1);
}

static void read_scalar(struct reader *r, const yaml_event_t *event,
			const struct conf_row *row)
{
	const char *text = scalar_text(event);
	struct str where = STR_INIT;

	if (!check_type(r, event, row))
		return;
	if (row->kind == CONF_BOOL)
		text = matches(TRUE_WORDS, text) ? "true" : "false";
	place_of(r, event, &where);
	conf_build_set(r->build, row, text, str_text(&where));
	str_deinit(&where);
}

/* A flat sequence: each member is checked where it stands, then all are set as one. */
static void read_list(struct reader *r, const yaml_event_t *start,
		      const struct conf_row *row)
{
	struct str list = STR_INIT, where = STR_INIT;
	size_t errors = r->build->errors->count;
	yaml_event_t event;
	struct err err;

	while (next_event(r, &event) && event.type != YAML_SEQUENCE_END_EVENT) {
		if (event.type != YAML_SCALAR_EVENT) {
			if (event.type != YAML_ALIAS_EVENT)
				ERROR_AT(r, &event,
					 "%s: the list holds something that "
					 "is not a word",
					 row->key);
			skip_rest(r, &event);
		} else if (check_type(r, &event, row)) {
			if (conf_value_check_item(row, scalar_text(&event), &err) < 0)
				ERROR_AT(r, &event, "%s: %s", row->key, err.text);
			str_printf(&list, "%s%s", list.len ? "," : "",
				   scalar_text(&event));
		}
		yaml_event_delete(&event);
	}
	if (!r->broken)
		yaml_event_delete(&event);
	if (!r->broken && r->build->errors->count == errors) {
		place_of(r, start, &where);
		conf_build_set(r->build, row, str_text(&list), str_text(&where));
	}
	str_deinit(&list);
	str_deinit(&where);
}

static void read_option(struct reader *r, const struct conf_row *row)
{
	bool is_list = row->kind == CONF_NAMES || row->kind == CONF_ORIGINS ||
		       row->kind == CONF_NETS || row->kind == CONF_SET;
	struct str expected = STR_INIT;
	yaml_event_t event;

	if (!next_event(r, &event))
		return;
	if (event.type == YAML_SCALAR_EVENT) {
		read_scalar(r, &event, row);
	} else if (event.type == YAML_SEQUENCE_START_EVENT && is_list) {
		read_list(r, &event, row);
	} else if (event.type != YAML_ALIAS_EVENT) {
		conf_words_expected(row, &expected);
		ERROR_AT(r, &event, "%s: is a %s; expected %s", row->key,
			 event.type == YAML_MAPPING_START_EVENT ? "map" : "list",
			 str_text(&expected));
		str_deinit(&expected);
		skip_rest(r, &event);
	}
	yaml_event_delete(&event);
}

/* Whether the key is new in this file; adds the error if not. */
static bool check_twice(struct reader *r, const yaml_event_t *event, const char *key)
{
	size_t i;

	for (i = 0; i < r->seen_count; i++) {
		if (strcmp(r->seen[i].key, key) != 0)
			continue;
		ERROR_AT(r, event, "'%s' is given twice, first in line %zu", key,
			 r->seen[i].line + 1);
		return false;
	}
	assert(r->seen_count < KEYS_MAX); /* each is in the table, and once */
	r->seen[r->seen_count++] = (struct seen_key){
		.key = mem_dup(key),
		.line = event->start_mark.line,
	};
	return true;
}

static void complain(struct reader *r, const yaml_event_t *event, const char *prefix)
{
	const char *word = scalar_text(event), *near;
	struct str say = STR_INIT;
	size_t len;

	if (is_plain(event) && strcmp(word, "<<") == 0) {
		ERROR_AT(r, event, "merge keys are not accepted: write the values out");
		return;
	}
	str_add_text(&say, "unknown option ");
	conf_value_quote(&say, word);
	if (*prefix)
		str_printf(&say, " in '%.*s'", (int)strlen(prefix) - 1, prefix);
	near = conf_words_near_in(prefix, word, &len);
	if (!*prefix && (conf_rows_find(word) && strchr(word, '.')))
		str_printf(&say, "; write '%s:' inside of '%.*s:'", strchr(word, '.') + 1,
			   (int)strcspn(word, "."), word);
	else if (near)
		str_printf(&say, "; did you mean '%.*s'?", (int)len, near);
	ERROR_AT(r, event, "%s", str_text(&say));
	str_deinit(&say);
}

static void read_map(struct reader *r, const char *prefix);

static void read_group(struct reader *r, const char *key)
{
	yaml_event_t event;
	char prefix[KEY_MAX + 1];

	if (!next_event(r, &event))
		return;
	(void)snprintf(prefix, sizeof(prefix), "%s.", key);
	if (event.type == YAML_MAPPING_START_EVENT)
		read_map(r, prefix);
	else if (event.type == YAML_SEQUENCE_START_EVENT ||
		 (event.type == YAML_SCALAR_EVENT &&
		  scalar_type(&event) != CONF_YAML_NULL))
		ERROR_AT(r, &event, "'%s' is a group of options, not an option", key);
	/* a group without a value is one whose options are all comments */
	if (event.type == YAML_SEQUENCE_START_EVENT)
		skip_rest(r, &event);
	yaml_event_delete(&event);
}

/* One key and its value. */
static void read_entry(struct reader *r, const yaml_event_t *event, const char *prefix)
{
	const struct conf_row *row;
	char key[KEY_MAX];
	bool fits;

	if (event->type != YAML_SCALAR_EVENT) {
		if (event->type != YAML_ALIAS_EVENT)
			ERROR_AT(r, event, "a key must be a word");
		skip_rest(r, event);
		skip_value(r);
		return;
	}
	fits = snprintf(key, sizeof(key), "%s%s", prefix, scalar_text(event)) <
		       (int)sizeof(key) &&
	       !strchr(scalar_text(event), '.') &&
	       strlen(scalar_text(event)) == event->data.scalar.length;
	row = fits ? conf_rows_find(key) : NULL;
	if (!row && !(fits && conf_rows_is_group(key))) {
		complain(r, event, prefix);
		skip_value(r);
		return;
	}
	if (!check_twice(r, event, key))
		skip_value(r);
	else if (row)
		read_option(r, row);
	else
		read_group(r, key);
}

static void read_map(struct reader *r, const char *prefix)
{
	yaml_event_t event;

	while (next_event(r, &event)) {
		bool end = event.type == YAML_MAPPING_END_EVENT;

		if (!end)
			read_entry(r, &event, prefix);
		yaml_event_delete(&event);
		if (end)
			return;
	}
}

/* The root of a document: a map, or nothing at all. */
static void read_root(struct reader *r)
{
	yaml_event_t event;

	if (!next_event(r, &event))
		return;
	if (event.type == YAML_MAPPING_START_EVENT) {
		read_map(r, "");
	} else if (event.type != YAML_ALIAS_EVENT &&
		   !(event.type == YAML_SCALAR_EVENT &&
		     scalar_type(&event) == CONF_YAML_NULL)) {
		ERROR_AT(r, &event, "the file must be a map of options");
		skip_rest(r, &event);
	}
	yaml_event_delete(&event);
}

static void read_stream(struct reader *r)
{
	int documents = 0;
	bool end = false;
	yaml_event_t event;

	while (!end && next_event(r, &event)) {
		end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_START_EVENT) {
			if (documents++) {
				ERROR_AT(r, &event,
					 "a second document: the file must "
					 "hold one");
				r->broken = true;
			} else {
				read_root(r);
			}
		}
		yaml_event_delete(&event);
	}
}

/* The file's bytes, or an error: what is no file, too large or no text is not parsed. */
static char *read_bytes(struct conf_build *build, size_t *len)
{
	const char *path = build->in->path;
	struct stat st;
	struct err err;
	char *bytes;

	if (stat(path, &st) < 0) {
		conf_errors_add(build->errors, path, "%s", strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode)) {
		conf_errors_add(build->errors, path,
				S_ISDIR(st.st_mode) ? "is a directory; expected a file"
						    : "is not a regular file");
		return NULL;
	}
	if (fdutil_read_file(path, CONF_YAML_BYTES_MAX, &bytes, len, &err) < 0) {
		conf_errors_add(build->errors, path, "%s", err.text);
		return NULL;
	}
	return bytes;
}

void conf_yaml_read(struct conf_build *build)
{
	size_t len, bad, line, column, i;
	struct reader *r;
	char *bytes;

	bytes = read_bytes(build, &len);
	if (!bytes)
		return;
	r = mem_new(struct reader);
	r->build = build;
	r->path = build->in->path;
	r->bytes = bytes;
	if (!utf8_valid(bytes, len, &bad)) {
		find_place(bytes, bad, &line, &column);
		add_error(r, line, column, "the file is not UTF-8");
	} else if (!yaml_parser_initialize(&r->parser)) {
		conf_errors_add(build->errors, r->path, "out of memory");
	} else {
		yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
		yaml_parser_set_input_string(&r->parser, (const unsigned char *)bytes,
					     len);
		read_stream(r);
		yaml_parser_delete(&r->parser);
	}
	for (i = 0; i < r->seen_count; i++)
		mem_free(r->seen[i].key);
	mem_free(r);
	mem_free(bytes);
}
