/* progress.h - how far an execution of an agent step has come: a list in the state */
#ifndef ENGINE_PROGRESS_H
#define ENGINE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct definition_step;
struct state_pair;
struct step;
struct str;

/*
 * The key of the state, with the step's id behind it: a JSON list of entries in order
 * (engine/conversation.h reads them), which rows of kind turn append to. Whoever starts
 * the step and finds one of its execution goes on behind it: folds, snapshots, branches
 * and drains need nothing of their own for that. What ends the execution deletes it in
 * the same row (engine/walk.c).
 */
#define PROGRESS_KEY "_step_progress_"

/*
 * Whose conversation it is, beside the number of the execution, and what its keys have
 * (engine/effect_key.h): walk_key_path(), and how often the run failed and went on. What
 * begins anew then says and does other things, so it is no repetition.
 */
void progress_path(const struct step *step, struct str *out);

void progress_key(struct str *out, const struct definition_step *step);
/* What is there, in the scope of the step's path; NULL: nothing. Borrowed until the next
 * change. */
const struct state_pair *progress_get(const struct step *step);
/* One entry more, JSON text; into the state and into the row under way. false: the frame
 * has failed, since the state is too large. */
bool progress_append(struct step *step, const struct str *entry);
/* All entries at once: a list. */
bool progress_set(struct step *step, const struct str *list);
/* There is none any more. */
void progress_drop(struct step *step);

#endif
