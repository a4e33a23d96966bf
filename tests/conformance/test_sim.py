"""The cases in simulated fleets (tests/sim/): the same engine on a host in memory, whose workers
crash, stand still and drain in the middle of anything. SYNAPSED_CONFORMANCE_SEEDS is how many
fleets each case is executed in; the first is one in which nothing happens.
"""

import collections
import json
import os
import pathlib
import subprocess
import urllib.parse

import pytest

from sites import LIMITS
from suite import LIVE, compare, load

SIM = pathlib.Path(os.environ.get("SYNAPSED_SIM", ""))
SEEDS = int(os.environ.get("SYNAPSED_CONFORMANCE_SEEDS", "20"))

pytestmark = pytest.mark.skipif(not SIM.is_file(), reason="there is no simulator")


def executed():
    """All but those that no engine meets: refused, and cancelled before anybody has them."""
    return [c for c in load() if "problems" not in c.data and c.get("cancel") != "queued"]


def staged(case):
    site = case.get("site", "usual")
    return {"name": case.name, "definition": case.definition, "inputs": case.get("inputs", {}),
            "message": case.get("message", "hello"), "narrow": site != "usual",
            "limits": LIMITS[site], "answers": case.get("answers", {}),
            "code": case.get("code", {}), "tools": case.get("tools", []),
            "agents": case.get("agents", []), "orchestrations": case.inner,
            "http": case.get("http", {}), "people": case.get("people", {}),
            "cancel": case.get("cancel")}


def request_of(sent):
    """As web.py has it."""
    split = urllib.parse.urlsplit(sent["url"])
    headers = dict(line.split(": ", 1) for line in sent["headers"] if ": " in line)
    return {"method": sent["method"], "path": urllib.parse.unquote(split.path),
            "query": urllib.parse.parse_qs(split.query),
            "body": json.loads(sent["body"]) if sent["body"] else None,
            "owl": headers.get("X-Owl"), "key": headers.get("Idempotency-Key")}


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """{name: [(seed, outcome)]}, and what the simulator said."""
    path = tmp_path_factory.mktemp("sim") / "cases.json"
    path.write_text(json.dumps([staged(c) for c in executed()]), encoding="utf-8")
    done = subprocess.run([SIM, "--cases", path, "--count", str(SEEDS)], capture_output=True,
                          text=True, timeout=600, check=False)
    found = collections.defaultdict(list)
    for line in filter(None, done.stdout.split("\n")):
        outcome = json.loads(line)
        outcome["events"] = [e for e in outcome["events"] if e["type"] not in LIVE]
        outcome["requests"] = [request_of(r) for r in outcome["requests"]]
        found[outcome["name"]].append((outcome["seed"], outcome))
    return found, done.stderr


@pytest.mark.parametrize("case", executed(), ids=repr)
def test_case_in_simulated_fleets(results, case):
    found, said = results
    assert len(found[case.name]) == SEEDS, said[-2000:]
    for seed, outcome in found[case.name]:
        wrong = compare(case, outcome, deaths=seed > 0)
        assert not wrong, f"seed {seed}:\n" + "\n".join(wrong)


def test_workers_crash_in_them(results):
    found, _ = results
    fleets = [outcome for of_case in found.values() for _, outcome in of_case]
    crashes = sum(outcome["crashes"] for outcome in fleets)
    print(f"{len(fleets)} fleets, {crashes} crashes")
    assert crashes > len(fleets) / 2
