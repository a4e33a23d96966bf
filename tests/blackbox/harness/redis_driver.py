"""tests/blackbox/redis_driver, line by line: what it does is in its C file."""

import itertools
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.parse

TOP = pathlib.Path(os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[3]))
BUILD = pathlib.Path(os.environ.get("SYNAPSED", TOP / "build" / "synapsed")).parent
PROGRAM = BUILD / "tests" / "blackbox" / "redis_driver"


class Driver:
    """A with-block ends it and sees that it ended well: no crash, and no leak under ASan."""

    def __init__(self):
        self.process = subprocess.Popen(
            [str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.said = []
        self.changed = threading.Condition()
        self.tags = itertools.count(1)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.said.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.said.append({"ended": True})
            self.changed.notify_all()

    def tell(self, *lines):
        """Lines of words; a line is a list, or a text that is sent as it is."""
        text = ""
        for line in lines:
            if not isinstance(line, str):
                line = " ".join(
                    urllib.parse.quote(w if isinstance(w, bytes) else str(w), safe="/:=?&,")
                    for w in line
                )
            text += line + "\n"
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def wait(self, what, count=1, since=0, seconds=20):
        """The first `count` things said (after the first `since`) that `what` is true of."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                found = [s for s in self.said[since:] if what(s)]
                if len(found) >= count:
                    return found[:count] if count > 1 else found[0]
                left = deadline - time.monotonic()
                ended = any("ended" in s for s in self.said)
                if left <= 0 or ended:
                    raise AssertionError(f"not said, ended={ended}: {self.said[-12:]}")
                self.changed.wait(left)

    def event(self, name, count=1, since=0, seconds=20):
        return self.wait(lambda s: s.get("event") == name, count, since, seconds)

    def ask(self, *words, seconds=20):
        """Send a Redis command; what became of it."""
        tag = f"t{next(self.tags)}"
        self.tell(["send", tag, *words])
        return self.wait(
            lambda s: tag in (s.get("answer"), s.get("refused")), seconds=seconds
        )

    def act(self, name, *words, seconds=20):
        """An act on the queue; what became of it."""
        tag = f"a{next(self.tags)}"
        self.tell([name, tag, *words])
        return self.wait(lambda s: tag in (s.get("act"), s.get("refused")), seconds=seconds)

    def open(self, url, **options):
        mark = self.mark()
        self.tell(["open", f"url={url}", *(f"{k}={v}" for k, v in options.items())])
        return self.wait(lambda s: s.get("open") == "link", since=mark)

    def mark(self):
        with self.changed:
            return len(self.said)

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
        code = self.process.wait(30)
        self.reader.join(10)
        assert code == 0, f"the driver ended with {code}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.process.kill()
            self.process.wait()
        else:
            self.close()
