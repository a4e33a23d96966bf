/* step.h - what the frames of all step types do alike */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "engine/runframe.h"
#include "run/definition.h"

#include <stdbool.h>
#include <stddef.h>

struct scope;
struct usage;

/* Parallel steps and loops inside one another, at most. */
#define STEP_DEPTH_MAX 8

/* Embedded as the first field of a step type's frame; its parent is a walk. */
struct step {
	struct runframe frame;
	const struct definition_step *def; /* borrowed from the definition */
};

void *step_alloc(const struct runframe_ops *ops, struct runframe *parent,
		 const struct definition_step *def, size_t size);

/* What it sees and writes: the state and the history of its path (engine/scope.h), not
 * the run's. */
struct scope *step_scope(const struct step *step);

/* A durable event. */
void step_warn(struct step *step, const char *message);
/* A live one. */
void step_think(struct step *step, const char *message);
/* A durable `final` event of the step. */
void step_add_final(struct step *step, const char *response, size_t len);
/* One model call, failed or not: into the row and the run's sums. */
void step_add_usage(struct step *step, const char *model, const struct usage *usage);

/*
 * The step's result as JSON text (storable): into the state under output_key and the
 * row's delta. false: the frame failed with class limit, since the result or the state is
 * too large or too deep. true: the frame has not ended yet; the step adds its events and
 * calls runframe_done().
 */
bool step_put(struct step *step, const char *json, size_t len);

/* A key of the engine's own, the prefix with the step's id, likewise. */
bool step_put_own(struct step *step, const char *prefix, const char *json, size_t len);

/* step_put() of a text: what Postgres could not store is mended (utf8_clean). final: a
 * `final` event, too. */
bool step_put_text(struct step *step, const char *text, size_t len, bool final);
/* Likewise, then the frame ends. */
void step_succeed(struct step *step, const char *text, size_t len, bool final);

/* The attempt failed with a text from outside: mended as well, and cut at 4000 bytes. */
void step_fail(struct step *step, enum fail_class class, const char *text, size_t len);

#endif
