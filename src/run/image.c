/*
 * image.c - images that people send with a message, as they are kept and sent to models
 *
 * What an image is is said by its first bytes: names of types are often wrong, and a
 * provider refuses the whole request for one. Nothing is decoded but these.
 */
#include "run/image.h"

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define HEAD_BYTES 12 /* of the image, that say what it is */
#define HEAD_CHARS 16 /* of base64, that are these */
#define WANTED     "a PNG, JPEG, GIF or WebP image in base64"

static int value_of(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Behind "data:...;base64,", or the whole; NULL: a URI of another sort. */
static const char *body_of(const char *text, size_t *len)
{
	const char *comma;
	size_t head;

	if (*len < 5 || strncasecmp(text, "data:", 5) != 0)
		return text;
	comma = memchr(text, ',', *len);
	head = comma ? (size_t)(comma - text) : 0;
	if (head < 7 || strncasecmp(comma - 7, ";base64", 7) != 0)
		return NULL;
	*len -= head + 1;
	return comma + 1;
}

/* The digits alone, with the padding that belongs there. false: it is no base64. */
static bool copy_digits(struct str *out, const char *text, size_t len, size_t *digits)
{
	char *to = str_reserve(out, len + 3);
	size_t n = 0, padding = 0, i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue;
		if (c == '=') {
			padding++;
			continue;
		}
		if (padding || value_of(c) < 0)
			return false;
		to[n++] = c;
	}
	*digits = n;
	if (padding > 2 || n % 4 == 1 || (padding && (n + padding) % 4))
		return false;
	while (n % 4)
		to[n++] = '=';
	str_grew(out, n);
	return true;
}

static const char *type_of(const char *digits)
{
	unsigned char head[HEAD_BYTES];
	size_t i;

	for (i = 0; i < HEAD_CHARS; i += 4) {
		uint32_t bits = 0;
		size_t k;

		for (k = 0; k < 4; k++) {
			int value = value_of(digits[i + k]);

			bits = bits << 6 | (uint32_t)(value > 0 ? value : 0);
		}
		head[i / 4 * 3] = (unsigned char)(bits >> 16);
		head[i / 4 * 3 + 1] = (unsigned char)(bits >> 8);
		head[i / 4 * 3 + 2] = (unsigned char)bits;
	}
	if (memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (memcmp(head, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (memcmp(head, "GIF87a", 6) == 0 || memcmp(head, "GIF89a", 6) == 0)
		return "image/gif";
	if (memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

int image_read(struct str *out, const char *text, size_t len, size_t *bytes,
	       struct err *err)
{
	const char *body = body_of(text, &len), *type = NULL;
	struct str digits = STR_INIT;
	size_t n = 0;
	int rc = 0;

	if (body && len > IMAGE_BYTES_MAX / 3 * 4 * 2) /* blanks in it, too */
		return err_set(err, ERR_LIMIT, "the image has more than %d bytes",
			       IMAGE_BYTES_MAX);
	if (body && copy_digits(&digits, body, len, &n) && n >= HEAD_CHARS)
		type = type_of(str_text(&digits));
	*bytes = n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
	if (!type)
		rc = err_set(err, ERR_INPUT, "it is not %s", WANTED);
	else if (*bytes > IMAGE_BYTES_MAX)
		rc = err_set(err, ERR_LIMIT, "the image has more than %d bytes",
			     IMAGE_BYTES_MAX);
	if (rc == 0) {
		str_printf(out, "data:%s;base64,", type);
		str_add(out, str_text(&digits), digits.len);
	}
	str_deinit(&digits);
	return rc;
}
