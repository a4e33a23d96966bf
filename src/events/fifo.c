/*
 * fifo.c - the outgoing events of one run, in order, with their stream ids
 *
 * An event gets its id when it enters, not when it leaves: the journal row that makes it
 * true carries the same id, so that history from Postgres and the stream in Redis agree,
 * and publishing twice is refused by Redis itself.
 *
 * Always true: ids strictly rise; an entry behind a held one waits, live or not, because
 * a client that saw a later id would never ask for the earlier one.
 */
#include "events/fifo.h"

#include "base/mem.h"

#include <string.h>

void fifo_init(struct fifo *fifo, int64_t floor_ms, uint32_t floor_n)
{
	list_init(&fifo->entries);
	fifo->last_ms = floor_ms;
	fifo->last_n = floor_n;
	fifo->bytes = 0;
}

void fifo_entries_free(struct list *entries)
{
	struct list *node;

	while ((node = list_shift(entries)))
		mem_free(list_entry(node, struct fifo_entry, node));
}

void fifo_deinit(struct fifo *fifo)
{
	fifo_entries_free(&fifo->entries);
	fifo->bytes = 0;
}

const struct fifo_entry *fifo_add(struct fifo *fifo, int64_t wall_ms, uint32_t row,
				  const char *text, size_t len)
{
	/* mem_resize does not zero what is written at once */
	struct fifo_entry *entry = mem_resize(NULL, sizeof(*entry) + len + 1);

	if (wall_ms > fifo->last_ms) {
		fifo->last_ms = wall_ms;
		fifo->last_n = 0;
	} else if (fifo->last_n == UINT32_MAX) {
		fifo->last_ms++;
		fifo->last_n = 0;
	} else {
		fifo->last_n++;
	}
	entry->id_ms = fifo->last_ms;
	entry->id_n = fifo->last_n;
	entry->row = row;
	entry->held = row > 0;
	entry->len = len;
	memcpy(entry->text, text, len);
	entry->text[len] = '\0';
	list_push(&fifo->entries, &entry->node);
	fifo->bytes += len;
	return entry;
}

void fifo_commit(struct fifo *fifo, uint32_t row)
{
	list_for_each(node, &fifo->entries) {
		struct fifo_entry *entry = list_entry(node, struct fifo_entry, node);

		if (entry->row > row)
			break; /* rows rise along the list */
		entry->held = false;
	}
}

void fifo_drop_held(struct fifo *fifo)
{
	bool drop = false;

	list_for_each_safe(node, &fifo->entries) {
		struct fifo_entry *entry = list_entry(node, struct fifo_entry, node);

		drop = drop || entry->held;
		if (!drop)
			continue;
		list_remove(&entry->node);
		fifo->bytes -= entry->len;
		mem_free(entry);
	}
}

size_t fifo_take_free(struct fifo *fifo, struct list *out)
{
	size_t count = 0;

	while (!list_empty(&fifo->entries)) {
		struct fifo_entry *entry =
			list_entry(fifo->entries.next, struct fifo_entry, node);

		if (entry->held)
			break;
		list_remove(&entry->node);
		list_push(out, &entry->node);
		fifo->bytes -= entry->len;
		count++;
	}
	return count;
}

static size_t digits(uint64_t n, char *buf)
{
	char rev[24];
	size_t len = 0, i;

	do {
		rev[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	for (i = 0; i < len; i++)
		buf[i] = rev[len - 1 - i];
	return len;
}

size_t fifo_id(const struct fifo_entry *entry, char *buf)
{
	size_t len = digits((uint64_t)entry->id_ms, buf);

	buf[len++] = '-';
	len += digits(entry->id_n, buf + len);
	buf[len] = '\0';
	return len;
}
