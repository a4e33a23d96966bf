/*
 * err.c - what went wrong: a code for the program and a sentence for the person
 *
 * The text has a fixed size, so an error can be reported when memory is gone. A text that
 * does not fit loses its end, never its beginning: the outermost context comes first.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	err->sys_errno = 0;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

int err_errno(struct err *err, const char *format, ...)
{
	int saved = errno;
	char buf[128];
	va_list args;
	size_t len;

	if (!err)
		return ERR_SYS;
	err->code = ERR_SYS;
	err->sys_errno = saved;
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s",
		       strerror_r(saved, buf, sizeof(buf)));
	return ERR_SYS;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char cause[ERR_TEXT_MAX];
	va_list args;
	size_t len;

	if (!err)
		return ERR_SYS;
	memcpy(cause, err->text, sizeof(cause));
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", cause);
	return err->code;
}

const char *err_name(int code)
{
	switch ((enum err_code)code) {
	case ERR_SYS:
		return "system";
	case ERR_INPUT:
		return "input";
	case ERR_LIMIT:
		return "limit";
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_CONN:
		return "connection";
	case ERR_TIMEOUT:
		return "timeout";
	case ERR_REFUSED:
		return "refused";
	case ERR_PROTO:
		return "protocol";
	case ERR_STALE:
		return "stale";
	case ERR_FULL:
		return "full";
	case ERR_CLOSED:
		return "closed";
	}
	return "unknown";
}
