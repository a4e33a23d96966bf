/* conf_value.h - one option's value: from text into its field, and back */
#ifndef CONF_CONF_VALUE_H
#define CONF_CONF_VALUE_H

#include "base/err.h"

struct arena;
struct conf;
struct conf_row;
struct str;

/*
 * Parse, check and store. Lists have commas between. Strings are copied to the arena.
 * cores is what `auto` means. ERR_INPUT leaves the field as it was; the text says what is
 * wrong and what would be accepted, and never shows a secret.
 */
int conf_value_set(const struct conf_row *row, const char *text, struct conf *conf,
		   struct arena *arena, int cores, struct err *err);
/* The same for a default, which may be "" (not set). */
int conf_value_set_default(const struct conf_row *row, const char *text,
			   struct conf *conf, struct arena *arena, int cores,
			   struct err *err);
/* One member of a list alone (CONF_NAMES, CONF_SET). */
int conf_value_check_item(const struct conf_row *row, const char *text, struct err *err);

/*
 * From the form of the stock variable to ours ("300" -> "300s"), appended to out. The
 * conf is for the address to which a stock port belongs.
 */
int conf_value_from_stock(const struct conf_row *row, const char *text,
			  const struct conf *conf, struct str *out, struct err *err);

/* Append the field as text that conf_value_set() reads; a secret is redacted. */
void conf_value_add(const struct conf_row *row, const struct conf *conf, struct str *out);

/* Append text from outside in quotes, cut, control characters made visible. */
void conf_value_quote(struct str *out, const char *text);

#endif
