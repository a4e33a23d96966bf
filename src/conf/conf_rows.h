/*
 * conf_rows.h - the table of options: one row each, read by everything that knows options
 */
#ifndef CONF_CONF_ROWS_H
#define CONF_CONF_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct conf_inputs;
struct str;

/* What a value is, and the type of its field in struct conf. */
enum conf_kind {
	CONF_BOOL,   /* bool */
	CONF_CHOICE, /* int: index in words */
	CONF_COUNT,  /* int64_t */
	CONF_CPUS,   /* struct conf_cpus; `auto` is the number of cores */
	CONF_DIR,    /* const char *: an absolute path of at most max bytes */
	CONF_LISTEN, /* struct conf_listen */
	CONF_MS,     /* int64_t, from a duration with a unit */
	CONF_NAME,   /* const char *: min..max characters of [A-Za-z0-9_.-] */
	CONF_NAMES,  /* struct conf_names: min..max of them, 1..64 characters each */
	/* struct conf_names: up to max of scheme://host[:port], or * for any; or none */
	CONF_ORIGINS,
	/* struct conf_names: up to max of networks such as 10.0.0.0/8; or none */
	CONF_NETS,
	CONF_SECRET, /* const char *: a URL that may hold a password */
	CONF_SET,    /* unsigned: bit 1 << index in words for each word given */
	CONF_SIZE,   /* int64_t, bytes, from a size with a unit */
	CONF_TOKEN,  /* const char *: a secret of min..max printable characters */
	CONF_WORD,   /* const char *: the same, and no secret */
};

/* How the stock variable writes the value (it has bare numbers where we have units). */
enum conf_stock {
	CONF_STOCK_SAME,    /* as we do */
	CONF_STOCK_SECONDS, /* a bare number of seconds */
	CONF_STOCK_MINUTES, /* a bare number of minutes */
	CONF_STOCK_PORT,    /* the port alone; the address stays */
	CONF_STOCK_BIT,     /* 0 or 1 */
	CONF_STOCK_OFF,     /* zero and less mean 0 */
};

/* Who reads an option: what a reload that changes it replaces. */
enum conf_reader {
	CONF_FOR_MASTER = 1,
	CONF_FOR_WORKER = 2,
	CONF_FOR_API = 4,
	CONF_FOR_KEEPER = 8,
	CONF_FOR_CLERK = 16,
	CONF_FOR_START = 32, /* needs a restart of the daemon */
	CONF_FOR_CHILDREN =
		CONF_FOR_WORKER | CONF_FOR_API | CONF_FOR_KEEPER | CONF_FOR_CLERK,
};

struct conf_row {
	const char *key; /* "group.name" */
	enum conf_kind kind;
	size_t at;       /* offset in struct conf */
	const char *def; /* goes through the same parser as the file; "": not set */
	int64_t min, max;
	const char *what; /* one sentence for the papers, without its full stop */
	unsigned readers; /* enum conf_reader, or-ed */

	const char *const
		*words;    /* what may be given, or the schemes of a URL; NULL-ended */
	const char *stock; /* the stock environment variable, or NULL */
	enum conf_stock stock_form;
	/* For who is not root the default depends on the environment: how, and in words.
	 * Returns NULL when the environment does not say. */
	const char *(*user_def)(struct arena *arena, const struct conf_inputs *in);
	const char *user_def_words;
	const char *example; /* for the sample file where there is no default */
};

extern const struct conf_row conf_rows[];
extern const size_t conf_rows_count;

/* Its value must not be shown: not in errors, not as it is in -T. */
bool conf_rows_secret(const struct conf_row *row);

/* The row with this key, or NULL. */
const struct conf_row *conf_rows_find(const char *key);
/* Whether the key names a group: some option is `<key>.<something>`. */
bool conf_rows_is_group(const char *key);

/* "SYNAPSED_API_LISTEN" of "api.listen"; into buf, which holds CONF_ENV_MAX bytes. */
#define CONF_ENV_MAX 64
#define CONF_ENV     "SYNAPSED_"
char *conf_rows_env(const struct conf_row *row, char *buf);

#endif
