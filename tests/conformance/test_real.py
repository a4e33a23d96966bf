"""Each case through the real path: API, queue, worker, journal, stream.

One daemon executes all cases of a site side by side; each is then a test of its own.
"""

import pytest

from harness.fake_llm import FakeLLM
from harness.site import Site
from real import Real, Script
from sites import SITES, outside
from suite import compare, load
from web import Web


def cases_of(site):
    return [c for c in load() if c.get("site", "usual") == site]


@pytest.fixture(scope="session")
def results(stores):
    """{case: (outcome or None, why not)}, of all sites."""
    redis, postgres = stores
    found = {}
    for name, options in SITES.items():
        cases = cases_of(name)
        refused = [c for c in cases if "problems" in c.data]
        wanted = [c for c in cases if "problems" not in c.data]
        with FakeLLM(script=Script(cases)) as llm, Web(cases) as web:
            site = Site(redis, postgres, f"conformance_{name}")
            try:
                real = Real(site, llm, web)
                site.prepare()
                told = real.validate(refused) if refused else {}
                found.update({c: (told.get(c, {"problems": []}), None) for c in refused})
                real.store(wanted)
                found.update({c: (None, why) for c, why in real.not_executed.items()})
                site.start(**outside(llm), **options)
                real.execute([c for c in wanted if c not in real.not_executed])
                found.update({c: (outcome, None) for c, outcome in real.outcomes().items()})
                site.stop()
            finally:
                site.remove()
    return found


@pytest.mark.parametrize("case", load(), ids=repr)
def test_case(results, case):
    outcome, why = results.get(case, (None, "it was not accepted"))
    assert outcome is not None, why
    wrong = compare(case, outcome)
    assert not wrong, "\n" + "\n".join(wrong)
