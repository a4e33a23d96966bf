/* ui.h - the files of the page, which are in the program */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>
#include <stddef.h>

struct ui_file {
	const char *name; /* below /ui/; "" is the page itself */
	const char *type; /* Content-Type */
	const char *text;
	size_t len;
	const char *etag; /* quoted */
};

/* NULL: there is no such file. In an API child: the first call reads them all once. */
const struct ui_file *ui_find(const char *name);
/* Whether what the files are now is called so; the page has the name in its addresses. */
bool ui_is_edition(const char *name);

#endif
