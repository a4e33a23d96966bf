/*
 * bulk_scan.c - cut a bulk body into its items
 *
 * A parsed document is many times larger than its text, and a bulk body may have 32 MiB;
 * so only its outline is read here, by quotes and brackets, and each item is parsed by
 * itself and freed. The walk stops after every item, so that a large body is read in many
 * turns of the loop. Other members of the outer object are handed out, too: unknown
 * fields are ignored, but they must be JSON.
 */
#include "api/bulk_scan.h"

#include <string.h>

enum {
	AT_START,
	AT_MEMBER, /* behind "{" or behind a member */
	AT_ITEM,   /* inside the array */
	AT_END,
};

void bulk_scan_init(struct bulk_scan *scan, const char *text, size_t len)
{
	memset(scan, 0, sizeof(*scan));
	scan->text = text;
	scan->len = len;
	scan->state = AT_START;
}

bool bulk_scan_seen(const struct bulk_scan *scan)
{
	return scan->seen;
}

const char *bulk_scan_why(const struct bulk_scan *scan)
{
	return scan->why;
}

static void skip_space(struct bulk_scan *scan)
{
	while (scan->at < scan->len && scan->text[scan->at] &&
	       strchr(" \t\r\n", scan->text[scan->at]))
		scan->at++;
}

/* The next byte that is no space, or NUL at the end. */
static char peek(struct bulk_scan *scan)
{
	skip_space(scan);
	return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static enum bulk_scan_step bad(struct bulk_scan *scan, size_t *start, const char *why)
{
	scan->state = AT_END;
	scan->why = why;
	*start = scan->at;
	return BULK_SCAN_BAD;
}

/* Past a string; false if it has no end. */
static bool skip_string(struct bulk_scan *scan)
{
	scan->at++;
	while (scan->at < scan->len) {
		char c = scan->text[scan->at++];

		if (c == '"')
			return true;
		if (c == '\\')
			scan->at++;
	}
	scan->at = scan->len;
	return false;
}

/* Past a value of any type, by its quotes and brackets; false if there is no end. */
static bool skip_value(struct bulk_scan *scan)
{
	size_t depth = 0;
	size_t start;

	skip_space(scan);
	start = scan->at;
	while (scan->at < scan->len) {
		char c = scan->text[scan->at];

		if (c == '"') {
			if (!skip_string(scan))
				return false;
			if (depth == 0)
				return true;
			continue;
		}
		if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				break;
			if (--depth == 0) {
				scan->at++;
				return true;
			}
		} else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' ||
					  c == '\r' || c == '\n')) {
			break;
		}
		scan->at++;
	}
	return depth == 0 && scan->at > start;
}

static enum bulk_scan_step next_item(struct bulk_scan *scan, size_t *start, size_t *end)
{
	char c = peek(scan);

	if (c == ']') {
		scan->at++;
		scan->state = AT_MEMBER;
		scan->first = false;
		return bulk_scan_next(scan, start, end);
	}
	if (!scan->first) {
		if (c != ',')
			return bad(scan, start, "',' or ']' expected");
		scan->at++;
		c = peek(scan);
	}
	scan->first = false;
	*start = scan->at;
	if (c == '\0' || c == ']' || !skip_value(scan))
		return bad(scan, start, "a value expected");
	*end = scan->at;
	return BULK_SCAN_ITEM;
}

static enum bulk_scan_step next_member(struct bulk_scan *scan, size_t *start, size_t *end)
{
	char c = peek(scan);
	size_t key;
	size_t key_len;

	if (c == '}') {
		scan->at++;
		if (peek(scan) != '\0' || scan->at < scan->len)
			return bad(scan, start, "text behind the end of the body");
		scan->state = AT_END;
		return BULK_SCAN_END;
	}
	if (!scan->first) {
		if (c != ',')
			return bad(scan, start, "',' or '}' expected");
		scan->at++;
		c = peek(scan);
	}
	scan->first = false;
	if (c != '"')
		return bad(scan, start, "a key expected");
	key = scan->at;
	if (!skip_string(scan))
		return bad(scan, start, "string without an end");
	key_len = scan->at - key;
	if (peek(scan) != ':')
		return bad(scan, start, "':' expected");
	scan->at++;
	c = peek(scan);
	if (key_len != 6 || memcmp(scan->text + key, "\"runs\"", 6) != 0) {
		if (c == '\0' || !skip_value(scan))
			return bad(scan, start, "a value expected");
		*start = key;
		*end = scan->at;
		return BULK_SCAN_OTHER;
	}
	if (scan->seen) {
		scan->state = AT_END;
		*start = key;
		return BULK_SCAN_DUPLICATE;
	}
	scan->seen = true;
	if (c != '[') {
		scan->state = AT_END;
		*start = scan->at;
		return BULK_SCAN_TYPE;
	}
	scan->at++;
	scan->state = AT_ITEM;
	scan->first = true;
	return next_item(scan, start, end);
}

enum bulk_scan_step bulk_scan_next(struct bulk_scan *scan, size_t *start, size_t *end)
{
	switch (scan->state) {
	case AT_START:
		if (peek(scan) != '{') {
			scan->state = AT_END;
			*start = scan->at;
			return BULK_SCAN_TYPE;
		}
		scan->at++;
		scan->state = AT_MEMBER;
		scan->first = true;
		return next_member(scan, start, end);
	case AT_MEMBER:
		return next_member(scan, start, end);
	case AT_ITEM:
		return next_item(scan, start, end);
	default:
		return BULK_SCAN_END;
	}
}
