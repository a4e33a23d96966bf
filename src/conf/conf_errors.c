/*
 * conf_errors.c - everything that is wrong with a configuration, one line each
 *
 * Whoever edits a file wants all of its errors at once, and is not helped by a thousand.
 */
#include "conf/conf_errors.h"

#include <stdarg.h>

void conf_errors_add(struct conf_errors *errors, const char *where, const char *format,
		     ...)
{
	va_list args;

	if (errors->count++ >= CONF_ERRORS_MAX)
		return;
	str_printf(&errors->lines, "%s: ", where);
	va_start(args, format);
	str_vprintf(&errors->lines, format, args);
	va_end(args);
	str_add_char(&errors->lines, '\n');
}

char *conf_errors_text(const struct conf_errors *errors)
{
	struct str out = STR_INIT;

	str_add(&out, errors->lines.data, errors->lines.len);
	if (errors->count > CONF_ERRORS_MAX)
		str_printf(&out, "and %zu more errors\n",
			   errors->count - CONF_ERRORS_MAX);
	return str_take(&out);
}

void conf_errors_deinit(struct conf_errors *errors)
{
	str_deinit(&errors->lines);
	errors->count = 0;
}
