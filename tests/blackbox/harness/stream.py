"""A client of event streams: a blocking socket, chunks and frames read by hand, so that
tests see what is on the wire."""

import json
import select
import socket
import time

from harness.daemon import DEADLINE_S


class Event:
    def __init__(self, id, data):
        self.id = id
        self.text = data
        self.data = json.loads(data)

    @property
    def type(self):
        return self.data["type"]

    @property
    def durable(self):
        return "seq" in self.data and "sub" not in self.data

    def __repr__(self):
        return f"<{self.id} {self.text[:120]}>"


class Stream:
    """One connection. Iterating gives events until the end; `ended` tells whether that
    was in order (the last chunk) or a cut."""

    def __init__(self, port, key, run_id, last_id=None, path=None, host="127.0.0.1",
                 deadline_s=DEADLINE_S, receive_buffer=None):
        self.end_at = time.monotonic() + deadline_s
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(deadline_s)
        self.socket.connect((host, port))
        path = path or f"/api/v2/orchestrations/runs/{run_id}/stream"
        head = f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
        if last_id:
            head += f"Last-Event-ID: {last_id}\r\n"
        self.socket.sendall((head + "\r\n").encode())
        self.raw = b""
        self.text = b""
        self.ended = False
        self.closed = False
        self.comments = []
        self.retry = None
        self.last_id = last_id
        while b"\r\n\r\n" not in self.raw:
            self.read()
        head, _, self.raw = self.raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:])

    def read(self):
        left = self.end_at - time.monotonic()
        assert left > 0, f"nothing came: {self.raw!r} {self.text!r}"
        if not select.select([self.socket], [], [], left)[0]:
            return
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            self.closed = True
        self.raw += piece

    def unchunk(self):
        while not self.ended:
            size, mark, rest = self.raw.partition(b"\r\n")
            if not mark or len(rest) < int(size, 16) + 2:
                return
            n = int(size, 16)
            assert rest[n:n + 2] == b"\r\n", rest[n:n + 2]
            self.text += rest[:n]
            self.raw = rest[n + 2:]
            self.ended = n == 0

    def frames(self):
        while True:
            self.unchunk()
            frame, mark, self.text = (self.text.partition(b"\n\n")
                                      if b"\n\n" in self.text else (b"", b"", self.text))
            if mark:
                yield frame.decode()
            elif self.ended or self.closed:
                return
            else:
                self.read()

    def __iter__(self):
        for frame in self.frames():
            id = None
            data = []
            for line in frame.split("\n"):
                if line.startswith(":"):
                    self.comments.append(line)
                elif line.startswith("id: "):
                    id = line[4:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif line.startswith("retry: "):
                    self.retry = line[7:]
                else:
                    raise AssertionError(frame)
            if data:
                self.last_id = id or self.last_id
                yield Event(id, "\n".join(data))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_stream(site, run_id, last_id=None, daemon=None, **more):
    daemon = daemon or site.daemons[0]
    return Stream(daemon.api_port, site.key, run_id, last_id, **more)


def read_all(site, run_id, last_id=None, **more):
    """All events up to the end in order, without the last `stream_complete`. A process
    that has only just started says 503 and is asked again, as a client would."""
    while True:
        with open_stream(site, run_id, last_id, **more) as stream:
            if stream.status != 503:
                break
        time.sleep(0.1)
    with open_stream(site, run_id, last_id, **more) as stream:
        assert stream.status == 200, stream.headers
        events = list(stream)
        assert stream.ended
    assert events[-1].text == '{"type":"stream_complete"}', events
    assert events[-1].id is None
    return events[:-1]
