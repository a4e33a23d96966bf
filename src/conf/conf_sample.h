/* conf_sample.h - the option table on paper */
#ifndef CONF_CONF_SAMPLE_H
#define CONF_CONF_SAMPLE_H

struct str;

/* etc/synapsed.yaml: every option, commented out, with its default. */
void conf_sample_yaml(struct str *out);
/* The option list of synapsed.yaml(5), in mdoc. */
void conf_sample_man(struct str *out);

#endif
