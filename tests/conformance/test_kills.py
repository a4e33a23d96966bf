"""The cases while workers die: each run loses its worker at each point that it comes to.

Needs a build with fault injection (src/base/fault.h): make check-conformance-faults. Runs go in
batches, since a rule is for one run: a rule for each of them, at the point. Whoever goes on with
a run must come to the same events, state and status, and executes no step again that has a row.
"""

import os
import pathlib
import random

import pytest

from harness.daemon import BINARY
from harness.fake_llm import FakeLLM
from harness.faults import Faults
from harness.site import Site
from real import Real, Script
from sites import outside
from suite import compare, load
from web import Web

FAULTY = b"SYN_FAULTS" in pathlib.Path(BINARY).read_bytes()
pytestmark = pytest.mark.skipif(not FAULTY, reason="this program has no fault points")

QUICK = {"SYNAPSED_RESTART_MIN": "20ms", "SYNAPSED_RESTART_MAX": "200ms",
         "SYNAPSED_RESTART_CEILING": "1000"}
# points that name the run that passes them
OF_RUN = ["takeover.built", "takeover.committed", "step.built", "step.committed",
          "step.published", "lazy.built", "lazy.committed", "end.built", "end.committed",
          "end.published", "branches.joined"]
# points that only a run comes to that somebody had before, and where that one dies
LATER = {"resume.asked": "step.committed", "resume.begun": "step.committed",
         "handover.looked": "end.committed", "settle.read": "end.committed",
         "settle.published": "end.committed"}
UNNAMED = ("settle.published",)
# points of whatever comes first
OF_TURNS = ["turn.answered", "turn.begun", "turn.served", "turn.ended"]
OF_ANY = ["claim.answered", "step.started", "branch.begun", "effect.begun", "finish.answered",
          "pg.sent:runs_takeover", "pg.sent:runs_end_lazy",
          "pg.sent:steps_commit", "pg.sent:runs_end"]
BATCH = 24
# one case of each kind of step and more, for the short run
FEW = ("merge/concat", "if_else/chain", "switch/default", "guard/loop_with_exit", "end/end",
       "failure/route", "failure/retry", "llm/two_calls", "template/prompt_path",
       "parallel/two_branches", "parallel/join_order", "parallel/nested", "parallel/failure",
       "parallel/again", "loop/accumulate", "loop/nested", "loop/parallel_inside", "loop/model",
       "evaluator/route", "evaluator/in_a_branch", "extract_json/of_an_answer",
       "agent/parallel_calls", "bundle/content", "transform/result", "prompt/loop_results", "status/cancelled")


def arm(faults, point, seed):
    """What is called with the runs before they begin."""
    name, _, statement = point.partition(":")

    def armed(runs):
        if point in LATER:
            for run_id in list(runs)[:BATCH // 2]:
                first = faults.rule(LATER[point], "crash", "worker", detail=run_id)
                faults.rule(point, "crash", "worker", after=first,
                            detail="" if point in UNNAMED else run_id)
        elif point in OF_RUN:
            for run_id in runs:
                faults.rule(point, "crash", "worker", detail=run_id)
        else:
            nth = 1
            for _ in range(len(runs) // 2):
                faults.rule(name, "crash", "worker", detail=statement, nth=nth)
                nth += seed.randint(1, 5)

    return armed


def batches(cases, seed):
    cases = list(cases)
    seed.shuffle(cases)
    return [cases[i:i + BATCH] for i in range(0, len(cases), BATCH)]


def doubles(site):
    """Rows of one execution of a step that are there twice."""
    return site.sql(
        "SELECT run_id, path, step_id, execution, count(*) FROM run_steps WHERE kind = 'step'"
        " GROUP BY run_id, path, step_id, execution HAVING count(*) > 1")


def execute(stores, point, cases, name):
    seed = random.Random(int(os.environ.get("SYNAPSED_FAULT_SEED", "1")))
    wrong, met = [], 0
    with FakeLLM(script=Script(cases)) as llm, Web(cases) as web:
        faults = Faults()
        site = Site(*stores, name)
        try:
            real = Real(site, llm, web)
            site.prepare()
            real.store(cases)
            site.start(**outside(llm), **faults.env, **QUICK)
            for batch in batches([c for c in cases if c not in real.not_executed], seed):
                real.execute(batch, deadline_s=180, armed=arm(faults, point, seed))
                met += faults.count_acted()
                faults.clear()
            for case, outcome in real.outcomes().items():
                wrong += [f"{case} ({outcome['run_id']}): {text}"
                          for text in compare(case, outcome, deaths=True)]
            wrong += [f"executed twice: {row}" for row in doubles(site)]
            site.stop()
        finally:
            site.remove()
            faults.remove()
    print(f"{point}: {met} deaths, {len(cases)} cases")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    return met


def runnable(names=None):
    return [c for c in load() if "problems" not in c.data and c.get("site", "usual") == "usual"
            and (names is None or c.name in names)]


def has_agents(case):
    return "agents" in case.data


@pytest.mark.short
@pytest.mark.parametrize("point", ["turn.begun", "turn.served"])
def test_a_few_agents_while_workers_die(stores, point):
    cases = runnable(("agent/turns", "agent/in_branches", "bundle/starter", "bundle/market"))
    assert execute(stores, point, cases, f"few_{point.replace('.', '_')}") >= 2


@pytest.mark.parametrize("point", OF_TURNS)
def test_agents_while_workers_die_in_a_turn(stores, point):
    cases = [c for c in runnable() if has_agents(c)]
    name = "kills_" + point.replace(".", "_")
    assert execute(stores, point, cases, name) >= 5


@pytest.mark.short
@pytest.mark.parametrize("point", ["step.built", "step.committed"])
def test_a_few_cases_while_workers_die(stores, point):
    assert execute(stores, point, runnable(FEW), f"few_{point.replace('.', '_')}") >= 5


@pytest.mark.parametrize("point", [*OF_RUN, *LATER, *OF_ANY])
def test_all_cases_while_workers_die(stores, point):
    name = "kills_" + point.replace(".", "_").replace(":", "_")
    assert execute(stores, point, runnable(), name) > 0
