/* list_answer.h - an answer that is a list: begun, filled by who knows the items, sent */
#ifndef API_LIST_ANSWER_H
#define API_LIST_ANSWER_H

#include "api/errors.h"
#include "base/jsonw.h"
#include "base/str.h"

#include <stdbool.h>

struct request;

/* Between begin and send; items go into w. */
struct list_answer {
	struct jsonw w;
	struct str body;
	struct request *req;
	bool named;
};

/*
 * {"<name>": [, or without a name a bare list. false: there is an error instead, which
 * is answered; nothing is begun then.
 */
bool list_answer_begin(struct list_answer *list, struct request *req,
		       enum errors_code error, const char *name);
/* The end of the items, for a named list that has members behind it. */
void list_answer_items_end(struct list_answer *list);
/* What is open is closed, and it is sent; */
void list_answer_send(struct list_answer *list);
/* or, of a named one, with the cursor of the next page; NULL: there is none. */
void list_answer_send_page(struct list_answer *list, const char *next);

#endif
