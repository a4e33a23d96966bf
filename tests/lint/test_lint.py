"""Each check of `make lint` passes a clean tree and finds its violation in a spoilt one."""

import os
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CC = os.environ.get("CC", "cc").split()
LIBRARIES = subprocess.check_output(["pkg-config", "--cflags", "hiredis", "libpq"], text=True).split()

CLEAN = {
    "src/main.c": '#include "kinds.h"\n\n#include "cli/verb.h"\n\nint main(void)\n{\n\treturn 0;\n}\n',
    "src/kinds.h": "#ifndef KINDS_H\n#define KINDS_H\n#endif\n",
    "src/base/str.h": (
        "#ifndef BASE_STR_H\n#define BASE_STR_H\n\n#include <stddef.h>\n\n"
        "size_t str_len(const char *s);\n\n#endif\n"
    ),
    "src/base/str.c": (
        '#include "base/str.h"\n\n#include <string.h>\n\n'
        "size_t str_len(const char *s)\n{\n\treturn strlen(s);\n}\n"
    ),
    "src/base/loop.h": "#ifndef BASE_LOOP_H\n#define BASE_LOOP_H\n#include <ev.h>\n#endif\n",
    "src/redis/link.c": '#include <hiredis.h>\n\n#include "base/loop.h"\n#include "base/str.h"\n',
    "src/pg/copy.c": '#include <libpq-fe.h>\n\nconst char *copy_sql = "COPY t FROM STDIN";\n',
    "src/queue/pop.c": (
        "/* \"GETDEL\" would be too new */\n"
        'const char *pop_name = "ZPOPMIN", *pop_text = "COPYING is prose";\n'
    ),
    "src/queue/lua/pop.lua": (
        "-- redis.call('LMPOP') is 7.0\n"
        "local ids = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]))\n"
        "redis.call('SET', KEYS[2], ids[1], 'PX', ARGV[2], 'NX')\n"
        "return redis.pcall(\n\t'xadd', KEYS[3], 'MAXLEN', '~', 10, '*', 'data', ids[1])\n"
    ),
    "src/cli/verb.h": "#ifndef CLI_VERB_H\n#define CLI_VERB_H\nvoid verb_run(void);\n#endif\n",
    "tests/unit/test_str.c": '#include <cmocka.h>\n\n#include "base/str.h"\n',
    "man/x.8": (
        ".Dd November 23, 2026\n.Dt X 8\n.Os\n.Sh NAME\n.Nm x\n.Nd a page\n"
        ".Sh DESCRIPTION\nOne sentence.\n"
    ),
}


@pytest.fixture
def tree(tmp_path):
    """A clean tree with this project's rules; returns a function that adds a file to it."""
    for name in (".clang-format", ".clang-tidy"):
        shutil.copy(os.path.join(TOP, name), tmp_path)
    (tmp_path / "scripts").mkdir()
    for name in ("layers.txt", "redis-newer.txt", "cppcheck-suppressions.txt"):
        shutil.copy(os.path.join(TOP, "scripts", name), tmp_path / "scripts")
    (tmp_path / "config.h").write_text("#define CONFIGURED 1\n")

    def add(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return tmp_path

    for path, text in CLEAN.items():
        add(path, text)
    return add


def check(tree, script, *args):
    """Runs scripts/lint/<script>: (found something, what it printed)."""
    done = subprocess.run(
        [os.path.join(TOP, "scripts/lint", script), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        cwd=tree,
        check=False,
    )
    return done.returncode != 0, done.stdout


def run(top, name):
    flags = ["-I", f"{top}/src", "-include", f"{top}/config.h", "-std=gnu17", *LIBRARIES]
    return {
        "names": lambda: check(top, "includes.py", "names", top),
        "order": lambda: check(top, "includes.py", "order", top),
        "owners": lambda: check(top, "includes.py", "owners", top),
        "commands": lambda: check(top, "commands.py", top),
        "headers": lambda: check(top, "headers.sh", top, *CC, *flags, "-Wall", "-Werror"),
        "format": lambda: check(top, "format.sh", top),
        "man": lambda: check(top, "man.sh", top),
        "tidy": lambda: check(top, "tidy.sh", top, f"{top}/lint", *flags),
        "cppcheck": lambda: check(top, "cppcheck.sh", top, top),
    }[name]()


CHECKS = ["names", "order", "owners", "commands", "headers", "format", "man", "tidy", "cppcheck"]


@pytest.mark.parametrize("name", CHECKS)
def test_a_clean_tree_passes(tree, name):
    top = tree("src/base/nothing.h", "#ifndef NOTHING_H\n#define NOTHING_H\n#endif\n")
    assert run(top, name) == (False, "")


STR_H = CLEAN["src/base/str.h"]

VIOLATIONS = [
    # check, file, its text, what the check must say
    ("names", "src/redis/str.c", "int x;\n", "src/redis/str.c:1: str.c is taken by src/base/str.c"),
    ("names", "src/redis/verb.c", "int x;\n", "its name is that of src/cli/verb.h"),
    ("names", "tests/unit/str.c", "int x;\n", "tests/unit/str.c:1: str.c is taken"),
    ("order", "src/base/a.c", '\n#include "conf/conf.h"\n', "src/base/a.c:2: base is below conf"),
    ("order", "src/conf/a.c", '#include "ipc/frame.h"\n', "conf and ipc stand side by side"),
    ("order", "src/keeper/a.c", '#include "api/api.h"\n', "keeper and api stand side by side"),
    ("order", "src/cli/a.c", '# include "kinds.h"\n', "cli is below roof"),
    ("order", "src/cli/a.c", '#include "../base/str.h"\n', "name the folder"),
    ("order", "src/cli/a.c", '#include "bsae/str.h"\n', "no such folder"),
    ("order", "src/extra/a.c", "int x;\n", "folder extra has no rank"),
    ("order", "src/queue/arq/a.c", '#include "engine/op.h"\n', "queue is below engine"),
    ("owners", "src/redis/a.c", "#include <ev.h>\n", "<ev.h> belongs to base/loop.h"),
    ("owners", "src/base/a.c", "#include <ev.h>\n", "<ev.h> belongs to base/loop.h"),
    ("owners", "src/pg/a.c", "#include <hiredis/read.h>\n", "belongs to redis/"),
    ("owners", "src/pg/a.c", '#include "hiredis.h"\n', "belongs to redis/"),
    ("owners", "src/queue/redis.c", "#include <hiredis.h>\n", "belongs to redis/"),
    ("owners", "src/pg/a.c", "#include <cmocka.h>\n", "belongs to tests/"),
    ("owners", "src/pg/a.c", "#include <zlib.h>\n", "<zlib.h> has no owner"),
    ("owners", "tests/unit/a.c", "#include <libpq-fe.h>\n", "belongs to pg/"),
    ("headers", "src/base/a.h", "size_t a;\n", "src/base/a.h:1: does not compile alone"),
    ("headers", "src/base/a.h", "struct a { int b; };\n", "src/base/a.h:1: does not compile"),
    ("headers", "src/base/str.c", '#include <string.h>\n#include "base/str.h"\n', "first include"),
    ("format", "src/base/a.c", "int  x;\n", "src/base/a.c:1"),
    ("format", "tests/unit/a.c", "int f(void) {\n\treturn 0;\n}\n", "tests/unit/a.c:1"),
    ("format", "src/base/a.c", "/*\n * one,\n *two\n */\n", "src/base/a.c:3: a comment goes on behind"),
    ("format", "src/base/a.c", "/* one\n */\n", "src/base/a.c:2: the end of a comment"),
    ("format", "src/base/a.c", f"/*\n *\t{'x' * 83}\n */\n", "src/base/a.c:2: a comment beyond"),
    ("man", "man/y.5", ".Dd x\n.Dt Y 5\n.Os\n.Sh NAME\n.Nm y\n", "man/y.5"),
    ("commands", "src/queue/lua/a.lua", "\nredis.call('GETDEL', 'k')\n",
     "src/queue/lua/a.lua:2: GETDEL needs Redis 6.2"),
    ("commands", "src/queue/lua/a.lua", 'redis.pcall ( "lmpop", 1)\n', "LMPOP needs Redis 7.0"),
    ("commands", "src/queue/lua/a.lua", "redis.call('SET', f(')'), 1,\n 'KEEPTTL', 'GET')\n",
     "SET … GET needs Redis 6.2"),
    ("commands", "src/queue/lua/a.lua", "redis.call('ZADD', k, 'GT', 1, m)\n", "ZADD … GT"),
    ("commands", "src/queue/lua/a.lua", "redis.call('PEXPIRE', k, 1, 'nx')\n", "PEXPIRE … NX"),
    ("commands", "src/queue/lua/a.lua", "redis.call('XGROUP', 'CREATECONSUMER', k)\n",
     "XGROUP CREATECONSUMER needs Redis 6.2"),
    ("commands", "src/queue/lua/a.lua", "redis.call(ARGV[1])\n", "is not a literal"),
    ("commands", "src/queue/lua/a.lua", "#!lua name=x\n", "needs Redis 7.0"),
    ("commands", "src/queue/lua/a.lua", "return redis.REDIS_VERSION\n", "needs Redis 7.0"),
    ("commands", "src/queue/a.c", 'const char *a = "XAUTOCLAIM %s";\n', "XAUTOCLAIM needs"),
    ("commands", "src/redis/a.c", 'const char *a = "CLIENT SETINFO lib-name x";\n', "needs Redis 7.2"),
    ("tidy", "src/base/a.c", "int a(void);\nint a(void)\n{\n\tint *p = 0;\n\treturn *p;\n}\n",
     "src/base/a.c:5"),
    ("tidy", "src/base/a.c", "#include <string.h>\nint a(const char *s);\n"
     'int a(const char *s)\n{\n\treturn strcmp(s, "x") == 2;\n}\n', "suspicious-string-compare"),
    ("cppcheck", "src/base/a.c", "int a(void)\n{\n\tint x[2];\n\tx[2] = 1;\n\treturn x[2];\n}\n",
     "src/base/a.c:4: Array 'x[2]' accessed at index 2"),
]


@pytest.mark.parametrize("name, path, text, said", VIOLATIONS)
def test_a_violation_is_found(tree, name, path, text, said):
    found, output = run(tree(path, text), name)
    assert found
    assert said in output


def test_tidy_forgets_that_a_file_was_clean_when_a_header_changes(tree):
    header = (
        "#ifndef L_H\n#define L_H\nstatic inline int low(int *p)\n{\n\tp = %s;\n"
        "\treturn *p;\n}\n#endif\n"
    )
    tree("src/base/low.h", header % "p + 1")
    top = tree("src/base/a.c", '#include "base/low.h"\n\nint a(int *p);\nint a(int *p)\n{\n\treturn low(p);\n}\n')
    assert run(top, "tidy") == (False, "")
    tree("src/base/low.h", header % "0")
    found, output = run(top, "tidy")
    assert found
    assert "src/base/low.h:6" in output


ERR_H = (
    "#ifndef BASE_ERR_H\n#define BASE_ERR_H\nenum { ERR_SYS = -1 };\nstruct err;\n"
    "int err_set(struct err *err, int code, const char *format, ...);\n#endif\n"
)
# find() leaves *ret alone when it fails; %s is what it does then.
FAILS = (
    '#include "base/err.h"\n\nint a(const char *s, struct err *err);\n\n'
    "static int find(const char *s, const char **ret, struct err *err)\n{\n"
    "\tif (!*s)\n\t\treturn %s;\n\t*ret = s;\n\treturn 0;\n}\n\n"
    "int a(const char *s, struct err *err)\n{\n\tconst char *found = 0;\n"
    "\tint rc = find(s, &found, err);\n\n\treturn rc < 0 ? rc : *found == 'x';\n}\n"
)


def test_tidy_knows_that_err_set_returns_a_failure(tree):
    tree("src/base/err.h", ERR_H)
    top = tree("src/base/a.c", FAILS % 'err_set(err, ERR_SYS, "empty")')
    assert run(top, "tidy") == (False, "")
    tree("src/base/a.c", FAILS % "1")
    found, output = run(top, "tidy")
    assert found
    assert "NullDereference" in output


def test_no_manual_page_at_all_is_found(tree):
    top = tree("man/x.8", "")
    os.remove(top / "man/x.8")
    assert run(top, "man") == (True, "man: there is no manual page\n")
