/* template.h - {state.KEY} in prompts and printed texts (CONTRACT 5.5) */
#ifndef RUN_TEMPLATE_H
#define RUN_TEMPLATE_H

#include "base/err.h"

#include <stddef.h>

struct state;
struct str;

/*
 * Append the text with its placeholders replaced; values as jsontext_show() has them.
 * Placeholders without a value stay as they are. max_bytes bounds what is appended:
 * ERR_LIMIT beyond it, with out as it was.
 */

/* {state.KEY}, KEY of word characters: prompt_template, human_prompt. */
int template_prompt(const char *text, const struct state *state, size_t max_bytes,
		    struct str *out, struct err *err);
/* {state.PATH}, PATH of word characters and dots, walking objects; null counts as no
 * value: print_content. */
int template_print(const char *text, const struct state *state, size_t max_bytes,
		   struct str *out, struct err *err);

#endif
