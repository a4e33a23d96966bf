/* nested.h - an orchestrator agent: its orchestration, run inside the step */
#ifndef ENGINE_NESTED_H
#define ENGINE_NESTED_H

#include "base/str.h"
#include "engine/host.h"
#include "engine/inner.h"

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct inner_run;
struct inner_runs;
struct step;

/* Embedded in the step's frame. */
struct nested {
	struct step *step;
	struct inner_runs *runs;
	struct definition_find find;
	struct inner_found what; /* recorded, by us or an owner before */
	struct inner_run *run;   /* once it has begun */
	struct op stored;        /* of the row that records it */
	bool waits; /* the engine drains: it is recorded and does not begin */
};

void nested_init(struct nested *nested, struct step *step, struct inner_runs *runs);
void nested_deinit(struct nested *nested);

/*
 * Begin, or go on: recalled says that the step's progress is of this execution. The text
 * is what the orchestration is given; both are borrowed for the call. Ends the step's
 * frame, or fails it.
 */
void nested_start(struct nested *nested, const struct agent *agent, int64_t version,
		  const struct str *text, bool recalled);
bool nested_parked(const struct nested *nested);

#endif
