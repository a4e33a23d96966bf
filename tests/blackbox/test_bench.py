"""bench runs, bench submit and bench queue: shape, order and counts; never a speed."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

TOP = pathlib.Path(
    os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2])
)
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))

# What of the environment a benchmark must not look at.
MISLEADING = {
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SCALE_POSTGRES_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SYNAPSED_DATA_DIR": "/nowhere",
    "SYNAPSED_ROLES": "api",
    "WORKER_CONCURRENCY": "1",
}


def bench(*args):
    return subprocess.run(
        [BINARY, "bench", *map(str, args)],
        env={**os.environ, **MISLEADING},
        capture_output=True,
        timeout=300,
        check=False,
    )


def folders():
    """Those that benchmarks, demos and whoever else of this machine have at the moment."""
    return set(pathlib.Path("/tmp").glob("synapsed-*"))


def nobody_works_in(new):
    """Of new folders those that stay without a process: others come and go with theirs."""
    end = time.monotonic() + 10
    while new and time.monotonic() < end:
        used = {pathlib.Path(*working_folder(int(p.name)).parts[:3])
                for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()}
        new = {folder for folder in new - used if folder.exists()}
        time.sleep(0.2)
    return new


def working_folder(pid):
    """Of a process that may be gone by now."""
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return pathlib.Path("/")


def children_of(pid):
    """All descendants of a process, by pid."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        grown = bool(more)
        found |= more
    return found - {pid}


def test_the_queue_is_measured_and_every_job_comes_once():
    result = bench("queue", "--jobs", 1000, "-o", "json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["jobs_per_s"] > 0
    assert [r["batch"] for r in found["rounds"]] == [50, 200]
    for round_ in found["rounds"]:
        assert round_["jobs"] == 1000
        assert round_["jobs_per_s"] > 0
        assert round_["redis_cpu_us_per_job"] >= 0
        assert 0 < round_["call_ms"]["p50"] <= round_["call_ms"]["p99"]
    assert found["jobs_per_s"] == found["rounds"][0]["jobs_per_s"]
    assert found["baseline"]["redis"]["appendonly"] == "yes"
    assert found["baseline"]["evalsha_per_s"] > 0


def test_one_batch_size_can_be_asked_for():
    result = bench("queue", "--jobs", 30, "--batch", 7)
    assert result.returncode == 0, result.stderr
    assert b"\n7 " in result.stdout
    assert b"\n50 " not in result.stdout
    assert b"appendonly yes" in result.stdout


def test_runs_are_measured_and_none_is_lost():
    result = bench("runs", "--runs", 600, "--seconds", 1, "-o", "json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    for phase in ("prequeued", "bulk"):
        assert found[phase]["runs"] == 600
        assert found[phase]["runs_per_s"] > 0
        assert found[phase]["journal_rows"] >= 600
        assert found[phase]["events"] >= 600
        assert found[phase]["events"] % 600 == 0
    assert found["http"]["runs"] > 0
    assert found["http"]["events"] % found["http"]["runs"] == 0
    assert found["start_latency_ms"]["runs"] == 300
    assert 0 < found["start_latency_ms"]["p50"] <= found["start_latency_ms"]["p99"]
    assert found["first_effect_ms"] is None
    enqueue = found["enqueue_ms"]
    assert (enqueue["p50"], enqueue["p99"]) == tuple(
        enqueue["at_500_per_s"][p] for p in ("p50", "p99")
    )
    # an open loop sends what is due, whatever the answers do
    assert enqueue["at_500_per_s"]["runs"] == 500
    assert enqueue["at_1000_per_s"]["runs"] == 1000
    for rate in ("at_500_per_s", "at_1000_per_s"):
        assert 0 < enqueue[rate]["p50"] <= enqueue[rate]["p99"]
        assert enqueue[rate]["p99"] <= enqueue[rate]["p99_from_due"]
        assert enqueue[rate]["warm_ms"] == 1000
        assert 0 < enqueue[rate]["fdatasync_alone"]["p50"] <= enqueue[rate]["fdatasync_alone"]["p99"]
    assert enqueue["at_1000_per_s"]["fdatasync_alone"]["count"] == 500
    assert all(
        found["pss_kib"][name] > 0
        for name in ("worker", "api", "keeper", "master", "worker_after_load", "api_after_load")
    )
    cpu = found["cpu_us_per_run"]
    assert cpu["prequeued_accept"]["worker"] == 0
    # 600 runs cost a few ticks of the kernel's clock, or none
    assert cpu["prequeued_execute"]["worker"] >= 0
    assert cpu["bulk"]["postgres"] >= 0
    assert found["scripts_per_run"]["http"] > 0
    settings = found["baseline"]["postgres"]
    assert settings["fsync"] == settings["synchronous_commit"] == "on"
    assert found["baseline"]["redis"]["appendonly"] == "yes"


def test_submissions_are_measured_by_themselves():
    result = bench("submit", "--runs", 300, "--seconds", 1)
    assert result.returncode == 0, result.stderr
    assert b"\nenqueue at 1000/s " in result.stdout
    assert b"\nfdatasync at 1000/s " in result.stdout
    assert b"prequeued" not in result.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("runs", "--runs", "0"),
        ("runs", "--runs", "many"),
        ("runs", "--workers", "0"),
        ("runs", "--seconds", "-1"),
        ("submit", "--seconds", "0"),
        ("queue", "--jobs", "0"),
        ("queue", "--batch", "201"),
        ("queue", "--speed", "1"),
        ("walk",),
    ],
)
def test_a_wrong_line_starts_nothing(args):
    before = folders()
    result = bench(*args)
    assert result.returncode == 2
    assert result.stderr.count(b"\n") == 1
    assert result.stdout == b""
    assert not nobody_works_in(folders() - before)


@pytest.mark.parametrize(
    ("phase", "sent"),
    [("accepting", signal.SIGINT), ("start:", signal.SIGTERM)],
)
def test_a_signal_ends_it_and_nothing_is_left(phase, sent):
    with subprocess.Popen(
        [BINARY, "bench", "runs", "--runs", "3000", "--seconds", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr:
            if phase in line:
                break
        else:
            pytest.fail("the phase was never reached")
        started = children_of(process.pid)
        places = [working_folder(pid) for pid in children_of(process.pid)]
        (folder,) = {
            pathlib.Path(*place.parts[:3])
            for place in places
            if str(place).startswith("/tmp/synapsed-")
        }
        assert started and folder.is_dir()
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "stopped" in err
    assert out == ""
    assert not folder.exists()
    assert not [pid for pid in started if pathlib.Path(f"/proc/{pid}").exists()]
