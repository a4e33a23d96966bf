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

#include "base/digits.h"
#include "base/mem.h"

#include <string.h>

/* Memory of some entries: gone with the last of them. */
struct fifo_block {
	size_t refs; /* its entries, and the fifo that fills it */
	char *next;
	char *end;
	_Alignas(struct fifo_entry) char bytes[];
};

static size_t size_of(size_t len)
{
	size_t align = _Alignof(struct fifo_entry);

	return (sizeof(struct fifo_entry) + len + 1 + align - 1) & ~(align - 1);
}

static struct fifo_block *block_new(size_t size)
{
	/* mem_resize does not zero what is written at once */
	struct fifo_block *block = mem_resize(NULL, sizeof(*block) + size);

	block->refs = 1;
	block->next = block->bytes;
	block->end = block->bytes + size;
	return block;
}

static void block_unref(struct fifo_block *block)
{
	if (block && --block->refs == 0)
		mem_free(block);
}

static void let_go(struct fifo *fifo)
{
	block_unref(fifo->block);
	fifo->block = NULL;
}

static void entry_free(struct fifo_entry *entry)
{
	block_unref(entry->block);
}

void fifo_init(struct fifo *fifo, int64_t floor_ms, uint32_t floor_n)
{
	list_init(&fifo->entries);
	fifo->last_ms = floor_ms;
	fifo->last_n = floor_n;
	fifo->newest_row = fifo->committed_row = 0;
	fifo->bytes = 0;
	fifo->block = NULL;
}

void fifo_entries_free(struct list *entries)
{
	list_for_each_safe(node, entries)
		entry_free(list_entry(node, struct fifo_entry, node));
	list_init(entries);
}

void fifo_deinit(struct fifo *fifo)
{
	fifo_entries_free(&fifo->entries);
	let_go(fifo);
	fifo->bytes = 0;
}

static struct fifo_entry *entry_in(struct fifo_block *block, int64_t id_ms, uint32_t id_n,
				   const char *text, size_t len)
{
	struct fifo_entry *entry = (void *)block->next;
	size_t n = digits_put((uint64_t)id_ms, entry->id);

	block->next += size_of(len);
	entry->block = block;
	entry->id[n++] = '-';
	n += digits_put(id_n, entry->id + n);
	entry->id[n] = '\0';
	entry->id_len = (unsigned char)n;
	entry->node = (struct list){ NULL, NULL };
	entry->id_ms = id_ms;
	entry->id_n = id_n;
	entry->row = 0;
	entry->len = len;
	memcpy(entry->text, text, len);
	entry->text[len] = '\0';
	return entry;
}

struct fifo_entry *fifo_entry_new(int64_t id_ms, uint32_t id_n, const char *text,
				  size_t len)
{
	return entry_in(block_new(size_of(len)), id_ms, id_n, text, len);
}

void fifo_expect(struct fifo *fifo, size_t count, size_t bytes)
{
	let_go(fifo);
	if (count)
		fifo->block = block_new(bytes + count * (sizeof(struct fifo_entry) +
							 _Alignof(struct fifo_entry)));
}

/* Is there room where its neighbours are? What was not announced has its own. */
static bool has_room(const struct fifo_block *block, size_t len)
{
	return block && (size_t)(block->end - block->next) >= size_of(len);
}

const struct fifo_entry *fifo_add(struct fifo *fifo, int64_t wall_ms, uint32_t row,
				  const char *text, size_t len)
{
	struct fifo_entry *entry;

	if (wall_ms > fifo->last_ms) {
		fifo->last_ms = wall_ms;
		fifo->last_n = 0;
	} else if (fifo->last_n == UINT32_MAX) {
		fifo->last_ms++;
		fifo->last_n = 0;
	} else {
		fifo->last_n++;
	}
	if (has_room(fifo->block, len)) {
		fifo->block->refs++;
		entry = entry_in(fifo->block, fifo->last_ms, fifo->last_n, text, len);
		if (!has_room(fifo->block, 0))
			let_go(fifo); /* full: its entries alone keep it */
	} else {
		entry = fifo_entry_new(fifo->last_ms, fifo->last_n, text, len);
	}
	entry->row = row;
	if (row)
		fifo->newest_row = row; /* rows rise along the list */
	list_push(&fifo->entries, &entry->node);
	fifo->bytes += len;
	return entry;
}

/* Durable and its commit is not in yet. */
static bool is_held(const struct fifo *fifo, const struct fifo_entry *entry)
{
	return entry->row > fifo->committed_row;
}

void fifo_commit(struct fifo *fifo, uint32_t row)
{
	if (row > fifo->committed_row)
		fifo->committed_row = row;
}

void fifo_drop_held(struct fifo *fifo)
{
	bool drop = false;

	list_for_each_safe(node, &fifo->entries) {
		struct fifo_entry *entry = list_entry(node, struct fifo_entry, node);

		drop = drop || is_held(fifo, entry);
		if (!drop)
			continue;
		list_remove(&entry->node);
		fifo->bytes -= entry->len;
		entry_free(entry);
	}
	fifo->newest_row = fifo->committed_row;
}

bool fifo_take_free(struct fifo *fifo, struct list *out)
{
	bool some = false;

	if (fifo->newest_row <= fifo->committed_row) { /* as with a run that ended */
		some = !list_empty(&fifo->entries);
		list_splice(out, &fifo->entries);
		fifo->bytes = 0;
		return some;
	}
	while (!list_empty(&fifo->entries)) {
		struct fifo_entry *entry =
			list_entry(fifo->entries.next, struct fifo_entry, node);

		if (is_held(fifo, entry))
			break;
		list_remove(&entry->node);
		list_push(out, &entry->node);
		fifo->bytes -= entry->len;
		some = true;
	}
	return some;
}
