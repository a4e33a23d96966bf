/* conf_words.h - what is said of options to people: what they meant, what is taken */
#ifndef CONF_CONF_WORDS_H
#define CONF_CONF_WORDS_H

#include <stddef.h>

struct conf_row;
struct str;

/*
 * What somebody who wrote `word` may have meant, at most two typing errors away
 * (insertion, deletion, substitution, swap of neighbours), or NULL. In a file: the words
 * that may follow prefix ("" or "redis."), into *len; else whole keys or variables.
 */
const char *conf_words_near_in(const char *prefix, const char *word, size_t *len);
const struct conf_row *conf_words_near_key(const char *word);
const struct conf_row *conf_words_near_env(const char *word);

/* Append what the row accepts: "a duration from 100ms to 1h, such as 20s". */
void conf_words_expected(const struct conf_row *row, struct str *out);
/* Append what a reload does about it: "replaces workers and API children". */
void conf_words_effect(const struct conf_row *row, struct str *out);

#endif
