"""HTTP for the tests of the API: ordinary requests, and bytes as they are."""

import http.client
import json
import socket

from harness.openapi_doc import check_answer


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """One API server and one key. A connection per request."""

    def __init__(self, host, port, key=None):
        self.host = host
        self.port = port
        self.key = key

    def with_key(self, key):
        return Client(self.host, self.port, key)

    def ask(self, method, path, body=None, headers=None, timeout=30):
        sent = {}
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        sent.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            answer = Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()
        check_answer(method, path, answer.status, answer.headers, answer.body)
        return answer

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def run(self, orchestration, body=None, **more):
        return self.post(f"/api/v2/orchestrations/{orchestration}/run", body, **more)

    def bulk(self, orchestration, runs, **more):
        return self.post(
            f"/api/v2/orchestrations/{orchestration}/runs", {"runs": runs}, **more
        )

    def raw(self, data, timeout=30):
        """Send bytes, shut nothing down, read until the server closes or has answered.

        Returns (status, everything that came, whether the server closed)."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # an early answer; it is read below
            got = b""
            closed = False
            while True:
                try:
                    piece = s.recv(65536)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    closed = True
                    break
                got += piece
                if whole(got):
                    break
            status = int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/1.1 ") else 0
            if not closed:
                closed = b"\r\nconnection: close\r\n" in got.lower()
            return status, got, closed


def whole(got):
    """Is this a complete answer with a Content-Length?"""
    head, mark, body = got.partition(b"\r\n\r\n")
    if not mark:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
    return False
