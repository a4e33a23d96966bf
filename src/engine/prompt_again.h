/* prompt_again.h - what a model is told when a step is executed again */
#ifndef ENGINE_PROMPT_AGAIN_H
#define ENGINE_PROMPT_AGAIN_H

struct definition_step;
struct recall;
struct scope;
struct str;

/* Sections of the system message (CONTRACT 5.8): why, what came out before, how to go on.
 * Nothing at a first execution. */
void prompt_again(struct str *out, const struct scope *scope,
		  const struct definition_step *step, const struct recall *recall);
/* The last results of the loop around it, if it came from there. */
void prompt_again_loop(struct str *out, const struct scope *scope,
		       const struct definition_step *step, const struct recall *recall);

#endif
