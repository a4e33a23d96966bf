#!/usr/bin/env python3
"""What clang-format leaves alone: `comments.py <top of the tree>`.

A line of a block comment ends by column 90 and begins with a star and a blank; its end
does not stand alone when its beginning does not. Prints file:line: what is wrong, and
ends 1 when anything is.
"""

import glob
import os
import re
import sys

COLUMNS = 90
TAB = 8
OPENS = re.compile(r"\s*/\*")
GOES_ON = re.compile(r"\s*\*([ \t/]|$)")


def check(path):
    inside = by_hand = first = False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            if inside and not GOES_ON.match(line):
                yield number, "a comment goes on behind a star and a blank"
            if first and line.strip() == "*/":
                yield number, "the end of a comment stands alone, its beginning does not"
            opens = not inside and OPENS.match(line)
            if opens and "clang-format o" in line:
                by_hand = "clang-format off" in line
            if (inside or opens) and not by_hand and len(line.expandtabs(TAB)) > COLUMNS:
                yield number, f"a comment beyond column {COLUMNS}"
            if inside or opens:
                inside = "*/" not in line
            first = inside and opens and line.strip() != "/*"


def main(top):
    os.chdir(top)
    found = False
    for folder in ("src", "tests"):
        for path in sorted(glob.glob(f"{folder}/**/*.[ch]", recursive=True)):
            for number, what in check(path):
                print(f"{path}:{number}: {what}")
                found = True
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
