/*
 * ui.c - the files of the page
 *
 * A file is a row here and a line of module.mk. Nothing is made of it on the way: what is
 * in src/ui/ is what the browser gets. The page itself alone is changed: it asks for the
 * others below their edition, a digest of all of them, so that a browser that has them
 * need not ask whether they are the same. Modules name each other by their place beside.
 */
#include "ui/ui.h"

#include "base/digest.h"
#include "base/str.h"
#include "ui/ui_files.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HTML   "text/html; charset=utf-8"
#define CSS    "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define SVG    "image/svg+xml"

#define PLACE       "\"/ui/" /* how the page names another file */
#define EDITION_LEN 16

struct row {
	const char *name;
	const char *type;
	enum ui_files_text text;
};

static const struct row rows[] = {
	{ "", HTML, UI_FILES_INDEX },
	{ "page.css", CSS, UI_FILES_PAGE },
	{ "icon.svg", SVG, UI_FILES_ICON },
	{ "chart.js", SCRIPT, UI_FILES_CHART },
	{ "code.js", SCRIPT, UI_FILES_CODE },
	{ "csv.js", SCRIPT, UI_FILES_CSV },
	{ "diff.js", SCRIPT, UI_FILES_DIFF },
	{ "dom.js", SCRIPT, UI_FILES_DOM },
	{ "early.js", SCRIPT, UI_FILES_EARLY },
	{ "filters.js", SCRIPT, UI_FILES_FILTERS },
	{ "form.js", SCRIPT, UI_FILES_FORM },
	{ "graph.js", SCRIPT, UI_FILES_GRAPH },
	{ "live.js", SCRIPT, UI_FILES_LIVE },
	{ "log.js", SCRIPT, UI_FILES_LOG },
	{ "main.js", SCRIPT, UI_FILES_MAIN },
	{ "net.js", SCRIPT, UI_FILES_NET },
	{ "parts.js", SCRIPT, UI_FILES_PARTS },
	{ "pointer.js", SCRIPT, UI_FILES_POINTER },
	{ "show.js", SCRIPT, UI_FILES_SHOW },
	{ "sign_in.js", SCRIPT, UI_FILES_SIGN_IN },
	{ "steps.js", SCRIPT, UI_FILES_STEPS },
	{ "story.js", SCRIPT, UI_FILES_STORY },
	{ "sync.js", SCRIPT, UI_FILES_SYNC },
	{ "table.js", SCRIPT, UI_FILES_TABLE },
	{ "view_analytics.js", SCRIPT, UI_FILES_VIEW_ANALYTICS },
	{ "view_chat.js", SCRIPT, UI_FILES_VIEW_CHAT },
	{ "view_defs.js", SCRIPT, UI_FILES_VIEW_DEFS },
	{ "view_keys.js", SCRIPT, UI_FILES_VIEW_KEYS },
	{ "view_letters.js", SCRIPT, UI_FILES_VIEW_LETTERS },
	{ "view_now.js", SCRIPT, UI_FILES_VIEW_NOW },
	{ "view_queues.js", SCRIPT, UI_FILES_VIEW_QUEUES },
	{ "view_run.js", SCRIPT, UI_FILES_VIEW_RUN },
	{ "view_runs.js", SCRIPT, UI_FILES_VIEW_RUNS },
	{ "view_scale.js", SCRIPT, UI_FILES_VIEW_SCALE },
	{ "view_schedules.js", SCRIPT, UI_FILES_VIEW_SCHEDULES },
	{ "view_start.js", SCRIPT, UI_FILES_VIEW_START },
	{ "view_waits.js", SCRIPT, UI_FILES_VIEW_WAITS },
	{ "view_workers.js", SCRIPT, UI_FILES_VIEW_WORKERS },
	{ "views.js", SCRIPT, UI_FILES_VIEWS },
	{ "uplot.css", CSS, UI_FILES_UPLOT },
	{ "uplot.min.js", SCRIPT, UI_FILES_UPLOT_MIN },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

struct made {
	struct ui_file file;
	char etag[DIGEST_HEX_SIZE + 2];
};

static struct made made[ROWS];

static char edition[DIGEST_HEX_SIZE];

static void make_row(size_t i, const char *text, size_t len)
{
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(made[i].etag, sizeof(made[i].etag), "\"%.16s\"",
		       digest_sha256(text, len, hex));
	made[i].file =
		(struct ui_file){ rows[i].name, rows[i].type, text, len, made[i].etag };
}

/* It lives as long as the process. */
static void make_page(void)
{
	const char *rest = made[0].file.text, *next;
	struct str page = STR_INIT;
	size_t len;

	while ((next = strstr(rest, PLACE)) != NULL) {
		str_add(&page, rest, (size_t)(next - rest));
		str_printf(&page, PLACE "%s/", edition);
		rest = next + strlen(PLACE);
	}
	str_add_text(&page, rest);
	len = page.len;
	make_row(0, str_take(&page), len);
}

static void make(void)
{
	struct str all = STR_INIT;
	size_t i;

	for (i = 0; i < ROWS; i++) {
		const struct embed *embed = &ui_files_texts[rows[i].text];

		make_row(i, embed->text, embed->len);
		str_add_text(&all, made[i].etag);
	}
	digest_sha256(str_text(&all), all.len, edition);
	edition[EDITION_LEN] = '\0';
	str_deinit(&all);
	make_page();
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

bool ui_is_edition(const char *name)
{
	if (!made[0].file.text)
		make();
	return strcmp(edition, name) == 0;
}
