"""Faults of a daemon built with --enable-fault-injection (src/base/fault.h has the layout).

    faults = Faults()
    rule = faults.rule("takeover.in", "crash", kind="worker", nth=2)
    daemon = site.start(**faults.env)
    rule.wait_acted()           the pid that it has met
    faults.points()             {point: passes}, of all processes
    faults.whereabouts(pid)     (kind of child, last point, ms ago)
"""

import collections
import mmap
import os
import pathlib
import struct
import tempfile
import time

NAME_MAX, KIND_MAX = 48, 16
RULES, POINTS, PROCESSES, NOTES = 32, 256, 512, 262144
HEAD = struct.Struct("<8sIIII")
RULE = struct.Struct(f"<{NAME_MAX}s{KIND_MAX}s{NAME_MAX}sIIIIii" "IIiiq")
RULE_ARMED = NAME_MAX * 2 + KIND_MAX + 20
POINT = struct.Struct(f"<iiq{NAME_MAX}s")
NOTE = struct.Struct(f"<iiq{NAME_MAX}s")
PROCESS = struct.Struct(f"<iiq{KIND_MAX}s")
RULES_AT = HEAD.size
POINTS_AT = RULES_AT + RULES * RULE.size
PROCESSES_AT = POINTS_AT + POINTS * POINT.size
NOTES_AT = PROCESSES_AT + PROCESSES * PROCESS.size
SIZE = NOTES_AT + NOTES * NOTE.size
ACTIONS = {name: i for i, name in enumerate(
    ("crash", "segv", "stop", "delay", "error", "doom", "note"), 1)}

Note = collections.namedtuple("Note", "point pid mono_s detail")
Acted = collections.namedtuple("Acted", "pid point times mono_us")


def _text(raw):
    return raw.split(b"\0", 1)[0].decode()


class Rule:
    def __init__(self, faults, index):
        self.faults = faults
        self.index = index
        self.at = RULES_AT + index * RULE.size

    def acted(self):
        """Acted, of the first process that it has met; None: of none yet."""
        fields = RULE.unpack_from(self.faults.map, self.at)
        _seen, times, pid, point, mono_us = fields[9:]
        if not times or not mono_us:
            return None
        return Acted(pid, self.faults.point_name(point), times, mono_us)

    def seen(self):
        return RULE.unpack_from(self.faults.map, self.at)[9]

    def wait_acted(self, deadline_s=60):
        end = time.monotonic() + deadline_s
        while not self.acted():
            assert time.monotonic() < end, f"never came to pass: {self.what}"
            time.sleep(0.005)
        return self.acted()

    def disarm(self):
        """It acts no more; its place may be given to another rule."""
        struct.pack_into("<i", self.faults.map, self.at + RULE_ARMED, 0)
        if self.index not in self.faults.free:
            self.faults.free.append(self.index)


class Faults:
    def __init__(self):
        fd, self.path = tempfile.mkstemp(prefix="syn-faults-")
        os.ftruncate(fd, SIZE)
        self.map = mmap.mmap(fd, SIZE)
        os.close(fd)
        HEAD.pack_into(self.map, 0, b"SYNFAULT", 1, 0, 0, 0)
        self.env = {"SYN_FAULTS": self.path}
        self.free = list(range(RULES))

    def rule(self, point, action, kind="", detail="", nth=1, times=1, arg=0, after=None):
        """Act at the nth pass that matches, `times` times (0: for ever). `after`: only when
        that rule has acted, and in another process. point and detail are patterns; arg is
        in milliseconds."""
        assert nth > 0
        rule = Rule(self, self.free.pop(0))
        rule.what = f"{action} at {point} {detail} of {kind or 'any'}, pass {nth}"
        RULE.pack_into(
            self.map, rule.at, point.encode(), kind.encode(), detail.encode(),
            ACTIONS[action], arg, nth, times, -1 if after is None else after.index, 0,
            0, 0, 0, 0, 0,
        )
        struct.pack_into("<i", self.map, rule.at + RULE_ARMED, 1)
        return rule

    def count_acted(self):
        """How often the rules have acted that are armed."""
        return sum(acted.times for acted in (
            Rule(self, i).acted() for i in range(RULES) if i not in self.free) if acted)

    def clear(self):
        """No rule acts any more."""
        for i in range(RULES):
            if i not in self.free:
                Rule(self, i).disarm()

    def point_name(self, index):
        return _text(POINT.unpack_from(self.map, POINTS_AT + index * POINT.size)[3])

    def points(self):
        found = {}
        for i in range(POINTS):
            state, _, passes, name = POINT.unpack_from(self.map, POINTS_AT + i * POINT.size)
            if state == 2:
                found[_text(name)] = passes
        return found

    def notes(self):
        """What rules with the action "note" have met, in order (`times=0` in such a rule)."""
        count = HEAD.unpack_from(self.map, 0)[3]
        assert count <= NOTES, "more notes than fit"
        found = []
        for i in range(count):
            point, pid, mono_us, detail = NOTE.unpack_from(self.map, NOTES_AT + i * NOTE.size)
            if pid:
                found.append(Note(self.point_name(point), pid, mono_us / 1e6, _text(detail)))
        return found

    def whereabouts(self, pid):
        """(kind, last point or None, seconds of its pass on the monotonic clock)"""
        for i in range(PROCESSES):
            who, point, mono_us, kind = PROCESS.unpack_from(
                self.map, PROCESSES_AT + i * PROCESS.size)
            if who == pid:
                return _text(kind), self.point_name(point - 1) if point else None, mono_us / 1e6
        raise KeyError(pid)

    def remove(self):
        pathlib.Path(self.path).unlink(missing_ok=True)
