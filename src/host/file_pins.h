/* file_pins.h - definitions that a run on files met on its way */
#ifndef HOST_FILE_PINS_H
#define HOST_FILE_PINS_H

#include "store/files_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct file_run;

/*
 * A file of definitions has what is current and nothing else, so a run that begins to use
 * one takes its text into the journal, in front of the row that speaks of it.
 */
void file_pins_add(struct file_run *run, const struct files_pin *pin);
/* From a record of its journal. false: it is none. */
bool file_pins_read(struct file_run *run, const char *body, size_t len);
/* Borrowed from the run; NULL: none of that version. */
const char *file_pins_text(const struct file_run *run, enum files_pin_kind kind,
			   const char *id, int64_t version);
/* For fold_seed.inner; data is the run. The run keeps the reference. */
struct definition *file_pins_inner(void *data, const char *id, int64_t version);
void file_pins_free(struct file_run *run);

#endif
