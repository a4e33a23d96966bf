/* effect_key.c - what marks the repetition of something that a run sends outside */
#include "engine/effect_key.h"

#include "base/digest.h"
#include "base/ids.h"
#include "base/str.h"

#define KEY_MAX 255

void effect_key(struct str *out, const char *run_id, const char *path, int execution,
		int nth)
{
	struct str key = STR_INIT;
	char hex[DIGEST_HEX_SIZE];

	ids_encode(&key, run_id);
	str_add_char(&key, '/');
	str_add_text(&key, path);
	str_add_char(&key, '/');
	str_add_int(&key, execution);
	if (nth > 0) {
		str_add_char(&key, '/');
		str_add_int(&key, nth);
	}
	if (key.len <= KEY_MAX)
		str_add(out, str_text(&key), key.len);
	else
		str_add_text(out, digest_sha256(str_text(&key), key.len, hex));
	str_deinit(&key);
}
