"""CONTRACT 1.3 - 1.5 over HTTP: every endpoint, field, status and header."""

import itertools

from .runner import Runner
from .targets import Scale, Standalone

_numbers = itertools.count(1)


def judge(target):
    """All that does not fit at once, and figures."""
    try:
        target.start()
        runner = Runner(target)
        runner.told()
        for single in (False, True):
            for endpoint, case in runner.cases(single):
                runner.run(endpoint, case)
        print(runner.figures.words(target))
        assert not runner.figures.problems, "\n".join(["", *runner.figures.problems])
        target.stop()
    finally:
        target.remove()


def test_one_process_in_scale_mode_is_as_the_contract_says(private_redis, private_postgres):
    judge(Scale(private_redis, private_postgres, f"contract_{next(_numbers)}"))


def test_one_process_standalone_is_as_the_contract_says():
    judge(Standalone())
