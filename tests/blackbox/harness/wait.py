"""A condition that must come about: looked at again and again, up to a deadline."""

import time


def until(condition, seconds=90, *, what=None, ignoring=()):
    """What condition() says once that is true. The bound is an error, never a verdict.

    ignoring: exceptions that count as false, for instance of a server that starts again.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except ignoring:
            found = None
        if found:
            return found
        assert time.monotonic() < end, f"waited {seconds} s for {what or condition}"
        time.sleep(0.02)
