/* conf_errors.h - everything that is wrong with a configuration, one line each */
#ifndef CONF_CONF_ERRORS_H
#define CONF_CONF_ERRORS_H

#include "base/str.h"

#include <stddef.h>

/* An error in line 1 may bring a hundred behind it: those beyond the cap are counted. */
#define CONF_ERRORS_MAX 20

/* Embed it zeroed. */
struct conf_errors {
	struct str lines; /* each "<where>: <what>\n", at most CONF_ERRORS_MAX */
	size_t count;     /* those beyond the cap included */
};

/* where: "FILE:LINE:COLUMN", "environment variable NAME", "command line". */
void conf_errors_add(struct conf_errors *errors, const char *where, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));
/* All lines and, behind the cap, how many more there are; the caller's (mem_free). */
char *conf_errors_text(const struct conf_errors *errors);
void conf_errors_deinit(struct conf_errors *errors);

#endif
