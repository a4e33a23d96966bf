/*
 * list.h - intrusive doubly linked list: an object sits in as many lists as it has nodes
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* A list's head and an object's node are the same struct. A node in no list has NULLs. */
struct list {
	struct list *next;
	struct list *prev;
};

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline bool list_linked(const struct list *node)
{
	return node->next != NULL;
}

static inline void list_add_after(struct list *at, struct list *node)
{
	assert(at); /* an initialised list has no NULL in it */
	node->next = at->next;
	node->prev = at;
	at->next->prev = node;
	at->next = node;
}

static inline void list_push(struct list *head, struct list *node) /* at the end */
{
	list_add_after(head->prev, node);
}

static inline void list_push_front(struct list *head, struct list *node)
{
	list_add_after(head, node);
}

/* Fine for a node that is in no list. */
static inline void list_remove(struct list *node)
{
	if (!node->next)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

/* The first node, removed; NULL when the list is empty. */
static inline struct list *list_shift(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	list_remove(node);
	return node;
}

/* Move all of from behind what is in to; from is empty afterwards. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_entry(node, type, member)                                                   \
	((type *)(void *)((char *)(node)-offsetof(type, member)))
#define list_for_each(node, head)                                                        \
	for (struct list *node = (head)->next; node != (head); node = node->next)
/* Safe against removal of the current node, not of its successor. */
#define list_for_each_safe(node, head)                                                   \
	for (struct list *node = (head)->next, *node##_next = node->next;                \
	     node != (head); node = node##_next, node##_next = node->next)

#endif
