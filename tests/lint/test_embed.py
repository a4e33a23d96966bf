"""scripts/embed.sh: what the program sees is what the file holds."""

import os
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CC = os.environ.get("CC", "cc").split()

MAIN = """
#include <stdio.h>
#include "t.h"
int main(void)
{
	for (int i = 0; i < QUEUE_LUA_COUNT; i++) {
		printf("%s %zu\\n", queue_lua_texts[i].name, queue_lua_texts[i].len);
		fwrite(queue_lua_texts[i].text, 1, queue_lua_texts[i].len + 1, stdout);
	}
	return QUEUE_LUA_TAKE_ONE;
}
"""


def embed(folder, *args):
    return subprocess.run(
        [os.path.join(TOP, "scripts/embed.sh"), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        cwd=folder,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base").mkdir()
    shutil.copy(os.path.join(TOP, "src/base/embed.h"), tmp_path / "base")
    return tmp_path


def test_the_table_holds_every_byte_of_the_files(folder):
    texts = {
        "long.lua": b"".join(b"%d \\some 'text'\n" % i for i in range(5000)),
        "take-one.lua": 'a "b" \\n \\\\ ??= ??/ \t x\r\n%d é \x7f\x01\n\n'.encode(),
        "0001.init.sql": b"\n",
        "empty.sql": b"",
        "unended.py": b"last line",
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text)
    done = embed(folder, "queue_lua", "out/t.c", "out/t.h", *texts)
    assert (done.returncode, done.stdout) == (0, "")

    (folder / "main.c").write_text(MAIN)
    flags = ["-std=gnu17", "-Wall", "-Wextra", "-Wmissing-prototypes", "-Werror", "-I.", "-Iout"]
    subprocess.run([*CC, *flags, "main.c", "out/t.c", "-o", "main"], cwd=folder, check=True)
    seen = subprocess.run(["./main"], cwd=folder, stdout=subprocess.PIPE, check=False)
    assert seen.returncode == 1

    texts["unended.py"] += b"\n"
    expected = b""
    for name, text in texts.items():
        expected += b"%s %d\n" % (name.rsplit(".", 1)[0].encode(), len(text)) + text + b"\0"
    assert seen.stdout == expected


def test_an_output_that_would_not_change_is_not_touched(folder):
    (folder / "a.sql").write_text("select 1\n")
    embed(folder, "sql", "t.c", "t.h", "a.sql")
    os.utime(folder / "t.c", (1, 1))
    os.utime(folder / "t.h", (1, 1))
    (folder / "a.sql").write_text("select 2\n")
    embed(folder, "sql", "t.c", "t.h", "a.sql")
    assert os.stat(folder / "t.c").st_mtime > 1
    assert os.stat(folder / "t.h").st_mtime == 1
    assert sorted(os.listdir(folder)) == ["a.sql", "base", "t.c", "t.h"]


@pytest.mark.parametrize(
    "name, text, said",
    [
        ("count.sql", b"", "SQL_COUNT is the number of texts"),
        ("a.lua", b"", "SQL_A is taken by another file"),
        ("b c.sql", b"", "a basename is made of"),
        ("zero.sql", b"a\0b", "holds a zero byte"),
        (None, b"", "cannot read"),
    ],
)
def test_a_file_that_cannot_be_embedded_is_refused(folder, name, text, said):
    (folder / "a.sql").write_text("select 1\n")
    if name:
        (folder / name).write_bytes(text)
    done = embed(folder, "sql", "t.c", "t.h", "a.sql", name or "missing.sql")
    assert done.returncode == 1
    assert said in done.stdout
    assert not os.path.exists(folder / "t.c")
