/* ask.h - a model asked by a step: what it should know, and the task */
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include "base/str.h"
#include "engine/call.h"
#include "engine/host.h"

#include <stdbool.h>
#include <stddef.h>

struct step;

/*
 * Embedded in a step's frame. The step fills system and task, calls ask_start(), and
 * reads call.answer when resume is called; the texts and tools stay as they are until
 * then, since the provider borrows them.
 */
struct ask {
	struct llm_call call;
	struct llm_message messages[2];
	struct str system;
	struct str task;
	struct str key_path;
};

void ask_init(struct ask *ask, const struct step *step, void (*resume)(struct op *op));
/*
 * tools: the model must call one of them; NULL for none. May be called again when the
 * answer is in, with other texts: it is dropped then.
 */
void ask_start(struct ask *ask, struct step *step, const struct llm_tool *tools,
	       size_t tools_count);
/* The answer is in: its tokens and usage are told. Returns whether there is one; if not,
 * the frame has failed. */
bool ask_take(struct ask *ask, struct step *step);
void ask_deinit(struct ask *ask);

#endif
