#!/usr/bin/env python3
"""No Redis command or option newer than 6.0: `commands.py <top of the tree>`.

In a Lua script a command is the first argument of redis.call or redis.pcall, its options
are the literals among the others; a script neither starts with "#!" nor uses a field of
`redis` that 6.0 lacks. In C a command is a string literal that begins with it in upper
case, as commands are written in this tree; folders that speak SQL are left out, since
COPY and RESET are words of SQL too. The list is scripts/redis-newer.txt.
"""

import os
import re
import sys

CALL = re.compile(r"\bredis\s*\.\s*p?call\s*\(")
NEWER_FIELDS = re.compile(
    r"\bredis\s*\.\s*(REDIS_VERSION|REDIS_VERSION_NUM|acl_check_cmd|register_function)\b"
)
LUA_STRING = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"")
C_TOKEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|/\*.*?\*/|//[^\n]*|\'(?:[^\'\\\n]|\\.)*\'', re.S)
SPEAK_SQL = ("pg", "store")


class Newer:
    def __init__(self, path):
        self.commands = {}
        self.options = {}
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.split("#", 1)[0].strip()
                if not line:
                    continue
                match = re.fullmatch(r"(\d+\.\d+) ([A-Z_ -]+?)(?:: ([A-Z]+))?", line)
                if not match:
                    sys.exit(f"{path}:{number}: not a version and a command")
                version, command, option = match.groups()
                if option:
                    self.options.setdefault(command, {})[option] = version
                else:
                    self.commands[command] = version

    def wrong(self, words):
        """What is too new in a command given as upper-case words; unknown words are ''."""
        names = [words[0]] + ([" ".join(words[:2])] if len(words) > 1 else [])
        for name in names:
            if name in self.commands:
                yield name, self.commands[name]
            for option, version in self.options.get(name, {}).items():
                if option in words[name.count(" ") + 1:]:
                    yield f"{name} … {option}", version


def without_comments(text):
    """Lua text with comments blanked, strings and line numbers kept."""
    token = re.compile(
        r"--\[(=*)\[.*?\]\1\]|--[^\n]*|'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", re.S
    )

    def blank(match):
        found = match.group(0)
        return re.sub(r"[^\n]", " ", found) if found.startswith("--") else found

    return token.sub(blank, text)


def arguments(text, start):
    """The text between the parenthesis before `start` and the one that closes it."""
    depth = 1
    at = start
    while at < len(text) and depth:
        string = LUA_STRING.match(text, at)
        if string:
            at = string.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start : at - 1]


def check_lua(path, text, newer):
    if text.startswith("#!"):
        yield f"{path}:1: a script with #! needs Redis 7.0"
    text = without_comments(text)
    for match in NEWER_FIELDS.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield f"{path}:{line}: redis.{match.group(1)} needs Redis 7.0"
    for match in CALL.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        literals = LUA_STRING.findall(arguments(text, match.end()))
        words = [(single or double).upper() for single, double in literals]
        if not words:
            yield f"{path}:{line}: the command of redis.call is not a literal"
            continue
        for what, version in newer.wrong(words):
            yield f"{path}:{line}: {what} needs Redis {version}"


def check_c(path, text, newer):
    for match in C_TOKEN.finditer(text):
        literal = match.group(1)
        # Prose in capitals is no command: a command's literal is nothing but its name, or
        # goes on with placeholders, options and keys behind a blank.
        if not literal or not re.match(r"[A-Z_]{2,}(?: |$)", literal):
            continue
        line = text.count("\n", 0, match.start()) + 1
        for what, version in newer.wrong(literal.split()):
            yield f"{path}:{line}: {what} needs Redis {version}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    top = sys.argv[1]
    newer = Newer(os.path.join(top, "scripts/redis-newer.txt"))
    bad = []
    for folder, dirs, names in os.walk(os.path.join(top, "src")):
        dirs.sort()
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), top)
            check = {".lua": check_lua, ".c": check_c, ".h": check_c}.get(os.path.splitext(name)[1])
            if not check or (check is check_c and path.split("/")[1] in SPEAK_SQL):
                continue
            with open(os.path.join(top, path), encoding="utf-8") as file:
                bad += check(path, file.read(), newer)
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
