/*
 * expr_lex.c - the text of an expression as tokens
 *
 * Python's tokens as far as expressions go. What Python has and an expression may not
 * use (f-strings, bytes, bit operators, complex numbers...) is refused by its name and
 * column here, if it can be told from the token alone.
 */
#include "run/expr_lex.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

void expr_lex_init(struct expr_lex *lex, struct arena *arena, const char *text,
		   size_t len, struct expr_fault *fault)
{
	memset(lex, 0, sizeof(*lex));
	lex->arena = arena;
	lex->text = text;
	lex->len = len;
	lex->column = 1;
	lex->fault = fault;
}

bool expr_lex_is(const struct expr_lex *lex, const char *text)
{
	const struct expr_token *token = &lex->token;

	return (token->type == EXPR_TOKEN_SIGN || token->type == EXPR_TOKEN_NAME) &&
	       token->len == strlen(text) && memcmp(token->text, text, token->len) == 0;
}

/* The byte n behind the place, or NUL. */
static char peek(const struct expr_lex *lex, size_t n)
{
	return lex->at + n < lex->len ? lex->text[lex->at + n] : '\0';
}

static void skip(struct expr_lex *lex, size_t n)
{
	for (; n > 0; n--)
		if (((unsigned char)lex->text[lex->at++] & 0xC0) != 0x80)
			lex->column++;
	/* the rest of a character is no column */
}

static int refuse(struct expr_lex *lex, int column, const char *text)
{
	return expr_budget_fault(lex->fault, ERR_INPUT, column, "%s", text);
}

static int unavailable(struct expr_lex *lex, int column, const char *what)
{
	return expr_budget_fault(lex->fault, ERR_INPUT, column,
				 "%s not available in expressions", what);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
	return starts_name(c) || is_digit(c);
}

static int digit_of(char c, int base)
{
	int digit = is_digit(c)              ? c - '0'
		    : (c >= 'a' && c <= 'f') ? c - 'a' + 10
		    : (c >= 'A' && c <= 'F') ? c - 'A' + 10
					     : 99;

	return digit < base ? digit : -1;
}

/* n hexadecimal (base 16) or octal digits; fewer are refused when all are needed. */
static bool escape_digits(struct expr_lex *lex, int base, int n, bool all, unsigned *ret)
{
	unsigned code = 0;
	int i;

	for (i = 0; i < n && digit_of(peek(lex, 0), base) >= 0; i++) {
		code = code * (unsigned)base + (unsigned)digit_of(peek(lex, 0), base);
		skip(lex, 1);
	}
	*ret = code;
	return i == n || !all;
}

static int read_code(struct expr_lex *lex, int base, int n, bool all, int column,
		     struct str *out)
{
	unsigned code;

	if (!escape_digits(lex, base, n, all, &code))
		return refuse(lex, column, "an escape in a string has too few digits");
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return refuse(lex, column, "an escape in a string is no character");
	utf8_add(out, code);
	return 0;
}

/* Behind a backslash. */
static int read_escape(struct expr_lex *lex, struct str *out)
{
	static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
	int column = lex->column - 1;
	char c = peek(lex, 0);
	const char *hit = c ? strchr(from, c) : NULL;

	if (hit) {
		str_add_char(out, to[hit - from]);
		skip(lex, 1);
		return 0;
	}
	if (digit_of(c, 8) >= 0)
		return read_code(lex, 8, 3, false, column, out);
	if (c == 'N')
		return unavailable(lex, column, "'\\N' is");
	if (c == '\n' || c == 'x' || c == 'u' || c == 'U')
		skip(lex, 1);
	if (c == '\n')
		return 0; /* the line goes on */
	if (c == 'x' || c == 'u' || c == 'U')
		return read_code(lex, 16,
				 c == 'x'   ? 2
				 : c == 'u' ? 4
					    : 8,
				 true, column, out);
	str_add_char(out, '\\'); /* as Python: the backslash stays */
	return 0;
}

/* At the quote. */
static int read_string(struct expr_lex *lex, bool raw, struct str *out)
{
	int column = lex->column, rc = 0;
	char quote = peek(lex, 0);

	if (peek(lex, 1) == quote && peek(lex, 2) == quote)
		return unavailable(lex, column, "strings in triple quotes are");
	skip(lex, 1);
	while (rc == 0 && lex->at < lex->len && peek(lex, 0) != quote &&
	       peek(lex, 0) != '\n') {
		if (peek(lex, 0) != '\\') {
			str_add_char(out, peek(lex, 0));
			skip(lex, 1);
			continue;
		}
		skip(lex, 1);
		if (!raw) {
			rc = read_escape(lex, out);
			continue;
		}
		str_add_char(out, '\\');
		if (lex->at < lex->len) {
			str_add_char(out, peek(lex, 0));
			skip(lex, 1);
		}
	}
	if (rc < 0)
		return rc;
	if (lex->at >= lex->len || peek(lex, 0) != quote)
		return refuse(lex, column, "a string has no end");
	skip(lex, 1);
	return 0;
}

static int take_string(struct expr_lex *lex, bool raw)
{
	struct expr_token *token = &lex->token;
	struct str text = STR_INIT;
	int rc;

	rc = read_string(lex, raw, &text);
	if (rc == 0) {
		token->type = EXPR_TOKEN_VALUE;
		token->value = expr_value_text(
			arena_dup_n(lex->arena, str_text(&text), text.len), text.len);
	}
	str_deinit(&text);
	return rc;
}

/* Digits with single underscores between them, appended; false when one stands alone. */
static bool read_digits(struct expr_lex *lex, int base, struct str *out)
{
	size_t before = out->len;

	for (;;) {
		if (peek(lex, 0) == '_' &&
		    (out->len == before || digit_of(peek(lex, 1), base) < 0))
			return false;
		if (peek(lex, 0) == '_')
			skip(lex, 1);
		if (digit_of(peek(lex, 0), base) < 0)
			return true;
		str_add_char(out, peek(lex, 0));
		skip(lex, 1);
	}
}

static int take_int(struct expr_lex *lex, const char *digits, int base, int column)
{
	uint64_t n = 0;
	const char *p;

	for (p = digits; *p; p++) {
		if (n > (uint64_t)INT64_MAX / (unsigned)base)
			return refuse(lex, column, "an integer beyond 64 bits");
		n = n * (unsigned)base + (unsigned)digit_of(*p, base);
		if (n > (uint64_t)INT64_MAX)
			return refuse(lex, column, "an integer beyond 64 bits");
	}
	lex->token.value = expr_value_int((int64_t)n);
	return 0;
}

static int broken_number(struct expr_lex *lex, int column)
{
	return refuse(lex, column, "a number is not well formed");
}

/* 0x.., 0o.., 0b.. */
static int read_based(struct expr_lex *lex, int base, struct str *digits)
{
	int column = lex->column;

	skip(lex, 2);
	if (peek(lex, 0) == '_')
		skip(lex, 1);
	if (!read_digits(lex, base, digits) || !digits->len || is_name(peek(lex, 0)))
		return broken_number(lex, column);
	return take_int(lex, str_text(digits), base, column);
}

/* Behind the digits before the point. true when there was a point or an exponent. */
static bool read_fraction(struct expr_lex *lex, struct str *digits, bool *well)
{
	bool real = false;
	size_t sign;

	if (peek(lex, 0) == '.') {
		real = true;
		str_add_char(digits, '.');
		skip(lex, 1);
		*well = peek(lex, 0) != '_' && read_digits(lex, 10, digits);
	}
	sign = peek(lex, 1) == '+' || peek(lex, 1) == '-';
	if (*well && (peek(lex, 0) == 'e' || peek(lex, 0) == 'E') &&
	    is_digit(peek(lex, 1 + sign))) {
		real = true;
		str_add(digits, lex->text + lex->at, 1 + sign);
		skip(lex, 1 + sign);
		*well = read_digits(lex, 10, digits);
	}
	return real;
}

static int read_decimal(struct expr_lex *lex, struct str *digits)
{
	int column = lex->column;
	bool well = read_digits(lex, 10, digits), real;
	const char *text;

	real = well && read_fraction(lex, digits, &well);
	text = str_text(digits);
	if (well && (peek(lex, 0) == 'j' || peek(lex, 0) == 'J'))
		return unavailable(lex, column, "complex numbers are");
	if (!well || is_name(peek(lex, 0)))
		return broken_number(lex, column);
	if (real) {
		lex->token.value = expr_value_float(strtod(text, NULL));
		return 0;
	}
	if (text[0] == '0' && text[strspn(text, "0")])
		return refuse(lex, column, "an integer with leading zeros");
	return take_int(lex, text, 10, column);
}

static int take_number(struct expr_lex *lex)
{
	struct str digits = STR_INIT;
	char second = peek(lex, 0) == '0' ? (char)(peek(lex, 1) | 0x20) : '\0';
	int rc;

	lex->token.type = EXPR_TOKEN_VALUE;
	if (second == 'x' || second == 'o' || second == 'b')
		rc = read_based(lex, second == 'x' ? 16 : second == 'o' ? 8 : 2, &digits);
	else
		rc = read_decimal(lex, &digits);
	str_deinit(&digits);
	return rc;
}

/* A name, or the prefix of a string. */
static int take_name(struct expr_lex *lex)
{
	struct expr_token *token = &lex->token;
	bool raw = false, plain = true;
	size_t len = 0, i;

	while (is_name(peek(lex, len)))
		len++;
	if (len <= 2 && (peek(lex, len) == '\'' || peek(lex, len) == '"')) {
		for (i = 0; i < len; i++) {
			char c = (char)(peek(lex, i) | 0x20);

			if (c == 'f')
				return unavailable(lex, token->column, "f-strings are");
			if (c == 'b')
				return unavailable(lex, token->column,
						   "strings of bytes are");
			raw |= c == 'r';
			plain &= c == 'r' || c == 'u';
		}
		if (!plain || len > 1)
			return refuse(lex, token->column,
				      "a string has an unknown prefix");
		skip(lex, len);
		return take_string(lex, raw);
	}
	token->type = EXPR_TOKEN_NAME;
	token->len = len;
	skip(lex, len);
	return 0;
}

static int take_sign(struct expr_lex *lex)
{
	static const char *const signs[] = { "**=", "//=", "...", "<<=", ">>=", "**",
					     "//",  "<=",  ">=",  "==",  "!=",  "<<",
					     ">>",  ":=",  "->",  "+=",  "-=",  "*=",
					     "/=",  "%=",  "&=",  "|=",  "^=",  "@=" };
	static const char known[] = "+ - * / % < > ( ) [ ] { } , : . ** // <= >= == != ";
	struct expr_token *token = &lex->token;
	char quoted[16], padded[8];
	size_t i, len = 1;

	for (i = 0; len == 1 && i < sizeof(signs) / sizeof(signs[0]); i++)
		if (lex->len - lex->at >= strlen(signs[i]) &&
		    memcmp(token->text, signs[i], strlen(signs[i])) == 0)
			len = strlen(signs[i]);
	memcpy(padded, token->text, len);
	memcpy(padded + len, " ", 2);
	if ((unsigned char)token->text[0] <= ' ' || token->text[0] == 0x7f)
		return refuse(lex, token->column, "a character that belongs to nothing");
	if (!strstr(known, padded)) {
		padded[len] = '\0';
		memcpy(quoted, "'", 2);
		memcpy(quoted + 1, padded, len);
		memcpy(quoted + 1 + len, "' is", 5);
		return unavailable(lex, token->column, quoted);
	}
	if (len == 1 && strchr("([{", token->text[0]))
		lex->brackets++;
	if (len == 1 && strchr(")]}", token->text[0]) && lex->brackets > 0)
		lex->brackets--;
	token->type = EXPR_TOKEN_SIGN;
	token->len = len;
	skip(lex, len);
	return 0;
}

static void skip_space(struct expr_lex *lex)
{
	for (;;) {
		char c = peek(lex, 0);

		if (lex->at >= lex->len)
			return;
		if (c == '#')
			while (lex->at < lex->len && peek(lex, 0) != '\n')
				skip(lex, 1);
		else if (c == ' ' || c == '\t' || c == '\f' || c == '\r' ||
			 (c == '\n' && lex->brackets > 0))
			skip(lex, 1);
		else
			return;
	}
}

/* A line ended outside of brackets: then nothing may follow but empty lines. */
static int end_line(struct expr_lex *lex)
{
	int column = lex->column;

	while (lex->at < lex->len && peek(lex, 0) == '\n') {
		skip(lex, 1);
		skip_space(lex);
	}
	if (lex->at < lex->len)
		return refuse(lex, column,
			      "a line ends here: put brackets around the expression");
	lex->token.type = EXPR_TOKEN_END;
	return 0;
}

int expr_lex_next(struct expr_lex *lex)
{
	struct expr_token *token = &lex->token;
	char c;

	skip_space(lex);
	memset(token, 0, sizeof(*token));
	token->column = lex->column;
	token->text = lex->text + lex->at;
	if (lex->at >= lex->len) {
		token->type = EXPR_TOKEN_END;
		return 0;
	}
	c = peek(lex, 0);
	if (c == '\n')
		return end_line(lex);
	if (is_digit(c) || (c == '.' && is_digit(peek(lex, 1))))
		return take_number(lex);
	if (c == '\'' || c == '"')
		return take_string(lex, false);
	if (starts_name(c))
		return take_name(lex);
	return take_sign(lex);
}
