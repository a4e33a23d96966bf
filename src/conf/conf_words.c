/*
 * conf_words.c - what is said to people of options: what they meant, what would be taken
 *
 * Whoever reads a file, the environment or the command line says these beside what is
 * wrong; the sample file and the settings page print them.
 */
#include "conf/conf_words.h"

#include "base/str.h"
#include "base/units.h"
#include "conf/conf_rows.h"

#include <string.h>

#define NEAR_ENOUGH 2
#define WORD_MAX    64

/*
 * Damerau-Levenshtein (restricted: no edit between swapped neighbours), in three rows of
 * the usual table. Words that cannot be near are not looked at.
 */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[3][WORD_MAX + 1], *before = row[0], *above = row[1], *now = row[2];
	size_t i, j;

	if (a_len > WORD_MAX || b_len > WORD_MAX || a_len > b_len + NEAR_ENOUGH ||
	    b_len > a_len + NEAR_ENOUGH)
		return NEAR_ENOUGH + 1;
	for (j = 0; j <= b_len; j++)
		above[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t *spare;

		now[0] = i;
		for (j = 1; j <= b_len; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		spare = before;
		before = above;
		above = now;
		now = spare;
	}
	return above[b_len];
}

/* Near, and not so short that anything would be. */
static bool nearer(const char *word, const char *to, size_t to_len, size_t *best)
{
	size_t d = distance(word, strlen(word), to, to_len);

	if (d > NEAR_ENOUGH || d >= *best || d >= to_len)
		return false;
	*best = d;
	return true;
}

const char *conf_words_near_in(const char *prefix, const char *word, size_t *len)
{
	size_t i, best = NEAR_ENOUGH + 1, skip = strlen(prefix);
	const char *ret = NULL;

	for (i = 0; i < conf_rows_count; i++) {
		const char *part = conf_rows[i].key + skip;

		if (strncmp(conf_rows[i].key, prefix, skip) != 0)
			continue;
		if (nearer(word, part, strcspn(part, "."), &best)) {
			ret = part;
			*len = strcspn(part, ".");
		}
	}
	return ret;
}

const struct conf_row *conf_words_near_key(const char *word)
{
	size_t i, best = NEAR_ENOUGH + 1;
	const struct conf_row *ret = NULL;

	for (i = 0; i < conf_rows_count; i++)
		if (nearer(word, conf_rows[i].key, strlen(conf_rows[i].key), &best))
			ret = &conf_rows[i];
	return ret;
}

const struct conf_row *conf_words_near_env(const char *word)
{
	size_t i, best = NEAR_ENOUGH + 1;
	const struct conf_row *ret = NULL;
	char name[CONF_ENV_MAX];

	for (i = 0; i < conf_rows_count; i++) {
		conf_rows_env(&conf_rows[i], name);
		if (nearer(word, name, strlen(name), &best))
			ret = &conf_rows[i];
	}
	return ret;
}

static void add_words(struct str *out, const char *const *words, const char *between,
		      const char *behind)
{
	size_t i;

	for (i = 0; words[i]; i++)
		str_printf(out, "%s%s%s", i ? between : "", words[i], behind);
}

void conf_words_expected(const struct conf_row *row, struct str *out)
{
	char low[UNITS_TEXT_MAX], high[UNITS_TEXT_MAX];

	switch (row->kind) {
	case CONF_BOOL:
		str_add_text(out, "either true or false");
		break;
	case CONF_CHOICE:
		str_add_text(out, "one of ");
		add_words(out, row->words, ", ", "");
		break;
	case CONF_COUNT:
		str_printf(out, "an integer from %lld to %lld", (long long)row->min,
			   (long long)row->max);
		break;
	case CONF_CPUS:
		str_printf(out, "an integer from %lld to %lld, or auto",
			   (long long)row->min, (long long)row->max);
		break;
	case CONF_DIR:
		str_printf(out, "an absolute path of at most %lld bytes",
			   (long long)row->max);
		break;
	case CONF_LISTEN:
		str_add_text(out, "a numeric address and a port, such as 127.0.0.1:8765 "
				  "or [::1]:8765");
		break;
	case CONF_MS:
		str_printf(out, "a duration from %s to %s, such as %s",
			   units_format_ms(row->min, low),
			   units_format_ms(row->max, high), row->def);
		break;
	case CONF_NAME:
		str_printf(out, "%lld to %lld characters of A-Z a-z 0-9 _ . -",
			   (long long)row->min, (long long)row->max);
		break;
	case CONF_NAMES:
		str_printf(out,
			   "%lld to %lld names, each 1 to 64 characters of A-Z a-z 0-9 "
			   "_ . -",
			   (long long)row->min, (long long)row->max);
		break;
	case CONF_NETS:
		str_printf(
			out,
			"up to %lld networks, such as 10.1.0.0/16 or fd00::/8, or none",
			(long long)row->max);
		break;
	case CONF_ORIGINS:
		str_printf(
			out,
			"up to %lld origins, such as https://page.example:8443, or none",
			(long long)row->max);
		break;
	case CONF_SECRET:
		str_add_text(out, "a URL that begins with ");
		add_words(out, row->words, " or ", "://");
		break;
	case CONF_TOKEN:
	case CONF_WORD:
		str_printf(out, "%lld to %lld printable characters without spaces",
			   (long long)row->min, (long long)row->max);
		break;
	case CONF_SET:
		str_add_text(out, "one or more of ");
		add_words(out, row->words, ", ", "");
		break;
	case CONF_SIZE:
		str_printf(out, "a size from %s to %s, such as %s",
			   units_format_bytes(row->min, low),
			   units_format_bytes(row->max, high), row->def);
		break;
	}
}

void conf_words_effect(const struct conf_row *row, struct str *out)
{
	static const struct {
		unsigned reader;
		const char *name;
	} names[] = {
		{ CONF_FOR_WORKER, "workers" },
		{ CONF_FOR_API, "API children" },
		{ CONF_FOR_KEEPER, "the keeper" },
		{ CONF_FOR_CLERK, "the clerk" },
	};
	unsigned left = row->readers & CONF_FOR_CHILDREN;
	bool first = true;
	size_t i;

	if (row->readers & CONF_FOR_START) {
		str_add_text(out, "needs a restart");
		return;
	}
	if (!left) {
		str_add_text(out, "replaces no child");
		return;
	}
	if (left == CONF_FOR_CHILDREN) {
		str_add_text(out, "replaces all children");
		return;
	}
	str_add_text(out, "replaces ");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!(left & names[i].reader))
			continue;
		left &= ~names[i].reader;
		str_printf(out, "%s%s",
			   first  ? ""
			   : left ? ", "
				  : " and ",
			   names[i].name);
		first = false;
	}
}
