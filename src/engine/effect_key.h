/* effect_key.h - what marks the repetition of something that a run sends outside */
#ifndef ENGINE_EFFECT_KEY_H
#define ENGINE_EFFECT_KEY_H

struct str;

/*
 * Append what names the nth act (from 0) of that execution of a step for ever: the same
 * by whichever worker it is done, so that the far side can tell a repetition. path is
 * encoded already. At most 255 printable ASCII characters.
 */
void effect_key(struct str *out, const char *run_id, const char *path, int execution,
		int nth);

#endif
