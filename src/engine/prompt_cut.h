/* prompt_cut.h - long values in prompts: their head and their tail */
#ifndef ENGINE_PROMPT_CUT_H
#define ENGINE_PROMPT_CUT_H

#include <stddef.h>

struct state_pair;
struct str;

/* Append the text, or when it has more than max bytes (64..) about two thirds of max of
 * its head, a line that says how many characters are left out, and the tail. Valid
 * UTF-8. */
void prompt_cut(struct str *out, const char *text, size_t len, size_t max);
/* A value of the state as a template shows it, likewise. */
void prompt_cut_value(struct str *out, const struct state_pair *pair, size_t max);
/* A text that shall be one line: cut at its end, blanks for line feeds. */
void prompt_cut_line(struct str *out, const char *text, size_t len, size_t max);

#endif
