/* tool_output.h - what of a tool's answer its definition lets through */
#ifndef RUN_TOOL_OUTPUT_H
#define RUN_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct str;

/*
 * When the tool's definition has an outputSchema with properties and the answer is a JSON
 * object: append it with these members alone (CONTRACT 7.1). false: it goes as it is,
 * nothing is appended.
 */
bool tool_output_filter(struct str *out, const char *definition, size_t definition_len,
			const char *text, size_t len);

#endif
