/*
 * expr_case.c - letters of texts: their case, and what sort of characters a text has
 *
 * The C library's tables of Unicode, by a locale of our own, so that the daemon's
 * environment decides nothing. They map one character to one; of those that Python makes
 * two of, only the German sharp s is known here. Without that locale only ASCII letters
 * change.
 */
#include "run/expr_case.h"

#include "base/str.h"
#include "base/utf8.h"
#include "run/expr_string.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#define SHARP_S 0xDF

/* Any process: made at the first use, kept for good. */
static locale_t unicode;

static locale_t locale(void)
{
	if (!unicode)
		unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!unicode)
		unicode = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	return unicode;
}

static bool is_cased(unsigned code)
{
	return iswlower_l(code, locale()) || iswupper_l(code, locale());
}

static void change(enum expr_case_map map, unsigned code, bool first, bool in_word,
		   struct str *out)
{
	bool all = map == EXPR_CASE_UPPER ||
		   (map == EXPR_CASE_SWAP && iswlower_l(code, locale()));
	bool upper = all || (map == EXPR_CASE_CAPITALIZE && first) ||
		     (map == EXPR_CASE_TITLE && !in_word);

	if (upper && code == SHARP_S)
		str_add_text(out, all ? "SS" : "Ss");
	else
		utf8_add(out,
			 upper ? towupper_l(code, locale()) : towlower_l(code, locale()));
}

bool expr_case_change(struct expr_budget *budget, enum expr_case_map map,
		      const struct expr_value *text, struct expr_value *ret)
{
	const char *p = text->as.text.bytes, *end = p + text->as.text.len;
	bool in_word = false, first = true;
	struct str changed = STR_INIT;
	char *copy;
	size_t n;

	/* a character may take more bytes than before: at most four */
	if (!expr_budget_spend(budget, text->as.text.len / 4))
		return false;
	copy = expr_budget_alloc(budget, 4 * text->as.text.len, 1);
	if (!copy)
		return false;
	for (; p < end; p += n) {
		unsigned code = expr_string_code(p);

		n = expr_string_width(p, end);
		change(map, code, first, in_word, &changed);
		in_word = is_cased(code);
		first = false;
	}
	n = changed.len;
	memcpy(copy, str_text(&changed), n);
	str_deinit(&changed);
	*ret = expr_value_text(copy, n);
	return true;
}

static bool is_of(enum expr_case_class class, unsigned code)
{
	switch (class) {
	case EXPR_CASE_ALPHA:
		return iswalpha_l(code, locale()) && !(code >= '0' && code <= '9');
	case EXPR_CASE_ALNUM:
		return iswalnum_l(code, locale());
	case EXPR_CASE_DIGIT:
		return code >= '0' && code <= '9';
	case EXPR_CASE_SPACE:
		return expr_string_is_space(code);
	case EXPR_CASE_IS_LOWER:
		return !iswupper_l(code, locale());
	case EXPR_CASE_IS_UPPER:
		return !iswlower_l(code, locale());
	}
	return false;
}

bool expr_case_is(enum expr_case_class class, const struct expr_value *text)
{
	bool some = class != EXPR_CASE_IS_LOWER && class != EXPR_CASE_IS_UPPER;
	const char *p = text->as.text.bytes, *end = p + text->as.text.len;

	if (p == end)
		return false;
	for (; p < end; p += expr_string_width(p, end)) {
		if (!is_of(class, expr_string_code(p)))
			return false;
		some |= is_cased(
			expr_string_code(p)); /* one letter with a case at least */
	}
	return some;
}
