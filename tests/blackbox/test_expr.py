"""Expressions (src/run/expr.c) against Python's own eval().

Random expressions of the grammar, made from a seed that every failure prints, run through
expr_driver and through python3 on the same state. Either both raise, or both have the same
value. SYNAPSED_EXPR_COUNT=n makes more of them, SYNAPSED_EXPR_SEED=n repeats a run.
"""

import ast
import json
import os
import random
import subprocess
import warnings


BUILD = os.path.dirname(os.environ["SYNAPSED"])
COUNT = int(os.environ.get("SYNAPSED_EXPR_COUNT", "6000"))
SEED = int(os.environ.get("SYNAPSED_EXPR_SEED", random.SystemRandom().randrange(1 << 32)))


def drive(cases):
    """cases: (state, expression) pairs; the driver's answer to each."""
    lines = "".join(json.dumps({"state": s, "expr": e}) + "\n" for s, e in cases)
    done = subprocess.run([BUILD + "/tests/blackbox/expr_driver"], input=lines.encode(),
                          stdout=subprocess.PIPE, timeout=600)
    assert done.returncode == 0
    answers = done.stdout.decode().split("\n")[:-1]
    assert len(answers) == len(cases)
    return [json.loads(a) for a in answers]


class Beyond(Exception):
    """What Python can and expressions refuse: integers beyond 64 bits, giant texts."""


class State(dict):
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)


def wrap(value):
    if isinstance(value, dict):
        return State((k, wrap(v)) for k, v in value.items())
    if isinstance(value, list):
        return [wrap(v) for v in value]
    return value


def checked(value):
    if type(value) is int and not -(1 << 63) <= value < 1 << 63:
        raise Beyond
    return value


def times(a, b):
    for many, one in ((a, b), (b, a)):
        if isinstance(many, int) and isinstance(one, (str, list, tuple)):
            if many * len(one) > 100000:
                raise Beyond
    return a * b


def power(a, b):
    if isinstance(a, int) and isinstance(b, int) and abs(b) > 1000 and abs(a) > 1:
        if b > 0:
            raise Beyond
    result = a ** b
    if isinstance(result, complex):
        raise Beyond
    return result


def modulo(a, b):
    if isinstance(a, str):
        raise Beyond
    return a % b


def plus(values, start=0):
    if isinstance(start, str):
        raise TypeError
    for value in values:
        start = checked(start + value)
    return start


class Guard(ast.NodeTransformer):
    """Each value that an expression makes on its way is looked at."""

    WRAPPED = (ast.BinOp, ast.UnaryOp, ast.Call)
    OPS = {ast.Mult: "times", ast.Pow: "power", ast.Mod: "modulo"}

    def generic_visit(self, node):
        super().generic_visit(node)
        if isinstance(node, ast.BinOp) and type(node.op) in self.OPS:
            node = ast.Call(ast.Name(self.OPS[type(node.op)], ast.Load()),
                            [node.left, node.right], [])
        if isinstance(node, self.WRAPPED):
            return ast.Call(ast.Name("checked", ast.Load()), [node], [])
        return node


FUNCTIONS = {f.__name__: f for f in (
    abs, all, any, bool, dict, float, int, len, list, max, min, repr, round, sorted, str,
    tuple, checked, times, power, modulo)}


def python(state, text):
    tree = ast.fix_missing_locations(Guard().visit(ast.parse(text, mode="eval")))
    names = dict(FUNCTIONS, sum=plus, state=state, __builtins__={})
    return checked(eval(compile(tree, "expression", "eval"), names))


LETTERS = "aabbcXYZ  019_,;'\"\\\n\téÄжßλ→😀\u00a0\u2003\x7f\x01"
KEYS = ["a", "b", "name", "total", "größe", "x1"]


class Maker:
    def __init__(self, rng):
        self.rng = rng

    def text(self):
        return "".join(self.rng.choice(LETTERS) for _ in range(self.rng.randrange(7)))

    def number(self):
        r = self.rng
        return r.choice([
            r.randrange(-3, 12), r.randrange(-100, 1000), r.randrange(-1 << 62, 1 << 62),
            (1 << 63) - 1, 1 << 53, r.choice([.5, 1.5, 2.5, -0.5, 1e16, 1e22, 1e-7, 0.0]),
            round(r.uniform(-50, 50), r.randrange(6)), r.uniform(-1e3, 1e3),
            r.random() * 10.0 ** r.randrange(-320, 300), float(r.randrange(-20, 20))])

    def value(self, depth):
        """A value as JSON has it."""
        r = self.rng
        kind = r.randrange(9 if depth > 0 else 6)
        if kind < 2:
            return self.number()
        if kind < 4:
            return self.text()
        if kind == 4:
            return r.choice([True, False])
        if kind == 5:
            return None
        if kind == 6:
            return [self.value(depth - 1) for _ in range(r.randrange(5))]
        if kind == 7:
            return [r.randrange(-5, 9) for _ in range(r.randrange(6))]
        return {k: self.value(depth - 1) for k in r.sample(KEYS, r.randrange(4))}

    def state(self):
        made = {k: self.value(3) for k in self.rng.sample(KEYS, 4)}
        made["n"] = self.rng.randrange(-5, 20)
        made["s"] = self.text()
        made["list"] = [self.rng.randrange(-9, 9) for _ in range(self.rng.randrange(6))]
        made["words"] = [self.text() for _ in range(self.rng.randrange(4))]
        made["map"] = {k: self.value(2) for k in self.rng.sample(KEYS, 3)}
        return made

    # expressions, by the type that they are meant to have

    def quoted(self, text):
        r = self.rng
        if r.random() < .1 and "\\" not in text and "\n" not in text and "'" not in text:
            return "r'" + text + "'"
        if r.random() < .2:
            out = "".join(c if c.isalnum() and ord(c) < 128 else
                          f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\U{ord(c):08x}"
                          for c in text)
            return '"' + out + '"'
        return repr(text)

    def literal(self):
        r = self.rng
        number = self.number()
        if isinstance(number, int) and number < 0 and number == -1 << 63:
            number = 1
        if isinstance(number, int) and number >= 0 and r.random() < .2:
            return r.choice([hex, oct, bin, lambda n: f"{n:_}"])(number)
        return repr(number)

    def any(self, depth):
        return self.rng.choice(
            [self.num, self.str, self.lst, self.bool, self.dct, self.ref])(depth)

    def ref(self, depth):
        r = self.rng
        base = r.choice(["state." + r.choice(KEYS + ["n", "s", "list", "words", "map"]),
                         "state['" + r.choice(["n", "s", "list", "words", "map"]) + "']",
                         "state.map." + r.choice(KEYS), "state.missing",
                         "state.map['" + r.choice(KEYS) + "']",
                         "state.get(" + self.str(0) + ", " + self.literal() + ")"])
        if r.random() < .2:
            base += r.choice(["[0]", "[-1]", ".a", "['a']", "[1:]", "[:2]"])
        return base

    def odd(self, depth, made):
        """Now and then a value of any type, where Python may raise."""
        return self.any(depth) if self.rng.random() < .05 else made

    def num(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice([self.literal(), "state.n", "state.n", str(r.randrange(5))])
        kind = r.randrange(14)
        a = self.odd(depth - 1, self.num(depth - 1))
        if kind < 6:
            op = r.choice(["+", "-", "*", "/", "//", "%", "+", "-"])
            return f"({a} {op} {self.num(depth - 1)})"
        if kind == 6:
            return f"{r.choice(['-', '+', '- -'])}{a}"
        if kind == 7:
            return f"({a})**{r.choice(['2', '3', '0', '-1', '0.5', 'state.n'])}"
        if kind == 8:
            return f"len({r.choice([self.lst, self.str, self.dct])(depth - 1)})"
        if kind == 9:
            return f"round({a}{r.choice(['', ', 1', ', 2', ', -1', ', ndigits=0', ', -3'])})"
        if kind == 10:
            return f"{r.choice(['abs', 'int', 'float', 'bool'])}({a})"
        if kind == 11:
            return f"{r.choice(['min', 'max'])}({a}, {self.num(depth - 1)})"
        if kind == 12:
            return f"{r.choice(['sum', 'min', 'max'])}({self.nums(depth - 1)})"
        return r.choice([f"({self.str(depth - 1)}).{r.choice(['find', 'count', 'rfind', 'index'])}"
                         f"({self.str(0)})",
                         f"int({self.str(0)})", f"float('{self.number()}')",
                         f"int(' {r.randrange(-99, 99)} ')",
                         f"({self.lst(depth - 1)}).{r.choice(['count', 'index'])}({a})"])

    def nums(self, depth):
        if self.rng.random() < .4:
            return "state.list"
        return "[" + ", ".join(self.num(depth) for _ in range(self.rng.randrange(4))) + "]"

    def str(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice([self.quoted(self.text()), "state.s", repr(r.choice(LETTERS))])
        s = self.odd(depth - 1, self.str(depth - 1))
        kind = r.randrange(12)
        if kind < 2:
            return f"({s} + {self.str(depth - 1)})"
        if kind == 2:
            return f"{s} * {r.randrange(-1, 4)}" if r.random() < .5 else f"2 * {s}"
        if kind < 5:
            return f"({s}).{r.choice(['lower', 'upper', 'strip', 'lstrip', 'rstrip', 'title', 'capitalize', 'swapcase'])}()"
        if kind == 5:
            return f"({s}).replace({self.str(0)}, {self.str(0)}{r.choice(['', ', 1', ', 2'])})"
        if kind == 6:
            return f"({s})[{self.slice(depth - 1)}]"
        if kind == 7:
            return f"({self.str(0)}).join({r.choice(['state.words', self.lst(depth - 1), s])})"
        if kind == 8:
            return f"{r.choice(['str', 'repr'])}({self.any(depth - 1)})"
        if kind == 9:
            return f"({s}).{r.choice(['strip', 'lstrip', 'rstrip', 'removeprefix', 'removesuffix'])}({self.str(0)})"
        if kind == 10:
            return f"({s})[{r.randrange(-3, 4)}]"
        return f"{self.quoted(self.text())} {self.quoted(self.text())}"

    def slice(self, depth):
        r = self.rng

        def part():
            return r.choice(["", str(r.randrange(-5, 6)), "None", self.num(depth)
                             if r.random() < .1 else ""])
        return r.choice([f"{part()}:{part()}", f"{part()}:{part()}:{part()}",
                         "::-1", "::2", "-2:", ":-1"])

    def lst(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice(["state.list", "state.words", "[]", "()", "[1, 2.0, True]",
                             "('a',)", "[None, 'x']"])
        kind = r.randrange(10)
        if kind < 2:
            return "[" + ", ".join(self.any(depth - 1) for _ in range(r.randrange(4))) + "]"
        if kind == 2:
            return "(" + "".join(self.any(depth - 1) + ", " for _ in range(r.randrange(4))) + ")"
        inner = self.odd(depth - 1, self.lst(depth - 1))
        if kind == 3:
            return f"({inner} + {self.lst(depth - 1)})"
        if kind == 4:
            return f"{inner} * {r.randrange(-1, 3)}"
        if kind == 5:
            return f"({inner})[{self.slice(depth - 1)}]"
        if kind == 6:
            return f"sorted({r.choice([self.nums(depth - 1), inner, 'state.words'])}" \
                   f"{r.choice(['', ', reverse=True', ', reverse=0'])})"
        if kind == 7:
            s = self.str(depth - 1)
            return r.choice([f"({s}).split()", f"({s}).split({self.str(0)})",
                             f"({s}).split({self.str(0)}, {r.randrange(-1, 3)})",
                             f"({s}).split(None, {r.randrange(-1, 3)})",
                             f"({s}).splitlines()", f"({s}).partition({self.str(0)})",
                             f"({s}).rpartition({self.str(0)})",
                             f"({s}).split(maxsplit={r.randrange(3)})"])
        if kind == 8:
            return f"{r.choice(['list', 'tuple'])}" \
                   f"({r.choice([inner, self.str(depth - 1), self.dct(depth - 1)])})"
        return f"list(({self.dct(depth - 1)}).{r.choice(['keys', 'values', 'items'])}())"

    def dct(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice(["state.map", "{}", "{'a': 1}", "{1: 'x', True: 'y', 2.0: None}"])
        kind = r.randrange(4)
        if kind < 2:
            return "{" + ", ".join(f"{r.choice([self.str, self.num])(0)}: {self.any(depth - 1)}"
                                   for _ in range(r.randrange(4))) + "}"
        if kind == 2:
            return f"dict({r.choice([self.dct(depth - 1), self.lst(depth - 1), '[(1, 2), (3, 4)]'])})"
        return "state.map"

    def bool(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice(["True", "False", "None", "state.n", "state.s", "state.missing"])
        kind = r.randrange(13)
        if kind < 4:
            side = r.choice([self.num, self.num, self.str, self.lst, self.any])
            chain = [side(depth - 1)]
            for _ in range(r.choice([1, 1, 1, 2, 3])):
                chain += [r.choice(["<", "<=", ">", ">=", "==", "!="]),
                          self.odd(depth - 1, side(depth - 1))]
            return "(" + " ".join(chain) + ")"
        if kind < 6:
            return f"({self.any(depth - 1)} {r.choice(['and', 'or'])} {self.any(depth - 1)}" \
                   f"{r.choice(['', ' and ' + self.any(depth - 1)])})"
        if kind == 6:
            return f"(not {self.any(depth - 1)})"
        if kind == 7:
            where = r.choice([self.lst, self.str, self.dct])(depth - 1)
            return f"({self.any(depth - 1)} {r.choice(['in', 'not in'])} {where})"
        if kind == 8:
            return f"({self.any(depth - 1)} {r.choice(['is', 'is not'])} " \
                   f"{r.choice(['None', 'True', 'False'])})"
        if kind == 9:
            return f"({self.any(depth - 1)} if {self.any(depth - 1)} else {self.any(depth - 1)})"
        if kind == 10:
            return f"{r.choice(['any', 'all', 'bool'])}({self.lst(depth - 1)})"
        if kind == 11:
            s = self.str(depth - 1)
            return f"({s}).{r.choice(['startswith', 'endswith'])}" \
                   f"({r.choice([self.str(0), '(' + self.str(0) + ', ' + self.str(0) + ')'])})"
        return f"({self.str(depth - 1)}).{r.choice(['isdigit', 'isalpha', 'isalnum', 'isspace', 'islower', 'isupper'])}()"


def disagreement(state, text, answer):
    """What differs, or None."""
    try:
        value = python(wrap(state), text)
        want = {"repr": repr(value), "str": str(value), "truth": bool(value)}
    except SyntaxError:
        raise
    except Exception as e:
        if "error" in answer:
            return None
        return f"Python raises {type(e).__name__}: {e}"
    if "error" in answer:
        return f"Python has {want['repr']}"
    for key, expected in want.items():
        if answer[key] != expected:
            return f"{key} is {expected} in Python"
    try:
        as_json = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        as_json = None
    if repr(answer["json"]) != repr(as_json):
        return f"JSON is {as_json!r} in Python"
    return None


def test_random_expressions_have_the_values_that_python_gives_them():
    rng = random.Random(SEED)
    maker = Maker(rng)
    print(f"SYNAPSED_EXPR_SEED={SEED} SYNAPSED_EXPR_COUNT={COUNT}")
    cases = []
    for i in range(COUNT):
        if i % 20 == 0:
            state = maker.state()
        cases.append((state, maker.any(rng.randrange(1, 5))))
    wrong, raised = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for (state, text), answer in zip(cases, drive(cases)):
            why = disagreement(state, text, answer)
            raised += "error" in answer
            if why:
                wrong.append(f"{text}\n  state: {json.dumps(state)}\n  {answer}\n  {why}")
    print(f"{COUNT} expressions, {raised} raised")
    assert raised < COUNT / 2, "most of them say nothing"
    assert not wrong, f"{len(wrong)} differ, seed {SEED}:\n" + "\n".join(wrong[:10])
