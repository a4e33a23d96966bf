"""Requests at a rate, each at its own moment, whether or not those before were answered.

A client that waits for an answer before it asks again slows down with the server and measures
nothing of it; here the time of a request begins when it was due. One thread, one connection a
request, so nothing is shared with a process that leaves meanwhile.
"""

import collections
import json
import selectors
import socket
import threading
import time

Answer = collections.namedtuple("Answer", "n due_s took_ms status body")


class _Exchange:
    def __init__(self, n, due, port, request):
        self.n, self.due, self.request, self.raw = n, due, request, b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))

    def answer(self, begin, now):
        """When the socket is at its end."""
        head, _, body = self.raw.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if name.lower() == b"content-length" and int(value) != len(body):
                status = 0  # a cut
        return Answer(self.n, self.due - begin, (now - self.due) * 1000, status, body)


class OpenLoop(threading.Thread):
    """make(n) gives (method, path, body or None); .answers grows; status 0: no whole answer."""

    def __init__(self, port, key, rate, make, deadline_s=60):
        super().__init__(daemon=True)
        self.port, self.key, self.rate, self.make = port, key, rate, make
        self.deadline_s = deadline_s
        self.answers = []
        self.sent = 0
        self.late_ms = 0  # the generator's own: more than some ms, and it measures itself
        self.begin = None
        self.begun = threading.Event()
        self.over = threading.Event()
        self.failed = None

    def _text(self, n):
        method, path, body = self.make(n)
        data = b"" if body is None else json.dumps(body).encode()
        return (f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                f"Authorization: Bearer {self.key}\r\nContent-Length: {len(data)}\r\n\r\n"
                ).encode() + data

    def _serve(self, selector, exchange, now):
        """False: it is over."""
        try:
            if exchange.request:
                exchange.request = exchange.request[exchange.socket.send(exchange.request):]
                if not exchange.request:
                    selector.modify(exchange.socket, selectors.EVENT_READ, exchange)
                return True
            piece = exchange.socket.recv(262144)
            exchange.raw += piece
            if piece:
                return True
        except BlockingIOError:
            return True
        except OSError:
            exchange.raw = b""
        self.answers.append(exchange.answer(self.begin, now))
        return False

    def run(self):
        try:
            self._run()
        except Exception as error:  # join() is where it is wanted
            self.failed = error

    def _run(self):
        selector = selectors.DefaultSelector()
        self.begin = time.monotonic()
        self.begun.set()
        end = None
        while True:
            now = time.monotonic()
            due = self.begin + self.sent / self.rate
            if self.over.is_set():
                end = end or now + self.deadline_s
                if not selector.get_map() or now > end:
                    break
                wait = 0.05
            elif due <= now:
                self.late_ms = max(self.late_ms, (now - due) * 1000)
                exchange = _Exchange(self.sent, due, self.port, self._text(self.sent))
                selector.register(exchange.socket, selectors.EVENT_WRITE, exchange)
                self.sent += 1
                wait = 0
            else:
                wait = due - now
            for key, _ in selector.select(wait):
                if not self._serve(selector, key.data, time.monotonic()):
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
        self.took_s = (end or now) - self.deadline_s - self.begin
        for key in list(selector.get_map().values()):
            self.answers.append(key.data.answer(self.begin, time.monotonic())
                                ._replace(status=0))
            key.data.socket.close()
        selector.close()

    def finish(self):
        """Wait for what is under way; the answers."""
        self.over.set()
        self.join()
        if self.failed:
            raise self.failed
        assert len(self.answers) == self.sent
        return self.answers


def percentiles(figures):
    """As text."""
    figures = sorted(figures)
    if not figures:
        return "none"
    return ", ".join(f"p{p} {figures[min(len(figures) - 1, len(figures) * p // 100)]:.1f}"
                     for p in (50, 90, 99)) + f", max {figures[-1]:.1f} ms"
