/*
 * ui.c - the files of the page
 *
 * A file is a row here and a line of module.mk. Nothing is made of it on the way: what is
 * in src/ui/ is what the browser gets.
 */
#include "ui/ui.h"

#include "base/digest.h"
#include "ui/ui_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HTML   "text/html; charset=utf-8"
#define CSS    "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define SVG    "image/svg+xml"

struct row {
	const char *name;
	const char *type;
	enum ui_files_text text;
};

static const struct row rows[] = {
	{ "", HTML, UI_FILES_INDEX },
	{ "page.css", CSS, UI_FILES_PAGE },
	{ "icon.svg", SVG, UI_FILES_ICON },
	{ "main.js", SCRIPT, UI_FILES_MAIN },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

struct made {
	struct ui_file file;
	char etag[DIGEST_HEX_SIZE + 2];
};

static struct made made[ROWS];

static void make(void)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct embed *embed = &ui_files_texts[rows[i].text];
		char hex[DIGEST_HEX_SIZE];

		(void)snprintf(made[i].etag, sizeof(made[i].etag), "\"%.16s\"",
			       digest_sha256(embed->text, embed->len, hex));
		made[i].file = (struct ui_file){ rows[i].name, rows[i].type, embed->text,
						 embed->len, made[i].etag };
	}
}

const struct ui_file *ui_find(const char *name)
{
	size_t i;

	if (!made[0].file.text)
		make();
	for (i = 0; i < ROWS; i++)
		if (strcmp(made[i].file.name, name) == 0)
			return &made[i].file;
	return NULL;
}
