/* template.h - {state.PATH} and {{PATH}} in prompts and printed texts (CONTRACT 5.5) */
#ifndef RUN_TEMPLATE_H
#define RUN_TEMPLATE_H

#include "base/err.h"

#include <stddef.h>

struct state;
struct str;

/*
 * Append the text with its placeholders replaced; values as jsontext_show() has them. A
 * placeholder is {state.PATH} or {{PATH}}, PATH a key of word characters, then .name,
 * [index] and ["name"] as often as needed: {state.a.b[0]}, {{rows[-1]['a b']}}. Those
 * without a value stay as they are. max_bytes bounds what is appended: ERR_LIMIT beyond
 * it, with out as it was.
 */

/* null is shown as None: prompt_template, evaluator_prompt, human_prompt. */
int template_prompt(const char *text, const struct state *state, size_t max_bytes,
		    struct str *out, struct err *err);
/* null counts as no value: print_content. */
int template_print(const char *text, const struct state *state, size_t max_bytes,
		   struct str *out, struct err *err);

#endif
