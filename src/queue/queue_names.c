/*
 * queue_names.c - names of the keys of a queue
 *
 * "synapse:q:{<queue>}:<what>": the braces are the hash tag, so that all keys of a queue
 * live in one slot. '%' alone can be no encoded id, so it stands for the empty one.
 */
#include "queue/queue_names.h"

#include "base/ids.h"
#include "base/str.h"
#include "queue/queue.h"

#include <string.h>

#define TENANT_MAX 768 /* 256 bytes, each encoded */

void queue_names_prefix(struct str *out, const char *queue)
{
	str_printf(out, "synapse:q:{%s}:", queue);
}

void queue_names_key(struct str *out, const char *queue, const char *what)
{
	queue_names_prefix(out, queue);
	str_add_text(out, what);
}

void queue_names_tenant(struct str *out, const char *raw)
{
	if (*raw)
		ids_encode(out, raw);
	else
		str_add_char(out, '%');
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool queue_names_tenant_ok(const char *key_form, size_t len)
{
	if (len == 1 && *key_form == '%')
		return true;
	if (len == 0 || len > TENANT_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (is_plain(key_form[i]))
			continue;
		if (key_form[i] != '%' || len - i < 3 || hex_value(key_form[i + 1]) < 0 ||
		    hex_value(key_form[i + 2]) < 0)
			return false;
		i += 2;
	}
	return true;
}

bool queue_names_tenant_raw(struct str *out, const char *key_form, size_t len)
{
	if (!queue_names_tenant_ok(key_form, len))
		return false;
	if (len == 1 && *key_form == '%')
		return true;
	for (size_t i = 0; i < len; i++) {
		if (key_form[i] != '%') {
			str_add_char(out, key_form[i]);
			continue;
		}
		str_add_char(out, (char)(hex_value(key_form[i + 1]) * 16 +
					 hex_value(key_form[i + 2])));
		i += 2;
	}
	return true;
}

bool queue_names_lane_ok(const char *lane, size_t len)
{
	if (len == 1)
		return *lane == *QUEUE_LANE_ANY;
	if (len != 8)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!(lane[i] >= '0' && lane[i] <= '9') &&
		    !(lane[i] >= 'a' && lane[i] <= 'f'))
			return false;
	}
	return true;
}
