/*
 * conf_value.c - one option's value: from text into its field, and back
 *
 * File, environment, command line and defaults all end here: one set of rules for what a
 * value may look like. Numbers are decimal and without leading zeros, because the YAML of
 * the stock programs reads those as octal.
 */
#include "conf/conf_value.h"

#include "base/arena.h"
#include "base/netrange.h"
#include "base/str.h"
#include "base/units.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/conf_rows.h"
#include "conf/conf_url.h"
#include "conf/conf_words.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_MAX     60
#define LIST_NAME_MAX 64
#define ORIGIN_MAX    255
#define NET_MAX       63

void conf_value_quote(struct str *out, const char *text)
{
	size_t i, len = strlen(text), shown = len;

	if (len > QUOTE_MAX)
		shown = utf8_valid(text, len, NULL) ? utf8_cut(text, len, QUOTE_MAX)
						    : QUOTE_MAX;
	str_add_char(out, '\'');
	for (i = 0; i < shown; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !utf8_valid(text, len, NULL)))
			str_printf(out, "\\x%02x", c);
		else
			str_add_char(out, (char)c);
	}
	str_add_text(out, shown < len ? "...'" : "'");
}

/* "'text' problem; expected ..." */
static int refuse(const struct conf_row *row, const char *text, struct err *err,
		  const char *problem)
{
	struct str say = STR_INIT;

	if (conf_rows_secret(row))
		str_add_text(&say, "the value");
	else
		conf_value_quote(&say, text);
	str_printf(&say, " %s; expected ", problem);
	conf_words_expected(row, &say);
	(void)err_set(err, ERR_INPUT, "%s", str_text(&say));
	str_deinit(&say);
	return ERR_INPUT;
}

static void *field(const struct conf_row *row, struct conf *conf)
{
	return (char *)conf + row->at;
}

static const void *field_of(const struct conf_row *row, const struct conf *conf)
{
	return (const char *)conf + row->at;
}

static bool all_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool leading_zero(const char *text)
{
	if (*text == '-')
		text++;
	return text[0] == '0' && isdigit((unsigned char)text[1]);
}

/* COUNT, CPUS, MS, SIZE: *n, within the row's bounds */
static int parse_number(const struct conf_row *row, const char *text, int64_t *n,
			struct err *err)
{
	if (row->kind == CONF_COUNT || row->kind == CONF_CPUS) {
		if (leading_zero(text) || units_parse_int(text, n) < 0)
			return refuse(row, text, err, "is not a decimal integer");
	} else if (row->kind == CONF_MS) {
		if (units_parse_ms(text, n) < 0)
			return refuse(row, text, err,
				      all_digits(text) ? "has no unit"
						       : "is not a duration");
	} else if (units_parse_bytes(text, n) < 0) {
		return refuse(row, text, err,
			      all_digits(text) ? "has no unit" : "is not a size");
	}
	if (*n < row->min || *n > row->max)
		return refuse(row, text, err, "is out of range");
	return 0;
}

static int parse_listen(const struct conf_row *row, const char *text,
			struct conf_listen *ret, struct err *err)
{
	struct conf_listen listen = { .port = 0 };
	unsigned char addr[sizeof(struct in6_addr)];
	bool v6 = *text == '[';
	const char *host = text + v6, *end, *port_text;
	int64_t port;

	end = v6 ? strstr(host, "]:") : strrchr(host, ':');
	if (!end)
		return refuse(row, text, err, "is not an address and a port");
	port_text = end + (v6 ? 2 : 1);
	if ((size_t)(end - host) >= sizeof(listen.host))
		return refuse(row, text, err, "has no numeric address");
	memcpy(listen.host, host, (size_t)(end - host));
	if (inet_pton(v6 ? AF_INET6 : AF_INET, listen.host, addr) != 1)
		return refuse(row, text, err, "has no numeric address");
	if (!all_digits(port_text) || leading_zero(port_text) ||
	    units_parse_int(port_text, &port) < 0 || port < row->min || port > row->max)
		return refuse(row, text, err, "has no port from 1 to 65535");
	listen.port = (uint16_t)port;
	*ret = listen;
	return 0;
}

static bool name_ok(const char *text, size_t len, int64_t min, int64_t max)
{
	size_t i;

	if ((int64_t)len < min || (int64_t)len > max)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i]))
			return false;
	return true;
}

static int word_index(const char *const *words, const char *text, size_t len)
{
	int i;

	for (i = 0; words[i]; i++)
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return i;
	return -1;
}

/* The next member of a comma-separated list, without the spaces around it. */
static bool next_item(const char **list, const char **item, size_t *len)
{
	const char *at = *list, *end;

	if (!at)
		return false;
	end = at + strcspn(at, ",");
	*list = *end ? end + 1 : NULL;
	while (at < end && *at == ' ')
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	*item = at;
	*len = (size_t)(end - at);
	return true;
}

static int parse_set(const struct conf_row *row, const char *text, unsigned *ret,
		     struct err *err)
{
	const char *list = text, *item;
	unsigned bits = 0;
	size_t len;
	int i;

	while (next_item(&list, &item, &len)) {
		i = word_index(row->words, item, len);
		if (i < 0)
			return refuse(row, text, err, "names something else");
		bits |= 1u << i;
	}
	*ret = bits;
	return 0;
}

/* scheme://host[:port], as browsers say it: no path, no slash at the end; * is any. */
static bool origin_ok(const char *text, size_t len)
{
	size_t scheme = strncmp(text, "http://", 7) == 0    ? 7
			: strncmp(text, "https://", 8) == 0 ? 8
							    : 0;
	size_t i;

	if (len == 1 && *text == '*')
		return true;
	if (!scheme || len <= scheme || len > ORIGIN_MAX)
		return false;
	for (i = scheme; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-._:[]", text[i]))
			return false;
	return true;
}

static bool net_ok(const char *text, size_t len)
{
	char net[NET_MAX + 1];
	struct netrange range;

	if (len > NET_MAX)
		return false;
	memcpy(net, text, len);
	net[len] = '\0';
	return netrange_parse(net, &range);
}

static bool item_ok(const struct conf_row *row, const char *text, size_t len)
{
	if (row->kind == CONF_NETS)
		return net_ok(text, len);
	return row->kind == CONF_ORIGINS ? origin_ok(text, len)
					 : name_ok(text, len, 1, LIST_NAME_MAX);
}

static int parse_names(const struct conf_row *row, const char *text, struct arena *arena,
		       struct conf_names *ret, struct err *err)
{
	const char *list = text, *item;
	char **items = arena_new_n(arena, char *, row->max);
	size_t len, count = 0, i;

	if (row->kind != CONF_NAMES && strcmp(text, "none") == 0) {
		ret->count = 0;
		return 0;
	}
	while (next_item(&list, &item, &len)) {
		if (!item_ok(row, item, len))
			return refuse(row, text, err, "holds something else");
		if ((int64_t)count == row->max)
			return refuse(row, text, err, "holds too many");
		items[count] = arena_dup_n(arena, item, len);
		for (i = 0; i < count; i++)
			if (strcmp(items[i], items[count]) == 0)
				return refuse(row, text, err, "names one twice");
		count++;
	}
	ret->items = (const char *const *)items;
	ret->count = count;
	return 0;
}

static int check_dir(const struct conf_row *row, const char *text, struct err *err)
{
	const char *p;

	if (*text != '/')
		return refuse(row, text, err, "is not absolute");
	if ((int64_t)strlen(text) > row->max)
		return refuse(row, text, err, "is too long");
	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return refuse(row, text, err, "holds a control character");
	if (!utf8_valid(text, strlen(text), NULL))
		return refuse(row, text, err, "is not UTF-8");
	return 0;
}

static int check_secret(const struct conf_row *row, const char *text, struct err *err)
{
	struct err inner;

	if ((int64_t)strlen(text) > row->max)
		return refuse(row, text, err, "is too long");
	if (conf_url_check(text, row->words, &inner) < 0)
		return refuse(row, text, err, inner.text);
	return 0;
}

static int check_word(const struct conf_row *row, const char *text, struct err *err)
{
	const char *p;

	if ((int64_t)strlen(text) < row->min || (int64_t)strlen(text) > row->max)
		return refuse(row, text, err, "is too long");
	for (p = text; *p; p++)
		if (*p <= ' ' || *p > '~')
			return refuse(row, text, err,
				      row->kind == CONF_TOKEN
					      ? "holds a character that no such key has"
					      : "holds a space or an odd character");
	return 0;
}

int conf_value_check_item(const struct conf_row *row, const char *text, struct err *err)
{
	size_t len = strlen(text);

	assert(row->kind == CONF_NAMES || row->kind == CONF_ORIGINS ||
	       row->kind == CONF_NETS || row->kind == CONF_SET);
	if (row->kind == CONF_ORIGINS && !origin_ok(text, len) &&
	    strcmp(text, "none") != 0)
		return refuse(row, text, err, "is no such origin");
	if (row->kind == CONF_NETS && !net_ok(text, len) && strcmp(text, "none") != 0)
		return refuse(row, text, err, "is no such network");
	if (row->kind == CONF_NAMES && !name_ok(text, len, 1, LIST_NAME_MAX))
		return refuse(row, text, err, "is no such name");
	if (row->kind == CONF_SET && word_index(row->words, text, len) < 0)
		return refuse(row, text, err, "is none of them");
	return 0;
}

int conf_value_set(const struct conf_row *row, const char *text, struct conf *conf,
		   struct arena *arena, int cores, struct err *err)
{
	void *to = field(row, conf);
	int64_t n;
	int rc = 0;

	if (!*text)
		return refuse(row, text, err, "is empty");
	switch (row->kind) {
	case CONF_BOOL:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return refuse(row, text, err, "is neither");
		*(bool *)to = *text == 't';
		return 0;
	case CONF_CHOICE:
		rc = word_index(row->words, text, strlen(text));
		if (rc < 0)
			return refuse(row, text, err, "is none of them");
		*(int *)to = rc;
		return 0;
	case CONF_CPUS:
		if (strcmp(text, "auto") == 0) {
			*(struct conf_cpus *)to = (struct conf_cpus){
				.n = cores < row->max ? cores : row->max,
				.automatic = true,
			};
			return 0;
		}
		rc = parse_number(row, text, &n, err);
		if (rc == 0)
			*(struct conf_cpus *)to = (struct conf_cpus){ .n = n };
		return rc;
	case CONF_COUNT:
	case CONF_MS:
	case CONF_SIZE:
		rc = parse_number(row, text, &n, err);
		if (rc == 0)
			*(int64_t *)to = n;
		return rc;
	case CONF_DIR:
		rc = check_dir(row, text, err);
		break;
	case CONF_NAME:
		if (!name_ok(text, strlen(text), row->min, row->max))
			return refuse(row, text, err, "is no such name");
		break;
	case CONF_SECRET:
		rc = check_secret(row, text, err);
		break;
	case CONF_TOKEN:
	case CONF_WORD:
		rc = check_word(row, text, err);
		break;
	case CONF_LISTEN:
		return parse_listen(row, text, to, err);
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
		return parse_names(row, text, arena, to, err);
	case CONF_SET:
		return parse_set(row, text, to, err);
	}
	if (rc == 0)
		*(const char **)to = arena_dup(arena, text);
	return rc;
}

int conf_value_set_default(const struct conf_row *row, const char *text,
			   struct conf *conf, struct arena *arena, int cores,
			   struct err *err)
{
	if (!*text) {
		assert(row->kind == CONF_NAME || row->kind == CONF_WORD ||
		       conf_rows_secret(row));
		*(const char **)field(row, conf) = "";
		return 0;
	}
	return conf_value_set(row, text, conf, arena, cores, err);
}

static void add_listen(const struct conf_listen *listen, struct str *out)
{
	str_printf(out, strchr(listen->host, ':') ? "[%s]:%u" : "%s:%u", listen->host,
		   (unsigned)listen->port);
}

/* A bare number in a stock variable; the range is checked later, in our form. */
static int stock_number(const struct conf_row *row, const char *text, int64_t *n,
			struct err *err)
{
	if (leading_zero(text) || units_parse_int(text, n) < 0)
		return refuse(row, text, err,
			      "is not a decimal integer, which this variable holds");
	return 0;
}

int conf_value_from_stock(const struct conf_row *row, const char *text,
			  const struct conf *conf, struct str *out, struct err *err)
{
	struct conf_listen listen;
	int64_t n;
	int rc;

	if (row->stock_form == CONF_STOCK_SAME) {
		str_add_text(out, text);
		return 0;
	}
	rc = stock_number(row, text, &n, err);
	if (rc < 0)
		return rc;
	switch (row->stock_form) {
	case CONF_STOCK_SAME:
		break;
	case CONF_STOCK_SECONDS:
	case CONF_STOCK_MINUTES:
		if (n <= 0)
			return refuse(row, text, err, "is out of range");
		str_printf(out, "%lld%s", (long long)n,
			   row->stock_form == CONF_STOCK_SECONDS ? "s" : "m");
		break;
	case CONF_STOCK_PORT:
		if (n < 1 || n > 65535)
			return refuse(row, text, err, "is not a port from 1 to 65535");
		listen = *(const struct conf_listen *)field_of(row, conf);
		listen.port = (uint16_t)n;
		add_listen(&listen, out);
		break;
	case CONF_STOCK_BIT:
		if (n != 0 && n != 1)
			return refuse(row, text, err, "is neither 0 nor 1");
		str_add_text(out, n ? "true" : "false");
		break;
	case CONF_STOCK_OFF:
		str_add_int(out, n < 0 ? 0 : n);
		break;
	}
	return 0;
}

void conf_value_add(const struct conf_row *row, const struct conf *conf, struct str *out)
{
	const void *from = field_of(row, conf);
	const struct conf_names *names;
	char buf[UNITS_TEXT_MAX];
	unsigned bits;
	size_t i;

	switch (row->kind) {
	case CONF_BOOL:
		str_add_text(out, *(const bool *)from ? "true" : "false");
		break;
	case CONF_CHOICE:
		str_add_text(out, row->words[*(const int *)from]);
		break;
	case CONF_CPUS:
		str_add_int(out, ((const struct conf_cpus *)from)->n);
		if (((const struct conf_cpus *)from)->automatic)
			str_add_text(out, " (auto)");
		break;
	case CONF_COUNT:
		str_add_int(out, *(const int64_t *)from);
		break;
	case CONF_MS:
		str_add_text(out, units_format_ms(*(const int64_t *)from, buf));
		break;
	case CONF_SIZE:
		str_add_text(out, units_format_bytes(*(const int64_t *)from, buf));
		break;
	case CONF_DIR:
	case CONF_NAME:
	case CONF_WORD:
		str_add_text(out, *(const char *const *)from);
		break;
	case CONF_SECRET:
		if (**(const char *const *)from)
			conf_url_redact(*(const char *const *)from, out);
		break;
	case CONF_TOKEN:
		if (**(const char *const *)from)
			str_add_text(out, "***");
		break;
	case CONF_LISTEN:
		add_listen(from, out);
		break;
	case CONF_NAMES:
	case CONF_NETS:
	case CONF_ORIGINS:
		names = from;
		if (!names->count)
			str_add_text(out, "none");
		for (i = 0; i < names->count; i++)
			str_printf(out, "%s%s", i ? "," : "", names->items[i]);
		break;
	case CONF_SET:
		bits = *(const unsigned *)from;
		for (i = 0; row->words[i]; i++)
			if (bits & (1u << i))
				str_printf(out, "%s%s", bits & ((1u << i) - 1) ? "," : "",
					   row->words[i]);
		break;
	}
}
