/* cli_list.h - lists as verbs print them: a table, or the JSON that it is made of */
#ifndef CLI_CLI_LIST_H
#define CLI_CLI_LIST_H

#include <stdbool.h>

struct cli_answer;
struct cli_args;
struct cli_table;
struct json;
struct str;

enum cli_list_kind {
	CLI_LIST_TEXT,
	CLI_LIST_INT,
	CLI_LIST_YES, /* a boolean */
};

struct cli_list_column {
	const char *head; /* NULL ends the columns */
	const char *member;
	enum cli_list_kind kind;
	/* Adds the cell, where a member says too little; NULL: by kind. */
	void (*cell)(struct cli_table *table, const struct json *row);
};

/* An option of the verb that goes along in the query. */
struct cli_list_param {
	const char *option; /* NULL ends them */
	const char *name;   /* in the query; NULL: as the option */
};

struct cli_list {
	const char *member; /* of the answer, which is the list; NULL: the answer is it */
	const struct cli_list_column *columns;
	const struct cli_list_param *params; /* NULL: none */
	/* The verb has the options limit and after: where more follows, the cursor is
	 * told behind the table. */
	bool paged;
};

/* GET a page and print it. Returns an exit code. */
int cli_list_get(const struct cli_args *args, const char *path,
		 const struct cli_list *list);
/* The table alone, of an answer that has such a list. */
void cli_list_print(const struct cli_answer *answer, const struct cli_list *list);
/* One that the verb made itself, as JSON text. Returns an exit code. */
int cli_list_show(const struct cli_args *args, const struct str *json,
		  const struct cli_list *list);

#endif
