/* test_expr.c - expressions: their values, what is refused by name, and their bounds */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/expr.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "run/expr_format.h"
#include "run/state.h"

#include <string.h>

static struct arena arena;
static struct state values;
static struct expr_budget budget;
static struct expr_fault fault;

static void set(const char *key, const char *json)
{
	assert_int_equal(state_set(&values, key, json, strlen(json), NULL), 0);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	state_init(&values, 0);
	set("n", "5");
	set("total", "12.50");
	set("text", "\"a \\\"b\\\" \\u00e9\"");
	set("yes", "true");
	set("nothing", "null");
	set("list", "[1,\"two\",[3],{\"a\":{\"b\":4}},null]");
	set("user", "{\"name\":\"Ann\",\"tags\":[\"x\",\"y\"],\"items\":7,\"deep\":{"
		    "\"er\":{}}}");
	set("empty", "[]");
	set("none", "{}");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_deinit(&values);
	arena_deinit(&arena);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* Compile and evaluate; the code of whichever failed, whose fault is in `fault`. */
static int evaluate(const char *text, struct expr_value *ret)
{
	struct expr *expr;
	int rc;

	rc = expr_compile(&arena, text, strlen(text), &expr, &fault);
	if (rc < 0)
		return rc;
	expr_budget_init(&budget, &arena, EXPR_STEPS, EXPR_BYTES);
	rc = expr_eval(expr, &values, &budget, ret);
	fault = budget.fault;
	return rc;
}

static void expect(const char *text, const char *repr)
{
	struct expr_value value;
	struct str out = STR_INIT;

	if (evaluate(text, &value) < 0)
		fail_msg("%s: %s", text, fault.text);
	assert_true(expr_format_repr(&budget, &value, &out));
	if (strcmp(str_text(&out), repr) != 0)
		fail_msg("%s is %s, not %s", text, str_text(&out), repr);
	str_deinit(&out);
}

static void expect_fault(const char *text, int code, int column, const char *message)
{
	struct expr_value value;

	if (evaluate(text, &value) != code)
		fail_msg("%s: not code %d: %s", text, code, fault.text);
	if (strcmp(fault.text, message) != 0 || fault.column != column)
		fail_msg("%s: \"%s\" at %d, not \"%s\" at %d", text, fault.text,
			 fault.column, message, column);
}

struct row {
	const char *text;
	const char *repr;
};

static void expect_rows(const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		expect(rows[i].text, rows[i].repr);
}

static void literals_are_pythons(void **state)
{
	static const struct row rows[] = {
		{ "1", "1" },
		{ " 1_000 ", "1000" },
		{ "0x_fF", "255" },
		{ "0o17", "15" },
		{ "0b1_01", "5" },
		{ "00", "0" },
		{ "1.", "1.0" },
		{ ".5", "0.5" },
		{ "1_0.2_5e+1_0", "102500000000.0" },
		{ "1E3", "1000.0" },
		{ "1e400", "inf" },
		{ "True", "True" },
		{ "None", "None" },
		{ "'a'", "'a'" },
		{ "\"it's\"", "\"it's\"" },
		{ "'a' \"b\" r'\\n'", "'ab\\\\n'" },
		{ "u'x' R'\\''", "\"x\\\\'\"" },
		{ "'\\x41\\u00e9\\U0001F600\\101\\0'", "'A\xC3\xA9\xF0\x9F\x98\x80"
						       "A\\x00'" },
		{ "'\\a\\b\\f\\n\\r\\t\\v\\\\\\q'",
		  "'\\x07\\x08\\x0c\\n\\r\\t\\x0b\\\\\\\\q'" },
		{ "'a\\\nb'", "'ab'" },
		{ "[1, [2], ]", "[1, [2]]" },
		{ "(1,)", "(1,)" },
		{ "((1))", "1" },
		{ "1, 2", "(1, 2)" },
		{ "1,", "(1,)" },
		{ "()", "()" },
		{ "{'a': 1, 2: (), }", "{'a': 1, 2: ()}" },
		{ "{1: 'a', True: 'b', 1.0: 'c'}", "{1: 'c'}" },
		{ "(1 # one\n , 2)", "(1, 2)" },
		{ "1 # one\n \n", "1" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void the_state_is_read_by_attribute_and_index(void **state)
{
	static const struct row rows[] = {
		{ "state.n", "5" },
		{ "state['total']", "12.5" },
		{ "state.text", "'a \"b\" \xC3\xA9'" },
		{ "state.user.name", "'Ann'" },
		{ "state.user['tags'][-1]", "'y'" },
		{ "state.user.items", "7" },
		{ "state.user.missing", "None" },
		{ "state.missing", "None" },
		{ "state.list[3].a.b", "4" },
		{ "state.list[3]['a']['b']", "4" },
		{ "state.list[1:3]", "['two', [3]]" },
		{ "state.get('zz', 3)", "3" },
		{ "state.user.get('name')", "'Ann'" },
		{ "'n' in state, 'zz' in state, len(state)", "(True, False, 9)" },
		{ "len(state.list), len(state.none), len(state.user)", "(5, 0, 4)" },
		{ "list(state.user)", "['name', 'tags', 'items', 'deep']" },
		{ "state.user.deep", "{'er': {}}" },
		{ "list(state.user.deep.items())", "[('er', {})]" },
		{ "state.user.deep.values()", "dict_values([{}])" },
		{ "state.user.deep.keys()", "dict_keys(['er'])" },
		{ "bool(state.empty), bool(state.none), bool(state.user)",
		  "(False, False, True)" },
		{ "state.list == [1, 'two', [3], {'a': {'b': 4}}, None]", "True" },
		{ "state.user.deep == {'er': {}}, state.none != {}", "(True, False)" },
		{ "dict(state.none), state.user.deep.copy()", "({}, {'er': {}})" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void operators_have_pythons_meaning(void **state)
{
	static const struct row rows[] = {
		{ "1 + 2 * 3 - -4", "11" },
		{ "7 // 2, -7 // 2, 7 // -2, 7.5 // 2", "(3, -4, -4, 3.0)" },
		{ "7 % 3, -7 % 3, 7 % -3, -7.5 % 2", "(1, 2, -2, 0.5)" },
		{ "6 % 3, 6.0 % -3, 1 // 1e300", "(0, -0.0, 0.0)" },
		{ "1 / 2, 0 / -3, 9223372036854775807 / 3", "(0.5, -0.0, "
							    "3.0744573456182584e+18)" },
		{ "-2 ** 2, 2 ** -1, 2 ** 3 ** 2, 0.25 ** 0.5", "(-4, 0.5, 512, 0.5)" },
		{ "(-2) ** 63, 1 ** 99999999999", "(-9223372036854775808, 1)" },
		{ "True + True, -True, +1.5, - -2", "(2, -1, 1.5, 2)" },
		{ "'ab' + 'c', 'ab' * 2, 2 * 'ab', 'ab' * -1", "('abc', 'abab', 'abab', "
							       "'')" },
		{ "[1] + [2], (1,) * 2, [1] * 0, [] + []", "([1, 2], (1, 1), [], [])" },
		{ "1 < 2 < 3, 1 < 2 > 3, 3 > 2 >= 2 != 1", "(True, False, True)" },
		{ "1 == 1.0 == True, '1' == 1, None == 0", "(True, False, False)" },
		{ "[1, 2] < [1, 3], (1,) < (1, 0), 'a' < 'b'", "(True, True, True)" },
		{ "9007199254740993 == 9007199254740992.0", "False" },
		{ "9223372036854775807 < 1e19, 1 > -1e19, 1 < 1.5, 2 > 1.5, 2.5 > 2",
		  "(True, True, True, True, True)" },
		{ "float('nan') == float('nan'), 1 < float('nan'), float('nan') >= 1",
		  "(False, False, False)" },
		{ "'b' in 'abc', 2 in [1, 2], 3 not in (1, 2), 'a' in {'a': 1}",
		  "(True, True, True, True)" },
		{ "'x' in state.user.tags, 'name' in state.user", "(True, True)" },
		{ "None is None, 0 is None, state.yes is True, None is not state.n",
		  "(True, False, True, True)" },
		{ "not 1, not '', not not [0]", "(False, True, True)" },
		{ "0 or 'a' or 1, 1 and [] and 2, 1 and 2", "('a', [], 2)" },
		{ "1 or state['zz'], 0 and 1 / 0", "(1, 0)" },
		{ "1 > 2 > 1 / 0", "False" },
		{ "'y' if state.yes else 1 / 0", "'y'" },
		{ "1 if 0 else 2 if 0 else 3", "3" },
		{ "[1, 2, 3][::-1], 'abc'[1], 'abc'[-2:], (1, 2, 3)[::2]",
		  "([3, 2, 1], 'b', 'bc', (1, 3))" },
		{ "'abc'[5:], 'abc'[2:0], 'abc'[None:2], 'abcdef'[4:0:-2]", "('', '', "
									    "'ab', "
									    "'ec')" },
		{ "[1, 2, 3][9223372036854775807:], [1, 2][::9223372036854775807]",
		  "([], [1])" },
		{ "[1, 2, 3][-9223372036854775807:], 'abc'[True]", "([1, 2, 3], 'b')" },
		{ "[1, 2, 3][::-9223372036854775807]", "[3]" },
		{ "'\xC3\xA9\xE2\x82\xAC'[::-1], len('\xF0\x9F\x98\x80')",
		  "('\xE2\x82\xAC\xC3\xA9', 1)" },
		{ "{1: 2}[1.0], {(1, 2): 3}[(1, 2)], {'a': 1} == {'a': 1.0}",
		  "(2, 3, True)" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void functions_are_pythons(void **state)
{
	static const struct row rows[] = {
		{ "len('abc'), len([]), len({1: 2}), len({}.keys())", "(3, 0, 1, 0)" },
		{ "int(), int(2.9), int(-2.9), int(' -1_0 '), int('+5'), int(True)",
		  "(0, 2, -2, -10, 5, 1)" },
		{ "int('-9223372036854775808')", "-9223372036854775808" },
		{ "float(), float(' 1_0.5e1 '), float(2), float('-Inf'), float('NaN')",
		  "(0.0, 105.0, 2.0, -inf, nan)" },
		{ "str(), str(1.0), str(None), str('a'), str(['a'])",
		  "('', '1.0', 'None', 'a', \"['a']\")" },
		{ "repr('a'), bool(), bool('0'), bool(0.0)", "(\"'a'\", False, True, "
							     "False)" },
		{ "list(), list('ab'), tuple([1]), tuple()", "([], ['a', 'b'], (1,), "
							     "())" },
		{ "dict(), dict({'a': 1}), dict([('a', 1), 'bc'])",
		  "({}, {'a': 1}, {'a': 1, 'b': 'c'})" },
		{ "abs(-3), abs(2), abs(-1.5), abs(True)", "(3, 2, 1.5, 1)" },
		{ "min(3, 1, 2), max('b', 'c'), min([2, 1]), max([], default=7)",
		  "(1, 'c', 1, 7)" },
		{ "min(1, 1.0), max(1, 1.0)", "(1, 1)" },
		{ "sum([1, 2.5]), sum([], 3), sum([[1], [2]], start=[])",
		  "(3.5, 3, [1, 2])" },
		{ "round(0.5), round(1.5), round(-2.5), round(7), round(2.5, None)",
		  "(0, 2, -2, 7, 2)" },
		{ "round(2.675, 2), round(1e300, 2), round(15, -1), round(25, -1)",
		  "(2.67, 1e+300, 20, 20)" },
		{ "round(1250.0, -2), round(1350.5, -2), round(99.9, -2), round(5.0, -1)",
		  "(1200.0, 1400.0, 100.0, 0.0)" },
		{ "round(4.0, -1), round(-15, ndigits=-1), round(3, -400), round(-3.0, "
		  "-400)",
		  "(0.0, -20, 0, -0.0)" },
		{ "round(float('inf'), 1), round(1.5, 400), round(50.001, -2)",
		  "(inf, 1.5, 100.0)" },
		{ "any([0, 1]), any([]), all([]), all([1, 0])", "(True, False, True, "
								"False)" },
		{ "sorted([3, 1, 2]), sorted('ba'), sorted([1, 2], reverse=True)",
		  "([1, 2, 3], ['a', 'b'], [2, 1])" },
		{ "sorted([1, True, 1.0], reverse=True), sorted({'b': 1, 'a': 2})",
		  "([1, True, 1.0], ['a', 'b'])" },
		{ "sorted([5, 4, 3, 2, 1]), sorted(())", "([1, 2, 3, 4, 5], [])" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void methods_are_pythons(void **state)
{
	static const struct row rows[] = {
		{ "'A\xC3\x84'.lower(), '\xC3\xA4\xC3\x9F'.upper(), 'aB'.swapcase()",
		  "('a\xC3\xA4', '\xC3\x84SS', 'Ab')" },
		{ "'aB cD'.title(), 'aB cD'.capitalize(), '\xC3\x9F'.title()",
		  "('Ab Cd', 'Ab cd', 'Ss')" },
		{ "' a\xC2\xA0'.strip(), 'xaxx'.strip('x'), ' a '.lstrip(), 'aab'.rstrip("
		  "'ba')",
		  "('a', 'a', 'a ', '')" },
		{ "' a  b '.split(), 'a,b,'.split(','), 'a b c'.split(None, 1), "
		  "''.split()",
		  "(['a', 'b'], ['a', 'b', ''], ['a', 'b c'], [])" },
		{ "'a--b--c'.split('--', 1), 'a b'.split(maxsplit=0), ''.split(',')",
		  "(['a', 'b--c'], ['a b'], [''])" },
		{ "'1 2 3 4 5 6 7 8 9'.split()[8]", "'9'" },
		{ "'a\\nb\\r\\nc'.splitlines(), ''.splitlines()", "(['a', 'b', 'c'], "
								  "[])" },
		{ "'a=b=c'.partition('='), 'abc'.partition('='), 'a=b=c'.rpartition('=')",
		  "(('a', '=', 'b=c'), ('abc', '', ''), ('a=b', '=', 'c'))" },
		{ "'abc'.rpartition('=')", "('', '', 'abc')" },
		{ "', '.join(['a', 'b']), '-'.join('ab'), ''.join([])", "('a, b', "
									"'a-b', '')" },
		{ "'aXbX'.replace('X', 'yy'), 'aXbX'.replace('X', '', 1), "
		  "'ab'.replace('', '-')",
		  "('ayybyy', 'abX', '-a-b-')" },
		{ "'abc'.startswith('ab'), 'abc'.endswith(('x', 'c')), "
		  "'a'.startswith('ab'), ''.startswith(())",
		  "(True, True, False, False)" },
		{ "'abc'.removeprefix('a'), 'abc'.removesuffix('bc'), "
		  "'abc'.removeprefix('b')",
		  "('bc', 'a', 'abc')" },
		{ "'\xC3\xA4"
		  "bcb'.find('b'), 'abcb'.rfind('b'), 'a'.find('x'), 'a'.rfind('xx')",
		  "(1, 3, -1, -1)" },
		{ "''.find('x'), 'ab'.find(''), 'ab'.rfind(''), 'ab'.rfind('x')", "(-1, "
										  "0, 2, "
										  "-1)" },
		{ "'abc'.index('c'), 'abca'.rindex('a'), [1, 2].index(2), (1,).count(1.0)",
		  "(2, 3, 1, 1)" },
		{ "'aaa'.count('aa'), 'abc'.count(''), 'abc'.count('z')", "(1, 4, 0)" },
		{ "'12'.isdigit(), '1a'.isdigit(), ''.isdigit(), '1'.isnumeric()",
		  "(True, False, False, True)" },
		{ "'a\xC3\xA9'.isalpha(), 'a1'.isalpha(), 'a1'.isalnum(), ' '.isspace()",
		  "(True, False, True, True)" },
		{ "'a1'.islower(), 'A'.isupper(), '1'.islower(), 'aB'.isupper()",
		  "(True, True, False, False)" },
		{ "{'a': 1}.get('a'), {'a': 1}.get('b'), {'a': 1}.get('b', 2)",
		  "(1, None, 2)" },
		{ "{'a': 1}.keys(), {'a': 1}.values(), {'a': 1}.items()",
		  "(dict_keys(['a']), dict_values([1]), dict_items([('a', 1)]))" },
		{ "1 in {'a': 1}.values(), ('a', 1) in {'a': 1}.items()",
		  "(True, True)" },
		{ "[1].copy(), {}.copy()", "([1], {})" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void values_are_written_as_python_writes_them(void **state)
{
	static const struct row rows[] = {
		{ "0.1 + 0.2", "0.30000000000000004" },
		{ "1e16, 123456789012345.0, 1e15", "(1e+16, 123456789012345.0, "
						   "1000000000000000.0)" },
		{ "0.0001, 0.00001, 5e-324, 2.0 ** -1018", "(0.0001, 1e-05, 5e-324, "
							   "3.5601181736115222e-307)" },
		{ "7.120236347223045e-307, 1e22, -0.0, 100.0", "(7.120236347223045e-307,"
							       " 1e+22, -0.0, 100.0)" },
		{ "1e308 * 10, -1e308 * 10", "(inf, -inf)" },
		{ "'\\x7f\\xa0\\u2028\\ue000\\U000e0001'",
		  "'\\x7f\\xa0\\u2028\\ue000\\U000e0001'" },
		{ "'\\'\"', \"'\", '\"'", "('\\'\"', \"'\", '\"')" },
	};

	(void)state;
	expect_rows(rows, COUNT(rows));
}

static void truth_and_text_and_json_of_a_result(void **state)
{
	static const struct {
		const char *text;
		bool truth;
		const char *str;
		const char *json; /* NULL: it has none */
	} rows[] = {
		{ "None", false, "None", "null" },
		{ "True", true, "True", "true" },
		{ "0", false, "0", "0" },
		{ "0.0", false, "0.0", "0.0" },
		{ "'a\"'", true, "a\"", "\"a\\\"\"" },
		{ "''", false, "", "\"\"" },
		{ "(1, 'x')", true, "(1, 'x')", "[1,\"x\"]" },
		{ "{1: None, 'b': [False]}", true, "{1: None, 'b': [False]}",
		  "{\"1\":null,\"b\":[false]}" },
		{ "{True: {}}", true, "{True: {}}", "{\"true\":{}}" },
		{ "{(1,): 2}", true, "{(1,): 2}", NULL },
		{ "float('inf')", true, "inf", NULL },
		{ "[float('nan')]", true, "[nan]", NULL },
		{ "state.user", true,
		  "{'name': 'Ann', 'tags': ['x', 'y'], 'items': 7, 'deep': {'er': {}}}",
		  "{\"name\":\"Ann\",\"tags\":[\"x\",\"y\"],\"items\":7,\"deep\":{\"er\":"
		  "{}}}" },
		{ "{'a': 1}.keys()", true, "dict_keys(['a'])", "[\"a\"]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct str text = STR_INIT, json = STR_INIT;
		struct expr_value value;

		assert_int_equal(evaluate(rows[i].text, &value), 0);
		assert_int_equal(expr_truth(&value), rows[i].truth);
		if (rows[i].json) {
			assert_int_equal(expr_json(&budget, &value, &json), 0);
			assert_string_equal(str_text(&json), rows[i].json);
		} else {
			assert_int_equal(expr_json(&budget, &value, &json), ERR_INPUT);
			budget.fault.code = 0;
		}
		assert_int_equal(expr_text(&budget, &value, &text), 0);
		assert_string_equal(str_text(&text), rows[i].str);
		str_deinit(&text);
		str_deinit(&json);
	}
}

#define NA " not available in expressions"

static void what_is_not_available_is_refused_by_name(void **state)
{
	static const struct {
		const char *text;
		int column;
		const char *message;
	} rows[] = {
		{ "state.__class__", 7, "'__class__' is" NA },
		{ "state._private", 7, "'_private' is" NA },
		{ "''.__class__.__mro__", 4, "'__class__' is" NA },
		{ "().__class__()", 4, "'__class__' is" NA },
		{ "__import__('os')", 1, "'__import__' is" NA },
		{ "eval('1')", 1, "'eval' is" NA },
		{ "exec('1')", 1, "'exec' is" NA },
		{ "open('/etc/passwd')", 1, "'open' is" NA },
		{ "getattr(state, 'x')", 1, "'getattr' is" NA },
		{ "setattr(state, 'x', 1)", 1, "'setattr' is" NA },
		{ "globals()", 1, "'globals' is" NA },
		{ "vars()", 1, "'vars' is" NA },
		{ "type(1)", 1, "'type' is" NA },
		{ "isinstance(1, int)", 1, "'isinstance' is" NA },
		{ "print(1)", 1, "'print' is" NA },
		{ "input()", 1, "'input' is" NA },
		{ "range(3)", 1, "'range' is" NA },
		{ "map(str, [])", 1, "'map' is" NA },
		{ "set()", 1, "'set' is" NA },
		{ "os.system('x')", 1, "'os' is" NA },
		{ "true", 1, "'true' is" NA },
		{ "null", 1, "'null' is" NA },
		{ "x", 1, "'x' is" NA },
		{ "lambda: 1", 1, "'lambda' is" NA },
		{ "yield 1", 1, "'yield' is" NA },
		{ "await x", 1, "'await' is" NA },
		{ "import os", 1, "'import' is" NA },
		{ "del state", 1, "'del' is" NA },
		{ "pass", 1, "'pass' is" NA },
		{ "[x for x in []]", 4, "comprehensions ('for') are" NA },
		{ "[1 for x in []]", 4, "comprehensions ('for') are" NA },
		{ "any(x for x in [])", 7, "comprehensions ('for') are" NA },
		{ "{1: 2 for x in []}", 7, "comprehensions ('for') are" NA },
		{ "{1, 2}", 1, "sets ('{a, b}') are" NA },
		{ "{1}", 1, "sets ('{a, b}') are" NA },
		{ "[*state.list]", 2, "'*' in front of a value is" NA },
		{ "max(*[1])", 5, "'*' in front of a value is" NA },
		{ "{**{}}", 2, "'*' in front of a value is" NA },
		{ "f'{1}'", 1, "f-strings are" NA },
		{ "rF'x'", 1, "f-strings are" NA },
		{ "b'x'", 1, "strings of bytes are" NA },
		{ "'''x'''", 1, "strings in triple quotes are" NA },
		{ "'\\N{DASH}'", 2, "'\\N' is" NA },
		{ "1j", 1, "complex numbers are" NA },
		{ "1 & 2", 3, "'&' is" NA },
		{ "1 | 2", 3, "'|' is" NA },
		{ "1 ^ 2", 3, "'^' is" NA },
		{ "~1", 1, "'~' is" NA },
		{ "1 << 2", 3, "'<<' is" NA },
		{ "1 >> 2", 3, "'>>' is" NA },
		{ "1 @ 2", 3, "'@' is" NA },
		{ "(n := 1)", 2, "'n' is" NA },
		{ "state.n := 1", 9, "':=' is" NA },
		{ "...", 1, "'...' is" NA },
		{ "1; 2", 2, "';' is" NA },
		{ "state.n = 1", 9, "'=' is" NA },
		{ "state.n += 1", 9, "'+=' is" NA },
		{ "a -> b", 1, "'a' is" NA },
		{ "1 -> 2", 3, "'->' is" NA },
		{ "!1", 1, "'!' is" NA },
		{ "1 && 2", 3, "'&' is" NA },
		{ "$x", 1, "'$' is" NA },
		{ "1 ? 2 : 3", 3, "'?' is" NA },
		{ "`x`", 1, "'`' is" NA },
		{ "''.format()", 4, "'format' is" NA },
		{ "''.encode()", 4, "'encode' is" NA },
		{ "''.translate({})", 4, "'translate' is" NA },
		{ "[].append(1)", 4, "'append' is" NA },
		{ "[].sort()", 4, "'sort' is" NA },
		{ "{}.pop(1)", 4, "'pop' is" NA },
		{ "{}.update({})", 4, "'update' is" NA },
		{ "state.clear()", 7, "'clear' is" NA },
		{ "max([1], key=len)", 10, "the argument 'key' of 'max' is" NA },
		{ "int('1', base=2)", 10, "the argument 'base' of 'int' is" NA },
		{ "1 is 1", 3,
		  "'is' is available for None, True and False only: use ==" },
		{ "'%s' % 1", 6, "formatting with '%' is" NA },
		{ "len", 1, "'len' can only be called" },
		{ "state.f(1)(2)", 7, "'f' is" NA },
		{ "(1)(2)", 4, "only functions and methods can be called" },
		{ "len([])()", 8, "only functions and methods can be called" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_fault(rows[i].text, ERR_INPUT, rows[i].column, rows[i].message);
}

static void what_is_no_expression_is_refused_with_its_column(void **state)
{
	static const struct {
		const char *text;
		int column;
		const char *message;
	} rows[] = {
		{ "", 1, "the expression ends too early" },
		{ "1 +", 4, "the expression ends too early" },
		{ "(1", 3, "the expression ends too early" },
		{ "[1, ", 5, "the expression ends too early" },
		{ "{1:", 4, "the expression ends too early" },
		{ "state.", 7, "the expression ends too early" },
		{ "len(", 5, "the expression ends too early" },
		{ "1 2", 3, "a value cannot stand here" },
		{ "(1 2)", 4, "a value cannot stand here" },
		{ "{1: 2 3: 4}", 7, "a value cannot stand here" },
		{ "1)", 2, "')' cannot stand here" },
		{ "'\xC3\xA9' )", 5, "')' cannot stand here" },
		{ "state[]", 7, "']' cannot stand here" },
		{ "[1][1,2]", 6, "',' cannot stand here" },
		{ "[1][1:2:3:4]", 10, "':' cannot stand here" },
		{ "state.1", 6, "a value cannot stand here" },
		{ "state.if", 7, "'if' cannot stand here" },
		{ "1 not 2", 7, "a value cannot stand here" },
		{ "1 if 2", 7, "the expression ends too early" },
		{ "if 1", 1, "'if' cannot stand here" },
		{ "len(1 2)", 7, "a value cannot stand here" },
		{ "{1 2}", 4, "a value cannot stand here" },
		{ "max(default=1, 2)", 16, "an argument stands behind one by name" },
		{ "len()", 1, "'len' takes 1 to 1 arguments, not 0" },
		{ "len(1, 2)", 1, "'len' takes 1 to 1 arguments, not 2" },
		{ "''.get()", 4, "'get' takes 1 to 2 arguments, not 0" },
		{ "'a", 1, "a string has no end" },
		{ "'a\nb'", 1, "a string has no end" },
		{ "'a\\", 1, "a string has no end" },
		{ "r'\\", 2, "a string has no end" },
		{ "'\\x4'", 2, "an escape in a string has too few digits" },
		{ "'\\ud800'", 2, "an escape in a string is no character" },
		{ "'\\U00110000'", 2, "an escape in a string is no character" },
		{ "ur'x'", 1, "a string has an unknown prefix" },
		{ "zz'x'", 1, "a string has an unknown prefix" },
		{ "1_", 1, "a number is not well formed" },
		{ "1__0", 1, "a number is not well formed" },
		{ "1._5", 1, "a number is not well formed" },
		{ "1e5_", 1, "a number is not well formed" },
		{ "1e", 1, "a number is not well formed" },
		{ "1abc", 1, "a number is not well formed" },
		{ "0x", 1, "a number is not well formed" },
		{ "0b2", 1, "a number is not well formed" },
		{ "017", 1, "an integer with leading zeros" },
		{ "9223372036854775808", 1, "an integer beyond 64 bits" },
		{ "0x8000000000000000", 1, "an integer beyond 64 bits" },
		{ "1\n+ 2", 2, "a line ends here: put brackets around the expression" },
		{ "1 \x01", 3, "a character that belongs to nothing" },
		{ "1 + \xff", 1, "not valid UTF-8" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_fault(rows[i].text, ERR_INPUT, rows[i].column, rows[i].message);
}

static void what_python_would_raise_is_a_fault(void **state)
{
	static const struct {
		const char *text;
		int column;
		const char *message;
	} rows[] = {
		{ "1 / 0", 3, "division by zero" },
		{ "1 // 0", 3, "division by zero" },
		{ "1 % 0.0", 3, "division by zero" },
		{ "0 ** -1", 3, "0.0 cannot be raised to a negative power" },
		{ "(-1) ** 0.5", 6, "the result is a complex number" },
		{ "10.0 ** 400", 6, "the result is too large" },
		{ "9223372036854775807 + 1", 21,
		  "the result is an integer beyond 64 bits" },
		{ "-9223372036854775807 - 2", 22,
		  "the result is an integer beyond 64 bits" },
		{ "4611686018427387904 * 2", 21,
		  "the result is an integer beyond 64 bits" },
		{ "2 ** 63", 3, "the result is an integer beyond 64 bits" },
		{ "int('-9223372036854775808') // -1", 29,
		  "the result is an integer beyond 64 bits" },
		{ "-int('-9223372036854775808')", 1,
		  "the result is an integer beyond 64 bits" },
		{ "1 + 'a'", 3, "'+' cannot be used between 'int' and 'str'" },
		{ "'a' * 1.5", 5, "'*' cannot be used between 'str' and 'float'" },
		{ "[] * []", 4, "'*' cannot be used between 'list' and 'list'" },
		{ "-'a'", 1, "'-' cannot stand before a 'str'" },
		{ "1 < 'a'", 3, "'<' is not defined between 'int' and 'str'" },
		{ "{} < {}", 4, "'<' is not defined between 'dict' and 'dict'" },
		{ "None >= None", 6,
		  "'>=' is not defined between 'NoneType' and 'NoneType'" },
		{ "{}.keys() == {}.keys()", 11,
		  "'dict_keys' cannot be compared in expressions" },
		{ "1 in 2", 3, "'int' is not iterable" },
		{ "1 in 'a'", 3, "'in <str>' needs a 'str', not 'int'" },
		{ "[] in {}", 4, "a 'list' cannot be a key of a dict" },
		{ "{}[([],)]", 3, "a 'list' cannot be a key of a dict" },
		{ "{[]: 1}", 2, "a 'list' cannot be a key of a dict" },
		{ "state['zz']", 6, "there is no key 'zz'" },
		{ "{}[1]", 3, "there is no such key" },
		{ "[1][1]", 4, "the index is out of range" },
		{ "'ab'[-3]", 5, "the index is out of range" },
		{ "[1]['a']", 4, "an index must be an 'int', not 'str'" },
		{ "None[0]", 5, "'NoneType' cannot be indexed" },
		{ "1[0:1]", 2, "'int' cannot be sliced" },
		{ "[][::0]", 3, "the step of a slice cannot be 0" },
		{ "[]['a':]", 3, "a slice takes integers, not 'str'" },
		{ "state.n.x", 9, "'int' has no attribute 'x'" },
		{ "{'a': 1}.a", 10, "'dict' has no attribute 'a'" },
		{ "len(1)", 1, "'int' has no len()" },
		{ "int('x')", 1, "'x' is no integer" },
		{ "int('1 2')", 1, "'1 2' is no integer" },
		{ "int('')", 1, "'' is no integer" },
		{ "int('+')", 1, "'+' is no integer" },
		{ "int('1_')", 1, "'1_' is no integer" },
		{ "int('9223372036854775808')", 1, "an integer beyond 64 bits" },
		{ "int(1e30)", 1, "an integer beyond 64 bits" },
		{ "int(float('nan'))", 1, "a number that is not finite is no integer" },
		{ "int([])", 1, "int() takes a number or a text, not 'list'" },
		{ "float('1e')", 1, "'1e' is no number" },
		{ "float('.')", 1, "'.' is no number" },
		{ "float('0x1')", 1, "'0x1' is no number" },
		{ "float(None)", 1, "float() takes a number or a text, not 'NoneType'" },
		{ "abs('a')", 1, "abs() takes a number, not 'str'" },
		{ "round('a')", 1, "round() takes a number, not 'str'" },
		{ "round(1.5, 'a')", 1, "the digits of round() are an 'int'" },
		{ "round(9223372036854775807, -1)", 1, "an integer beyond 64 bits" },
		{ "round(1.7e308, -308)", 1, "the result is too large" },
		{ "min([])", 1, "min() of nothing" },
		{ "min(1, 2, default=3)", 1, "a default needs one list" },
		{ "min(1, 'a')", 1, "'<' is not defined between 'str' and 'int'" },
		{ "max(1)", 1, "'int' is not iterable" },
		{ "sum(['a'])", 1, "'+' cannot be used between 'int' and 'str'" },
		{ "sum([], 'a')", 1, "sum() adds no texts: use ''.join()" },
		{ "sorted([1, 'a'])", 1, "'<' is not defined between 'str' and 'int'" },
		{ "dict([1])", 1, "'int' is not iterable" },
		{ "dict(['abc'])", 1, "dict() takes pairs" },
		{ "(1).lower()", 5, "'int' has no method 'lower'" },
		{ "[].split()", 4, "'list' has no method 'split'" },
		{ "''.keys()", 4, "'str' has no method 'keys'" },
		{ "{}.index(1)", 4, "'dict' has no method 'index'" },
		{ "'a'.split('')", 5, "the separator is empty" },
		{ "'a'.partition('')", 5, "the separator is empty" },
		{ "'a'.split(1)", 5, "'split' takes a 'str', not 'int'" },
		{ "'a'.split(',', 'b')", 5, "how often to split is an 'int'" },
		{ "'a'.replace('a', 'b', None)", 5, "how often to replace is an 'int'" },
		{ "'a'.replace(None, 'b')", 5,
		  "'replace' takes a 'str', not 'NoneType'" },
		{ "'a'.find(1)", 5, "'find' takes a 'str', not 'int'" },
		{ "'a'.startswith(1)", 5,
		  "'startswith' takes a 'str' or a tuple of them, not 'int'" },
		{ "'a'.index('b')", 5, "what is looked for is not in it" },
		{ "[1].index(2)", 5, "what is looked for is not in it" },
		{ "','.join([1])", 5, "'join' takes texts, not 'int'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_fault(rows[i].text, ERR_INPUT, rows[i].column, rows[i].message);
}

/* head, then piece n times, then tail */
static const char *repeated(const char *head, const char *piece, size_t n,
			    const char *tail)
{
	static struct str text;

	str_reset(&text, 1 << 20);
	str_add_text(&text, head);
	while (n-- > 0)
		str_add_text(&text, piece);
	str_add_text(&text, tail);
	return str_text(&text);
}

static void depth_nodes_and_bytes_are_bounded(void **state)
{
	static const struct {
		const char *head, *piece, *tail;
	} deep[] = {
		{ "", "(", "1" },
		{ "", "[", "1" },
		{ "", "{1:", "1" },
		{ "", "-", "1" },
		{ "", "not ", "1" },
		{ "1", "+1", "" },
		{ "1", "**1", "" },
		{ "state", ".a", "" },
		{ "state", "[0]", "" },
		{ "", "len(", "1" },
		{ "", "1 if 1 else ", "1" },
		{ "", "state[", "1" },
		{ "''", ".strip()", "" },
	};
	struct expr_value value;
	char closing[72];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(deep); i++) {
		assert_int_equal(evaluate(repeated(deep[i].head, deep[i].piece, 5000,
						   deep[i].tail),
					  &value),
				 ERR_LIMIT);
		assert_string_equal(fault.text, "nested deeper than 150 levels");
	}
	assert_int_equal(evaluate(repeated("[", "1,", EXPR_NODES_MAX, "]"), &value),
			 ERR_LIMIT);
	assert_string_equal(fault.text, "more than 10000 parts");
	assert_int_equal(evaluate(repeated("", "' ' ", 101, ""), &value), ERR_LIMIT);
	assert_string_equal(fault.text, "too many strings side by side");
	assert_int_equal(evaluate(repeated("1", " ", EXPR_BYTES_MAX, ""), &value),
			 ERR_LIMIT);
	assert_int_equal(evaluate(repeated("1", " or 1", 5000, ""), &value), 0);
	memset(closing, ')', sizeof(closing));
	closing[0] = '1';
	closing[sizeof(closing) - 1] = '\0';
	expect(repeated("", "not (", 70, closing), "True");
	expect(repeated("1", "+1", 140, ""), "141");
}

static void time_and_memory_are_bounded(void **state)
{
	static const char *const texts[] = {
		"'x' * 10**9",
		"'x' * 10**18 * 10",
		"[0] * 10**7",
		"[0] * 10**18",
		"('ab' * 10**18) == 'a'",
		"len('x' * 10**6 * 10**3)",
		"'aa'.replace('a', 'b' * 10**6).replace('b', 'c' * 100)",
		"(',' * 10**6).split(',')",
		"('x' * 10**6).replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyy')",
		"sorted(list('xyz' * 10**5))",
		"sum([[1, 2, 3]] * 10**4, [])",
		"('a' * 10**6).rfind('a' + 'b' + 'a' * 10**5)",
		"dict([(str(1), 2)] * 10**6)",
		"repr('\\x01' * 5 * 10**6)",
		"str(['x' * 1000] * 10**5)",
		"('y' * 10**6).join(['x'] * 100)",
		"('a' * 10**7).upper()",
		"[[0] * 1000] * 1000 == [[0] * 1000] * 1000",
	};
	struct expr_value value;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		if (evaluate(texts[i], &value) != ERR_LIMIT)
			fail_msg("%s: %s", texts[i], fault.text);
		assert_string_equal(fault.text,
				    "the expression takes more time or memory "
				    "than it may");
	}
}

static void a_large_state_costs_what_is_looked_at(void **state)
{
	const char *list = repeated("[0", ",1", 400000, "]");
	struct expr *expr;
	struct expr_value value;

	(void)state;
	set("big", list);
	expect("len(state.big), state.n", "(400001, 5)");
	assert_int_equal(expr_compile(&arena, "state.n > 3", 11, &expr, &fault), 0);
	expr_budget_init(&budget, &arena, 100, 4096);
	assert_int_equal(expr_eval(expr, &values, &budget, &value), 0);
	assert_true(expr_truth(&value));
	assert_int_equal(expr_compile(&arena, "state.big[3]", 12, &expr, &fault), 0);
	expr_budget_init(&budget, &arena, EXPR_STEPS, 4096);
	assert_int_equal(expr_eval(expr, &values, &budget, &value), ERR_LIMIT);
}

static void every_budget_ends_without_harm(void **state)
{
	static const char text[] =
		"sorted([str(state.list), repr(state.user)] + state.user.tags)[0]"
		".upper().replace('A', 'bb').split(',')[0].strip() in ', '.join(['x'] * 9)"
		" or dict(state.user.items()) == {'a': [1, (2,), {}]} or list('abc')"
		" and [max(state.list[2], [1]), state.none.values(), 'x'[::-1]]"
		" and 'aXb'.partition('X') + tuple(state.user.keys()) < ('a', 'b')";
	struct expr *expr;
	struct expr_value value;
	size_t steps, bytes;
	int rc = ERR_LIMIT;

	(void)state;
	assert_int_equal(expr_compile(&arena, text, strlen(text), &expr, &fault), 0);
	for (steps = 0; rc == ERR_LIMIT && steps < 10000; steps++) {
		expr_budget_init(&budget, &arena, steps, EXPR_BYTES);
		rc = expr_eval(expr, &values, &budget, &value);
	}
	assert_int_equal(rc, 0);
	rc = ERR_LIMIT;
	for (bytes = 0; rc == ERR_LIMIT && bytes < 100000; bytes += 8) {
		expr_budget_init(&budget, &arena, EXPR_STEPS, bytes);
		rc = expr_eval(expr, &values, &budget, &value);
	}
	assert_int_equal(rc, 0);
}

static void formatting_is_bounded_as_well(void **state)
{
	struct str out = STR_INIT;
	struct expr_value value;

	(void)state;
	assert_int_equal(evaluate("state.user", &value), 0);
	budget.bytes = 40;
	assert_int_equal(expr_text(&budget, &value, &out), ERR_LIMIT);
	assert_int_equal(evaluate("[1, {'a': 'b'}]", &value), 0);
	budget.steps = 2;
	assert_int_equal(expr_json(&budget, &value, &out), ERR_LIMIT);
	assert_int_equal(evaluate("'a'", &value), 0);
	budget.steps = 0;
	assert_int_equal(expr_text(&budget, &value, &out), ERR_LIMIT);
	str_deinit(&out);
}

static void a_long_name_is_cut_in_a_refusal(void **state)
{
	struct expr_value value;

	(void)state;
	assert_int_equal(evaluate(repeated("", "\xC3\xA9", 500, ""), &value), ERR_INPUT);
	assert_true(strlen(fault.text) < 120);
	assert_int_equal(evaluate(repeated("state[", "'x' ", 100, "]"), &value),
			 ERR_INPUT);
	assert_true(strlen(fault.text) < 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(literals_are_pythons),
		TEST(the_state_is_read_by_attribute_and_index),
		TEST(operators_have_pythons_meaning),
		TEST(functions_are_pythons),
		TEST(methods_are_pythons),
		TEST(values_are_written_as_python_writes_them),
		TEST(truth_and_text_and_json_of_a_result),
		TEST(what_is_not_available_is_refused_by_name),
		TEST(what_is_no_expression_is_refused_with_its_column),
		TEST(what_python_would_raise_is_a_fault),
		TEST(depth_nodes_and_bytes_are_bounded),
		TEST(time_and_memory_are_bounded),
		TEST(a_large_state_costs_what_is_looked_at),
		TEST(every_budget_ends_without_harm),
		TEST(formatting_is_bounded_as_well),
		TEST(a_long_name_is_cut_in_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
