/*
 * fuzz_speech.c - any bytes as what a model writes into its answer (libFuzzer)
 *
 * What must hold beside that nothing crashes: the parts are the same in one piece and in
 * many; they have no more bytes than the text; a text without marks is itself.
 */
#include "fuzz.h"

#include "base/str.h"
#include "run/speech.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct heard {
	struct str all; /* the kind of each part, then its text */
	size_t bytes;
	bool others; /* than text */
	int last;
};

static void on_part(void *arg, enum speech_kind kind, const char *text, size_t len)
{
	struct heard *heard = arg;

	assert(kind != SPEECH_TEXT || len);
	if (kind != SPEECH_TEXT || heard->last != SPEECH_TEXT)
		str_add_char(&heard->all, (char)kind);
	str_add(&heard->all, text, len);
	heard->bytes += len;
	heard->others |= kind != SPEECH_TEXT;
	heard->last = kind;
}

static bool is_call(void *arg, const char *json, size_t len)
{
	(void)arg;
	assert(len >= 2 && json[0] == '{' && json[len - 1] == '}');
	return len % 2;
}

static bool hear(struct heard *heard, const uint8_t *data, size_t size, size_t piece,
		 size_t hold_max)
{
	const struct speech_options options = {
		.part = on_part,
		.tags = true,
		.is_call = is_call,
		.arg = heard,
		.hold_max = hold_max,
	};
	struct speech speech;
	bool parted;
	size_t at;

	memset(heard, 0, sizeof(*heard));
	heard->last = -1;
	speech_init(&speech, &options);
	for (at = 0; at < size; at += piece)
		speech_feed(&speech, (const char *)data + at,
			    size - at < piece ? size - at : piece);
	speech_end(&speech);
	assert(!speech.held.len);
	parted = speech.parted;
	speech_deinit(&speech);
	return parted;
}

static void check(const uint8_t *data, size_t size, size_t hold_max)
{
	struct heard whole, pieces;
	size_t piece = size ? 1 + data[0] % 16 : 1;
	bool parted = hear(&whole, data, size, size + 1, hold_max);

	assert(whole.bytes <= size && (parted || !whole.others));
	if (!parted) {
		assert(whole.bytes == size);
		assert(!size || memcmp(whole.all.data + 1, data, size) == 0);
	}
	assert(hear(&pieces, data, size, piece, hold_max) == parted);
	assert(pieces.all.len == whole.all.len);
	assert(!whole.all.len ||
	       memcmp(pieces.all.data, whole.all.data, whole.all.len) == 0);
	str_deinit(&whole.all);
	str_deinit(&pieces.all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, 0);
	check(data, size, 128); /* more than what decides whether it begins with "tool" */
	return 0;
}
