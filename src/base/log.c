/*
 * log.c - one line each: an event and pairs
 *
 * A line is built in a buffer on the stack and leaves with one write(2), so lines of
 * several processes on one descriptor do not mix (up to PIPE_BUF) and nothing is lost at
 * _exit. A full or closed descriptor never stops the program: the line is dropped.
 *
 * The limiter counts per event name (a small table keyed by the pointer, which is a
 * literal) and says how many lines it held back when the second is over and the event
 * comes again.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/moment.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_PATH_MAX   4096
#define LOG_LINE_MAX   2048
#define LOG_TEXT_MAX   400
#define LOG_PER_SECOND 20
#define LOG_EVENTS     64

static struct {
	enum log_level level;
	enum log_format format;
	int fd;
	bool journal;
	const char *kind;
	int slot;
	int generation;
	char path[LOG_PATH_MAX]; /* of the file behind fd; "": it is none */
} out = { LOG_LEVEL_INFO, LOG_FORMAT_TEXT, STDERR_FILENO, false, NULL, -1, -1, "" };

static struct log_rate {
	const char *event;
	int64_t second;
	unsigned count;
	unsigned held;
} rates[LOG_EVENTS]; /* every process of ours */

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	size_t start; /* of the first pair */
	bool full;    /* something did not fit */
	int cut;      /* pairs left out */
};

#define LOG_TAIL_ROOM 64 /* kept free for cut_pairs, the bracket and the newline */

void log_identity(const char *kind, int slot, int generation)
{
	out.kind = kind;
	out.slot = slot;
	out.generation = generation;
}

bool log_to_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;
	char *end;

	if (!stream)
		return false;
	dev = strtoull(stream, &end, 10);
	if (*end != ':')
		return false;
	ino = strtoull(end + 1, &end, 10);
	if (*end != '\0')
		return false;
	return fstat(fd, &st) == 0 && st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

/* The kernel's name of the file follows a rename, so it is asked now. */
static void note_path(int fd)
{
	char link[64];
	struct stat st;
	ssize_t len;

	out.path[0] = '\0';
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink == 0)
		return;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, out.path, sizeof(out.path) - 1);
	out.path[len > 0 && (size_t)len < sizeof(out.path) - 1 ? len : 0] = '\0';
}

void log_setup(enum log_level level, enum log_format format, int fd)
{
	out.level = level;
	out.format = format;
	out.fd = fd;
	out.journal = log_to_journal(fd);
	note_path(fd);
}

int log_reopen(struct err *err)
{
	int fd, rc = 1;

	if (!out.path[0])
		return 0;
	fd = open(out.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		return err_errno(err, "open %s", out.path);
	if (dup2(fd, out.fd) < 0)
		rc = err_errno(err, "dup2 for %s", out.path);
	(void)close(fd); /* nothing was written through it */
	return rc;
}

void log_level_set(enum log_level level, enum log_format format)
{
	out.level = level;
	out.format = format;
}

enum log_level log_level_now(void)
{
	return out.level;
}

static void line_add(struct line *line, const char *bytes, size_t len)
{
	if (len > sizeof(line->text) - LOG_TAIL_ROOM - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
}

static void line_text(struct line *line, const char *text)
{
	line_add(line, text, strlen(text));
}

static void line_number(struct line *line, int64_t number)
{
	char digits[24];

	line_add(line, digits,
		 (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)number));
}

static bool text_is_plain(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127 || *p == '"' ||
		    *p == '=' || *p == '\\')
			return false;
	return p != text;
}

/* JSON's escapes serve both formats. */
static void line_quoted(struct line *line, const char *text)
{
	size_t len = strlen(text), n, bytes;
	bool valid = utf8_valid(text, len, NULL);
	size_t shown = valid ? utf8_cut(text, len, LOG_TEXT_MAX)
			     : (len < LOG_TEXT_MAX ? len : LOG_TEXT_MAX);
	char esc[8];

	line_add(line, "\"", 1);
	for (n = 0; n < shown; text++, n++) {
		unsigned char c = (unsigned char)*text;
		unsigned steers = valid ? utf8_steers(text, &bytes) : 0;

		if (c == '"' || c == '\\') {
			line_add(line, "\\", 1);
			line_add(line, text, 1);
		} else if (c == '\n') {
			line_add(line, "\\n", 2);
		} else if (steers) {
			line_add(line, esc,
				 (size_t)snprintf(esc, sizeof(esc), "\\u%04x", steers));
			text += bytes - 1;
			n += bytes - 1;
		} else if (c < ' ' || c == 127) {
			line_add(line, esc,
				 (size_t)snprintf(esc, sizeof(esc), "\\u%04x", c));
		} else {
			line_add(line, c > 127 && !valid ? "?" : text, 1);
		}
	}
	line_add(line, shown < len ? "...\"" : "\"", shown < len ? 4 : 1);
}

static void line_pair(struct line *line, const struct log_pair *pair)
{
	bool json = out.format == LOG_FORMAT_JSON;
	size_t before = line->len;

	if (line->len > line->start)
		line_text(line, json ? "," : " ");
	if (json)
		line_text(line, "\"");
	line_text(line, pair->key);
	line_text(line, json ? "\":" : "=");
	if (!pair->text)
		line_number(line, pair->number);
	else if (json || !text_is_plain(pair->text) || strlen(pair->text) > LOG_TEXT_MAX)
		line_quoted(line, pair->text);
	else
		line_text(line, pair->text);
	if (!line->full)
		return;
	line->full = false; /* half a pair would be half a quote */
	line->len = before;
	line->cut++;
}

static struct log_rate *rate_of(const char *event)
{
	size_t i = ((size_t)event >> 3) % LOG_EVENTS;
	size_t n;

	for (n = 0; n < LOG_EVENTS; n++, i = (i + 1) % LOG_EVENTS) {
		if (rates[i].event == event)
			return &rates[i];
		if (!rates[i].event) {
			rates[i].event = event;
			return &rates[i];
		}
	}
	return NULL; /* more events than slots: those are not limited */
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARN:
		return "warn";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "info";
}

static void log_emit(enum log_level level, const char *event,
		     const struct log_pair *pairs, size_t count)
{
	static const char *const syslog_prefix[] = { "<3>", "<4>", "<6>", "<7>" };
	bool json = out.format == LOG_FORMAT_JSON;
	struct line line = { .len = 0 };
	char stamp[MOMENT_MAX];
	size_t i;

	if (out.journal)
		line_text(&line, syslog_prefix[level]);
	if (json)
		line_text(&line, "{");
	line.start = line.len;
	if (!out.journal)
		line_pair(&line, &LOG_S("time", moment_text(clock_wall_ms(), stamp)));
	line_pair(&line, &LOG_S("level", level_name(level)));
	line_pair(&line, &LOG_S("event", event));
	line_pair(&line, &LOG_N("pid", getpid()));
	if (out.kind)
		line_pair(&line, &LOG_S("kind", out.kind));
	if (out.slot >= 0)
		line_pair(&line, &LOG_N("slot", out.slot));
	if (out.generation >= 0)
		line_pair(&line, &LOG_N("generation", out.generation));
	for (i = 0; i < count; i++)
		line_pair(&line, &pairs[i]);

	if (line.cut)
		line.len += (size_t)snprintf(line.text + line.len, LOG_TAIL_ROOM,
					     json ? ",\"cut_pairs\":%d" : " cut_pairs=%d",
					     line.cut);
	if (json)
		line.text[line.len++] = '}';
	line.text[line.len++] = '\n';
	if (write(out.fd, line.text, line.len) < 0)
		return; /* nobody is left to tell */
}

void log_write(enum log_level level, const char *event, const struct log_pair *pairs,
	       size_t count)
{
	struct log_rate *rate;
	int64_t second;

	if (level > out.level)
		return;
	rate = rate_of(event);
	if (rate) {
		second = clock_mono_ms() / 1000;
		if (rate->second != second) {
			unsigned held = rate->held;

			rate->second = second;
			rate->count = rate->held = 0;
			if (held)
				log_emit(
					LOG_LEVEL_WARN, "log.held_back",
					(const struct log_pair[]){ LOG_S("of", event),
								   LOG_N("lines", held) },
					2);
		}
		if (++rate->count > LOG_PER_SECOND && level != LOG_LEVEL_DEBUG) {
			rate->held++;
			return;
		}
	}
	log_emit(level, event, pairs, count);
}
