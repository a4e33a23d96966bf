/* saved_file.h - data_dir/settings.json, changed member by member */
#ifndef API_SAVED_FILE_H
#define API_SAVED_FILE_H

#include "base/err.h"

#include <stddef.h>

struct conf_row;
struct str;

/* One change. value NULL: forget what is saved. */
struct saved_change {
	const struct conf_row *row;
	const char *value;
};

/* The file's text; "" when there is none. ERR_INPUT: it is no object. */
int saved_file_read(const char *data_dir, struct str *ret, struct err *err);
/* What it becomes, appended: all that is in it stays but for the changed members. */
void saved_file_change(const char *text, const struct saved_change *changes, size_t count,
		       struct str *ret);
/* BLOCKING; the old or the new content, whatever happens. "": the file goes. */
int saved_file_write(const char *data_dir, const char *text, struct err *err);

#endif
