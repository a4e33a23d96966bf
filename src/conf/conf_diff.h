/* conf_diff.h - two configurations, option by option */
#ifndef CONF_CONF_DIFF_H
#define CONF_CONF_DIFF_H

#include <stdbool.h>

struct conf;
struct conf_row;

/* Whether the two have different values for this option. */
bool conf_diff_row(const struct conf_row *row, const struct conf *a,
		   const struct conf *b);
/* to gets the value and the source that from has. Before anybody else has seen it; both
 * come from conf_load(). */
void conf_diff_undo(const struct conf_row *row, const struct conf *from, struct conf *to);

#endif
