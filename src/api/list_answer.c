/*
 * list_answer.c - an answer that is a list: begun, filled by who knows the items, sent
 */
#include "api/list_answer.h"

#include "server/response.h"

#include <string.h>

bool list_answer_begin(struct list_answer *list, struct request *req,
		       enum errors_code error, const char *name)
{
	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
		return false;
	}
	memset(list, 0, sizeof(*list));
	list->req = req;
	list->named = name != NULL;
	jsonw_init(&list->w, &list->body);
	if (name) {
		jsonw_object(&list->w);
		jsonw_key(&list->w, name);
	}
	jsonw_array(&list->w);
	return true;
}

void list_answer_items_end(struct list_answer *list)
{
	jsonw_array_end(&list->w);
}

void list_answer_send(struct list_answer *list)
{
	if (list->w.depth > list->named)
		list_answer_items_end(list);
	if (list->named)
		jsonw_object_end(&list->w);
	response_json(list->req, 200, &list->body);
}

void list_answer_send_page(struct list_answer *list, const char *next)
{
	list_answer_items_end(list);
	jsonw_pair_text(&list->w, "next", next);
	list_answer_send(list);
}
