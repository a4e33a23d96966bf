/*
 * file_pins.c - definitions that a run on files met on its way
 */
#include "host/file_pins.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/step_types.h"
#include "host/file_run.h"
#include "run/definition.h"
#include "run/problem.h"

#include <string.h>

struct kept {
	struct list node;
	struct files_pin pin;          /* in the run's arena */
	struct definition *definition; /* parsed when a fold wants it; a reference */
};

static struct kept *find(const struct file_run *run, enum files_pin_kind kind,
			 const char *id, int64_t version)
{
	list_for_each(node, &run->pins) {
		struct kept *kept = list_entry(node, struct kept, node);

		if (kept->pin.kind == kind && kept->pin.version == version &&
		    strcmp(kept->pin.id, id) == 0)
			return kept;
	}
	return NULL;
}

static void keep(struct file_run *run, const struct files_pin *pin)
{
	struct kept *kept = mem_new(struct kept);

	kept->pin = (struct files_pin){
		.kind = pin->kind,
		.id = arena_dup(&run->arena, pin->id),
		.version = pin->version,
		.text = arena_dup(&run->arena, pin->text),
	};
	list_push(&run->pins, &kept->node);
}

void file_pins_add(struct file_run *run, const struct files_pin *pin)
{
	struct str body = STR_INIT;

	if (find(run, pin->kind, pin->id, pin->version))
		return;
	keep(run, pin);
	files_run_put_pin(&body, pin);
	files_journal_add(&run->journal, FILES_PIN, &body);
	str_deinit(&body);
}

bool file_pins_read(struct file_run *run, const char *body, size_t len)
{
	struct files_pin pin;

	if (!files_run_get_pin(body, len, &pin))
		return false;
	if (!find(run, pin.kind, pin.id, pin.version))
		keep(run, &pin);
	return true;
}

const char *file_pins_text(const struct file_run *run, enum files_pin_kind kind,
			   const char *id, int64_t version)
{
	const struct kept *kept = find(run, kind, id, version);

	return kept ? kept->pin.text : NULL;
}

struct definition *file_pins_inner(void *data, const char *id, int64_t version)
{
	struct kept *kept = find(data, FILES_PIN_ORCHESTRATION, id, version);
	struct problems problems;

	if (!kept || kept->definition)
		return kept ? kept->definition : NULL;
	problem_init(&problems);
	if (definition_parse(kept->pin.text, strlen(kept->pin.text), &kept->definition,
			     &problems) == 0 &&
	    definition_validate(kept->definition, step_types_rules(), &problems) < 0) {
		definition_unref(kept->definition);
		kept->definition = NULL;
	}
	problem_deinit(&problems);
	return kept->definition;
}

void file_pins_free(struct file_run *run)
{
	struct list *node;

	while ((node = list_shift(&run->pins))) {
		struct kept *kept = list_entry(node, struct kept, node);

		definition_unref(kept->definition);
		mem_free(kept);
	}
}
