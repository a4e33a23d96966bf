#!/usr/bin/env python3
"""Who includes whom: `includes.py order|owners|names <top of the tree>`.

order   a folder of src/ includes only folders of lower rank (scripts/layers.txt)
owners  a third-party header is included by its owner only
names   no two source files have the same basename; a header and its .c are one name

Prints file:line: what is wrong, and ends 1 when anything is.
"""

import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


class Rules:
    def __init__(self, path):
        self.rank = {}
        self.owners = {}
        self.libc = set()
        rank = 0
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                words = line.split("#", 1)[0].split()
                if not words:
                    continue
                if words[0] == "layer" and len(words) > 1:
                    for folder in words[1:]:
                        if folder in self.rank:
                            sys.exit(f"{path}:{number}: {folder} has a rank already")
                        self.rank[folder] = rank
                    rank += 1
                elif words[0] == "owner" and len(words) > 2:
                    self.owners[words[1]] = words[2:]
                elif words[0] == "libc" and len(words) > 1:
                    self.libc.update(words[1:])
                else:
                    sys.exit(f"{path}:{number}: layer, owner or libc expected")


def sources(top, folders):
    """Paths relative to `top` of all .c and .h files below these folders, sorted."""
    found = []
    for folder in folders:
        for path, dirs, names in os.walk(os.path.join(top, folder)):
            dirs.sort()
            for name in names:
                if name.endswith((".c", ".h")):
                    found.append(os.path.relpath(os.path.join(path, name), top))
    return sorted(found)


def includes(top, path):
    """(line number, quoted name or None, bracketed name or None) of each include."""
    with open(os.path.join(top, path), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def folder_of(path):
    """The folder of src/ that a path below src/ belongs to."""
    return path.split("/")[0] if "/" in path else "roof"


def check_order(top, rules):
    for path in sources(top, ["src"]):
        inside = path[len("src/"):]
        mine = folder_of(inside)
        if mine not in rules.rank:
            yield f"{path}:1: folder {mine} has no rank in scripts/layers.txt"
            continue
        for number, quoted, _ in includes(top, path):
            if quoted is None:
                continue
            if ".." in quoted.split("/"):
                yield f'{path}:{number}: "{quoted}": name the folder, as in "base/str.h"'
                continue
            # A plain name is a neighbour in the same folder, or it lies on the roof.
            if "/" in quoted:
                theirs = folder_of(quoted)
            elif mine != "roof" and os.path.exists(os.path.join(top, "src", quoted)):
                theirs = "roof"
            else:
                theirs = mine
            if theirs == mine:
                continue
            if theirs not in rules.rank:
                yield f'{path}:{number}: "{quoted}": no such folder in scripts/layers.txt'
            elif rules.rank[theirs] == rules.rank[mine]:
                yield f'{path}:{number}: {mine} and {theirs} stand side by side: "{quoted}"'
            elif rules.rank[theirs] > rules.rank[mine]:
                yield f'{path}:{number}: {mine} is below {theirs}: "{quoted}"'


def listed(name, table):
    """The entry of `table` that names this header: itself or a folder above it."""
    if name in table:
        return name
    for i, char in enumerate(name):
        if char == "/" and name[: i + 1] in table:
            return name[: i + 1]
    return None


def check_owners(top, rules):
    for path in sources(top, ["src", "tests"]):
        # Tests are one owner; a file of src/ is known without its src/.
        inside = path if path.startswith("tests/") else path[len("src/"):]
        for number, quoted, bracketed in includes(top, path):
            name = bracketed
            if name is None:
                # Quotes do not make a stranger's header ours.
                name = quoted if listed(quoted, rules.owners) else None
                if name is None or os.path.exists(os.path.join(top, "src", quoted)):
                    continue
            owned = listed(name, rules.owners)
            if owned:
                owners = rules.owners[owned]
                if not any(inside == o or (o.endswith("/") and inside.startswith(o)) for o in owners):
                    yield f"{path}:{number}: <{name}> belongs to {' '.join(owners)}"
            elif not listed(name, rules.libc):
                yield f"{path}:{number}: <{name}> has no owner in scripts/layers.txt"


def check_names(top, rules):
    taken = {}
    for path in sources(top, ["src", "tests"]):
        name = os.path.basename(path)
        if name in taken:
            yield f"{path}:1: {name} is taken by {taken[name]}"
        else:
            taken[name] = path
    # thing.h and thing.c are one module, so they lie in one folder.
    for name, path in taken.items():
        twin = taken.get(name[:-2] + ".h") if name.endswith(".c") else None
        if twin and os.path.dirname(twin) != os.path.dirname(path):
            yield f"{path}:1: its name is that of {twin}"


CHECKS = {"order": check_order, "owners": check_owners, "names": check_names}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in CHECKS:
        sys.exit(__doc__)
    top = sys.argv[2]
    rules = Rules(os.path.join(top, "scripts/layers.txt"))
    bad = list(CHECKS[sys.argv[1]](top, rules))
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
