#!/usr/bin/python3
"""A host that is switched between its modes under a rate of requests.

    SYNAPSED=$PWD/build/synapsed /usr/bin/python3 tests/bench/toggle.py [flips] [rate] [rest_ms]

(50, 200, 250: at least so long between two flips.) Starts Redis, Postgres and one host, and submits runs at that rate, each at its own
moment (open loop), while `mode` goes from scale to standalone and back. One run in four takes
half a second. Prints the rate reached, times of answers by mode and near flips, CPU of the API
processes; then looks at every run: ended once, events without a hole. A request that was not
answered rightly is printed, and is the exit status.
"""

import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "blackbox"))

from harness.open_loop import percentiles  # noqa: E402
from harness.pg_server import PrivatePostgres  # noqa: E402
from harness.redis_server import PrivateRedis  # noqa: E402
from harness.site import Site  # noqa: E402
from harness.toggle import Toggling, name_of  # noqa: E402


def print_times(toggling):
    answers, flips = toggling.answers, toggling.flips

    def during(a):
        return any(begin <= a.due_s <= end for begin, end, _ in flips)

    for status, what in ((202, "scale, until it is durable"),
                         (200, "standalone, until it is over (of one step)")):
        these = [a for a in answers
                 if a.status == status and (status == 202 or name_of(a.n) == "hello")]
        print(f"{what}: {len(these)} answers, {percentiles([a.took_ms for a in these])}")
        print(f"  of these during a flip: "
              f"{percentiles([a.took_ms for a in these if during(a)])}")
    print(f"flips: {percentiles([(end - begin) * 1000 for begin, end, _ in flips])}")


def main():
    asked = [int(word) for word in sys.argv[1:]] + [50, 200, 250][len(sys.argv) - 1:]
    flips, rate, rest_ms = asked
    redis = PrivateRedis()
    postgres = PrivatePostgres()
    site = Site(redis, postgres, "toggle")
    wrong = None
    try:
        with tempfile.TemporaryDirectory() as folder:
            toggling = Toggling(site, pathlib.Path(folder) / "synapsed.yaml", rate, flips)
            toggling.run(rest_ms / 1000)
        load, answers = toggling.load, toggling.answers
        wrong = toggling.wrong_answers()
        print(f"{load.sent} requests in {load.took_s:.1f} s: {load.sent / load.took_s:.1f}/s "
              f"(asked: {rate}), sent at most {load.late_ms:.1f} ms late, "
              f"{len(wrong)} not answered rightly")
        for a in wrong[:10]:
            print(f"  wrong: at {a.due_s:.2f} s, {a.status} {a.body[:200]!r}")
        print_times(toggling)
        begin = time.monotonic()
        if not wrong:
            toggling.check_runs()
            print(f"every run ended once ({len(answers)} looked at in "
                  f"{time.monotonic() - begin:.1f} s)")
    finally:
        site.stop()
        site.remove()
        postgres.remove()
        redis.stop()
    sys.exit(1 if wrong else 0)


main()
