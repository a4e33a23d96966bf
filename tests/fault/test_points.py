"""The points themselves: the table, the source, and the build without them."""

import pathlib
import re
import subprocess

import pytest

from harness.daemon import BINARY, TOP
from harness.faults import SIZE, Faults
from harness.site import llm_step, orchestration, print_step

CALL = re.compile(r"\bFAULT(?:_OF|_FAILS|_LOOP)?\((.*?)\)[;) ]", re.S)
POINT = re.compile(r'"([a-z]+\.[a-z]+)"')
ROW = re.compile(r"^\| `([a-z.]+)` \|", re.M)


def in_source():
    found = []
    for path in sorted((TOP / "src").rglob("*.c")):
        for call in CALL.findall(path.read_text()):
            found += POINT.findall(call)
    return found


@pytest.mark.short
def test_the_table_has_each_point_of_the_source_once():
    rows = ROW.findall((pathlib.Path(__file__).parent / "README.md").read_text())
    assert sorted(rows) == sorted(set(rows))
    assert sorted(set(in_source())) == sorted(rows)


@pytest.mark.short
def test_the_program_that_is_installed_has_no_trace_of_them():
    installed = pathlib.Path(BINARY.replace("-fault/", "/"))
    if installed == pathlib.Path(BINARY) or not installed.exists():
        pytest.skip("there is no build without fault injection beside this one")
    text = installed.read_bytes()
    assert b"SYN_FAULTS" not in text
    assert not [p for p in set(in_source()) if p.encode() + b"\0" in text]


@pytest.mark.short
def test_each_action_does_what_it_says(site, faults):
    boom = orchestration("boom", print_step("a", "a", "b"), print_step("b", "b"))
    site.prepare(boom, orchestration("call", llm_step("ask", "mock.sleep:100")))
    crash = faults.rule("claim.answered", "crash", kind="worker")
    daemon = site.start(**faults.env, expect_errors=["run.dead_letter"])
    run = site.submit("boom", "one")
    pid = crash.wait_acted().pid
    assert daemon.wait_event("child.died", child=pid)["cause"] == "signal SIGKILL"
    assert site.wait_run(run)["status"] == "completed"
    assert faults.whereabouts(pid)[:2] == ("worker", "claim.answered")

    segv = faults.rule("step.started", "segv", detail="b", times=0)
    run = site.submit("boom", "two")
    answer = site.wait_run(run)
    assert (answer["status"], answer["error"]["code"]) == ("failed", "crash_loop")
    assert segv.acted().times == 2
    segv.disarm()

    delay = faults.rule("takeover.committed", "delay", arg=300)
    error = faults.rule("pg.submit", "error", kind="worker")
    assert site.wait_run(site.submit("call", "three"))["status"] == "completed"
    assert delay.acted() and error.acted()

    doom = faults.rule("step.started", "doom", arg=50)
    assert site.wait_run(site.submit("call", "four"))["status"] == "completed"
    pid = doom.wait_acted().pid
    assert daemon.wait_event("child.died", child=pid)["cause"] == "signal SIGSEGV"
    passes = faults.points()
    assert passes["loop.turned"] > passes["accept.answered"] > 0


def test_the_layout_is_the_same_on_both_sides(tmp_path):
    source = tmp_path / "size.c"
    source.write_text('#include "base/fault.h"\n#include <stdio.h>\n'
                      'int main(void) { printf("%zu", sizeof(struct fault_board)); }\n')
    subprocess.run(["cc", f"-I{TOP / 'src'}", "-o", tmp_path / "size", source], check=True)
    assert int(subprocess.check_output([tmp_path / "size"])) == SIZE
    Faults().remove()
