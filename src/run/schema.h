/* schema.h - whether a JSON value is what a JSON Schema describes */
#ifndef RUN_SCHEMA_H
#define RUN_SCHEMA_H

#include "base/err.h"

struct json;

/*
 * Keywords that are looked at: type, enum, const, required, properties,
 * additionalProperties, items, minItems, maxItems, minLength, maxLength, minimum,
 * maximum, exclusiveMinimum, exclusiveMaximum, allOf, anyOf, oneOf. Others, and a schema
 * that is no object, allow everything. Returns 0, or ERR_INPUT with a sentence that names
 * the place in the value ("/a/0: must be a string"), for the one who made it.
 */
int schema_check(const struct json *schema, const struct json *value, struct err *err);

#endif
