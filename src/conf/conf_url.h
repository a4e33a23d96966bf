/* conf_url.h - URLs of stores: are they well-formed, and how may they be shown */
#ifndef CONF_CONF_URL_H
#define CONF_CONF_URL_H

#include "base/err.h"

struct str;

/*
 * Scheme (one of the NULL-terminated words) and host, nothing deeper: the library that
 * connects knows the rest. ERR_INPUT with a text that never shows a part of the URL,
 * since a malformed one may have its password anywhere.
 */
int conf_url_check(const char *url, const char *const *schemes, struct err *err);

/*
 * Append the URL as it may be shown: scheme, user, hosts, ports and path stay; the
 * password and the values of all parameters but known harmless ones become "***". What
 * cannot be taken apart for sure becomes the scheme and "***".
 */
void conf_url_redact(const char *url, struct str *out);

#endif
