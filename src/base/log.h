/* log.h - one line each: an event and pairs */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum log_level {
	LOG_LEVEL_ERROR, /* somebody must act */
	LOG_LEVEL_WARN,  /* handled, but tell */
	LOG_LEVEL_INFO,  /* state changes */
	LOG_LEVEL_DEBUG, /* the rest */
};

enum log_format {
	LOG_FORMAT_TEXT, /* time=... level=... event=... key=value */
	LOG_FORMAT_JSON,
};

struct log_pair {
	const char *key;
	const char *text; /* NULL: the value is number */
	int64_t number;
};

static inline const char *log_text(const char *text)
{
	return text ? text : "";
}

#define LOG_S(k, v) ((struct log_pair){ .key = (k), .text = log_text(v), .number = 0 })
#define LOG_N(k, n)                                                                      \
	((struct log_pair){ .key = (k), .text = NULL, .number = (int64_t)(n) })

/*
 * Who speaks: "master", "worker"...; slot and generation are left out when negative.
 * Borrowed for ever. Once per process, after fork.
 */
void log_identity(const char *kind, int slot, int generation);
/* Lines below level are dropped. fd is written with write(2); it stays the caller's. */
void log_setup(enum log_level level, enum log_format format, int fd);
/*
 * Where lines go to a file (by its path at log_setup()): open that path again, after
 * somebody has moved the file away. 1; 0 when they do not go to a file; ERR_SYS leaves
 * the old one in use.
 */
int log_reopen(struct err *err);
/* The same for what is said from now on; where it is said stays. */
void log_level_set(enum log_level level, enum log_format format);
/*
 * Under journald (JOURNAL_STREAM names fd): syslog prefix, no time. Called by log_setup.
 */
bool log_to_journal(int fd);
enum log_level log_level_now(void);

/*
 * `noun.verb` and its pairs. Text from outside is quoted and cut at 400 bytes, and what
 * is not UTF-8 in it becomes '?'. A pair that does not fit into the line (2 KiB) is left
 * out and counted in cut_pairs. The same event more than 20 times a second from one
 * process is held back; how many is said afterwards.
 */
void log_write(enum log_level level, const char *event, const struct log_pair *pairs,
	       size_t count);

#define LOG_AT(level, event, ...)                                                        \
	log_write((level), (event), (const struct log_pair[]){ __VA_ARGS__ },            \
		  sizeof((const struct log_pair[]){ __VA_ARGS__ }) /                     \
			  sizeof(struct log_pair))

#define log_error(event, ...) LOG_AT(LOG_LEVEL_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG_AT(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_info(event, ...)  LOG_AT(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)                                                            \
	do {                                                                             \
		if (log_level_now() >= LOG_LEVEL_DEBUG)                                  \
			LOG_AT(LOG_LEVEL_DEBUG, event, __VA_ARGS__);                     \
	} while (0)

#endif
