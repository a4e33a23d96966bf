/* speech.h - what a model writes into its text beside the answer: thoughts, calls */
#ifndef RUN_SPEECH_H
#define RUN_SPEECH_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Forms (CONTRACT 6.3), marks in any case:
 *
 *	[REASONING] ... [/REASONING]
 *	<tool_call> ... </tool_call>
 *	{"tool": ...}                   also in a fence of ``` or ```json
 *
 * A mark without its other half is dropped, and what is behind it is text.
 */
enum speech_kind {
	SPEECH_TEXT, /* the answer; it may come in pieces */
	SPEECH_REASONING,
	SPEECH_TAGGED, /* what was between the marks of a call: of whatever form */
	SPEECH_BARE,   /* a JSON object that is_call took */
};

typedef void (*speech_part_cb)(void *arg, enum speech_kind kind, const char *text,
			       size_t len);
/* Whether an object is a call. */
typedef bool (*speech_call_cb)(void *arg, const char *json, size_t len);

/* Filled by the owner before speech_init(). */
struct speech_options {
	speech_part_cb part;
	bool tags;              /* <tool_call> is looked for */
	speech_call_cb is_call; /* objects are; NULL: not */
	void *arg;
	/* An object that does not begin with "tool" and is longer is text, and so are
	 * those in it: what is shown on its way does not wait for its end. Marks in it
	 * are still marks. 0: it waits, and is text with all that is in it, or a call. */
	size_t hold_max;
};

enum speech_state {
	SPEECH_IN_TEXT,
	SPEECH_IN_REASONING,
	SPEECH_IN_TAG,
	SPEECH_IN_OBJECT,
	SPEECH_BEHIND_CALL,   /* in a fence, whose end may follow and is dropped */
	SPEECH_BEHIND_OBJECT, /* that was text, likewise: its end is text */
};

/* Embedded; a text fed as it comes. Its parts are the same wherever it is cut. */
struct speech {
	struct speech_options options;
	enum speech_state state;
	struct str held;   /* not decided yet */
	size_t scanned;    /* of it */
	size_t fence;      /* bytes in front of the object that is held */
	int depth;         /* of the object */
	bool quoted;       /* in a text of the object */
	bool escaped;      /* behind its backslash */
	bool inside;       /* text is within an object that was too long */
	bool no_reasoning; /* a mark had no end: it is not looked for any more */
	bool no_tags;
	bool no_objects;
	bool parted; /* there was something beside text */
	bool shown;  /* there was text */
};

void speech_init(struct speech *speech, const struct speech_options *options);
void speech_deinit(struct speech *speech);
void speech_feed(struct speech *speech, const char *text, size_t len);
/* Nothing follows: what is held is decided. */
void speech_end(struct speech *speech);

#endif
