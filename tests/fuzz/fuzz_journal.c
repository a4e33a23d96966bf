/*
 * fuzz_journal.c - any bytes as a run's journal in a file (libFuzzer)
 *
 * An input whose first byte is '!' is such a file; any other is lines, each a record:
 * its type, then its fields with tabs between, "~" for none. What must hold beside
 * that nothing crashes: a reader ends behind the last whole record; what it says of
 * the run is in itself consistent.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fuzz.h"

#include "base/err.h"
#include "base/log.h"
#include "run/definition.h"
#include "store/files_journal.h"
#include "store/files_view.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

/* As store/files_run.c has them: the length, the text, a NUL. */
static void add_fields(struct str *body, char *text)
{
	char *field;

	while ((field = strsep(&text, "\t"))) {
		uint32_t len =
			strcmp(field, "~") == 0 ? UINT32_MAX : (uint32_t)strlen(field);
		int shift;

		for (shift = 0; shift < 32; shift += 8)
			str_add_char(body, (char)(len >> shift));
		if (len != UINT32_MAX)
			str_add(body, field, len + 1);
	}
}

static void write_records(int fd, const uint8_t *data, size_t size)
{
	struct files_journal journal;
	struct err err;

	memset(&journal, 0, sizeof(journal));
	journal.fd = fd;
	while (size) {
		char *line = take_line(&data, &size);
		struct str body = STR_INIT;

		if (*line) {
			add_fields(&body, line + 1);
			files_journal_add(&journal, *line, &body);
		}
		str_deinit(&body);
		mem_free(line);
	}
	files_journal_take(&journal);
	assert(files_journal_write(&journal, &err) == 0);
	str_deinit(&journal.flying);
	str_deinit(&journal.pending);
}

static enum files_scan on_record(void *arg, char type, const char *body, size_t len)
{
	(void)type;
	assert(body[len] == '\0');
	++*(size_t *)arg;
	return FILES_SCAN_ON;
}

static void check_scan(int fd, uint64_t size)
{
	uint64_t at = 0, before;
	size_t count = 0, again = 0;
	struct err err;

	if (files_journal_scan(fd, &at, on_record, &count, &err) < 0)
		return;
	assert(at <= size);
	before = at;
	assert(files_journal_scan(fd, &at, on_record, &again, &err) == 0);
	assert(at == before && again == 0);
}

static void check_view(int fd)
{
	struct files_view view;
	struct err err;
	int rc;

	files_view_init(&view);
	rc = files_view_read(&view, fd, &err);
	assert(rc == 0 || rc == ERR_NOT_FOUND || rc == ERR_INPUT);
	if (rc == 0) {
		assert(view.has_head && view.head.run_id);
		assert(!view.ended || view.end.status);
		assert(!view.ended || !view.asked.open);
		assert(view.rows >= 0 && view.wakes >= 0 && view.charges >= 0);
	}
	files_view_deinit(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	off_t len;

	assert(fd >= 0);
	log_level_set(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	if (size && data[0] == '!')
		assert(write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
	else
		write_records(fd, data, size);
	len = lseek(fd, 0, SEEK_END);
	check_scan(fd, (uint64_t)len);
	check_view(fd);
	(void)close(fd);
	return 0;
}
