"""What the kernel says of a process."""

import os
import pathlib

TICK = os.sysconf("SC_CLK_TCK")


def memory(pid):
    """KiB, by name, of /proc/<pid>/smaps_rollup."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
