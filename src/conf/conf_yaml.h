/* conf_yaml.h - options from a YAML file */
#ifndef CONF_CONF_YAML_H
#define CONF_CONF_YAML_H

#include <stddef.h>

struct conf_build;

#define CONF_YAML_BYTES_MAX (1024 * 1024)
#define CONF_YAML_DEPTH_MAX 16

/* Read the file build->in->path. What is wrong goes to build->errors. */
void conf_yaml_read(struct conf_build *build);

/* What a scalar without quotes is in YAML 1.1, as PyYAML resolves it. */
enum conf_yaml_type {
	CONF_YAML_NULL,
	CONF_YAML_BOOL,
	CONF_YAML_INT,
	CONF_YAML_FLOAT,
	CONF_YAML_TEXT,
};
enum conf_yaml_type conf_yaml_resolve(const char *text);

#endif
