/* test_image.c - images as people send them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/image.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define PNG  "iVBORw0KGgoAAAANSUhEUg=="
#define JPEG "/9j/4AAQSkZJRgABAQAAAQ"
#define GIF  "R0lGODlhAQABAIAAAAAAAP"
#define WEBP "UklGRiQAAABXRUJQVlA4"

static void expect(const char *text, const char *want, size_t want_bytes)
{
	struct str out = STR_INIT;
	size_t bytes;
	struct err err;

	assert_int_equal(image_read(&out, text, strlen(text), &bytes, &err), 0);
	assert_string_equal(str_text(&out), want);
	assert_int_equal(bytes, want_bytes);
	str_deinit(&out);
}

static void an_image_is_what_its_first_bytes_say(void **state)
{
	(void)state;
	expect(PNG, "data:image/png;base64," PNG, 16);
	expect(JPEG, "data:image/jpeg;base64," JPEG "==", 16);
	expect(GIF, "data:image/gif;base64," GIF "==", 16);
	expect(WEBP, "data:image/webp;base64," WEBP, 15);
	expect("data:image/png;base64," PNG, "data:image/png;base64," PNG, 16);
	expect("data:image/jpg;base64," PNG, "data:image/png;base64," PNG, 16);
	expect("DATA:;x=y;BASE64,\r\n iVBORw0KGgoAAAAN\nSUhEUg==\n",
	       "data:image/png;base64," PNG, 16);
}

static void all_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"https://example.org/a.png",
		"data:image/png;base64",
		"data:image/png," PNG,
		"data:image/png;base64,",
		"data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=",
		"iVBORw0KGgoAAAANSUhEUg=",   /* padding that is too short */
		"iVBORw0KGgoAAAANSUhEUg===", /* and too long */
		"iVBORw0KGgoAAAANSUhEUgA=A", /* behind padding */
		"iVBORw0KGgoAAAANSUhEU",     /* a digit alone */
		"iVBORw0KGgoAAAANSUhE_g==",  /* another alphabet */
		"iVBORw0KGgo",               /* the head is cut */
	};
	struct str out = STR_INIT;
	struct err err;
	size_t bytes, i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (image_read(&out, bad[i], strlen(bad[i]), &bytes, &err) != ERR_INPUT)
			fail_msg("%s", bad[i]);
		assert_int_equal(out.len, 0);
	}
}

static void an_image_is_bounded(void **state)
{
	size_t len = (IMAGE_BYTES_MAX + 2) / 3 * 4, bytes;
	char *text = mem_alloc(3 * len);
	struct str out = STR_INIT;
	struct err err;

	(void)state;
	memset(text, 'A', 3 * len);
	memcpy(text, PNG, 16);
	assert_int_equal(image_read(&out, text, len - 4, &bytes, &err), 0);
	assert_true(bytes <= IMAGE_BYTES_MAX);
	assert_int_equal(image_read(&out, text, len + 4, &bytes, &err), ERR_LIMIT);
	assert_int_equal(image_read(&out, text, 3 * len, &bytes, &err), ERR_LIMIT);
	mem_free(text);
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_what_its_first_bytes_say),
		cmocka_unit_test(all_else_is_refused),
		cmocka_unit_test(an_image_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
