"""Peers for the tests of pg/ and store/: a Postgres of the test's own, a proxy in front of
it that cuts where it is told to, and a server that only pretends."""

import os
import select
import socket
import struct
import subprocess
import threading

import pytest

from harness.pg_server import PrivatePostgres
from harness.wait import until

BUILD = os.path.dirname(os.environ["SYNAPSED"])
SOURCE = os.environ["SYN_TOP_SRCDIR"]


class Postgres(PrivatePostgres):
    """With new databases that nobody has migrated."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def database(self):
        """A new, empty database; its name."""
        self.count += 1
        self.create(f"d{self.count}")
        return f"d{self.count}"


@pytest.fixture(scope="session")
def postgres():
    server = Postgres()
    yield server
    server.stop(immediate=True)
    server.remove()


class Sql:
    """One connection to a database, for the test's own looks and deeds."""

    def __init__(self, server, database):
        self.connection = server.connect(database)

    def __call__(self, text, *values):
        cursor = self.connection.cursor()
        cursor.execute(text, values or None)
        return cursor.fetchall() if cursor.description else cursor.rowcount

    def close(self):
        self.connection.close()


class Driver:
    """tests/blackbox/pg_driver: commands in, lines out."""

    def __init__(self, url, connections=1, deadline_ms=10000, **env):
        self.process = subprocess.Popen(
            [BUILD + "/tests/blackbox/pg_driver", url, str(connections), str(deadline_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            env={**os.environ, **{f"PG_DRIVER_{k}": str(v) for k, v in env.items()}})
        self.lines = []
        self.ended = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
        self.ended = True

    def tell(self, *commands):
        """All in one write: one turn of its loop."""
        self.process.stdin.write("".join(c + "\n" for c in commands))
        self.process.stdin.flush()

    def line(self, start, count=1, seconds=60):
        """Wait for the count-th line that starts so."""
        def found():
            hits = [x for x in self.lines if x == start or x.startswith(start + " ")]
            assert len(hits) >= count or not self.ended, self.lines
            return hits[count - 1] if len(hits) >= count else None
        return until(found, seconds)

    def sql(self, name, text, deadline_ms=0):
        self.tell(f"sql {name} {deadline_ms} {text}")
        return self.line(f"done {name}")

    def ask(self, what):
        """counters or pool: the line that answers."""
        before = len([x for x in self.lines if x.startswith(what + " ")])
        self.tell(what)
        return self.line(what, before + 1)

    def counters(self):
        words = self.ask("counters").split()
        return dict(zip(words[1::2], map(int, words[2::2])))

    def close(self):
        self.tell("quit")
        self.line("bye")
        assert self.process.wait(20) == 0
        self.process.stdin.close()


SYNC = b"S"


def frames(data):
    """Complete (type, whole frame) pairs of a stream, and what is left over."""
    out = []
    while len(data) >= 5:
        size = 1 + struct.unpack(">I", data[1:5])[0]
        if len(data) < size:
            break
        out.append((data[:1], data[:size]))
        data = data[size:]
    return out, data


class Proxy:
    """In front of a real server. mode: pass | hold_sync (cut instead of the next sync) |
    swallow (the next batch's answers never arrive, then cut) | mute (nothing comes back,
    nothing is cut) | half (cut in the middle of the next answer)."""

    def __init__(self, port):
        self.server_port = port
        self.mode = "pass"
        self.synced = 0  # syncs that reached the server
        self.connections = 0
        self.refuse = False
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.server_port))
            self.connections += 1
            self.pairs.append((client, server))
            threading.Thread(target=self.forward, args=(client, server),
                             daemon=True).start()

    def forward(self, client, server):
        startup = False
        pending = b""
        cut_after_answer = False
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [], 60)
                if client in ready:
                    data = client.recv(65536)
                    if not data:
                        break
                    if not startup:
                        # length-prefixed and untyped, SSL request first
                        startup = data[4:8] != struct.pack(">I", 80877103)
                        server.sendall(data)
                        continue
                    got, pending = frames(pending + data)
                    for kind, frame in got:
                        if kind == SYNC and self.mode == "hold_sync":
                            self.mode = "pass"
                            return
                        if kind == SYNC:
                            self.synced += 1
                            cut_after_answer = self.mode in ("swallow", "half")
                        server.sendall(frame)
                if server in ready:
                    data = server.recv(65536)
                    if not data:
                        break
                    if cut_after_answer:
                        if self.mode == "half":
                            client.sendall(data[:len(data) // 2])
                        # ReadyForQuery ends the answers: the commit is in
                        if data[-6:-1] == b"Z\0\0\0\5":
                            self.mode = "pass"
                            return
                        continue
                    if self.mode != "mute":
                        client.sendall(data)
        except OSError:
            pass
        finally:
            client.close()
            server.close()

    def cut(self):
        for pair in self.pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def close(self):
        self.closing = True
        self.listener.close()
        self.cut()


def message(kind, body=b""):
    return kind + struct.pack(">I", len(body) + 4) + body


def error(sqlstate, text, severity="ERROR"):
    fields = (b"S" + severity.encode() + b"\0V" + severity.encode() + b"\0C" +
              sqlstate.encode() + b"\0M" + text.encode() + b"\0\0")
    return message(b"E", fields)


class FakeServer:
    """Speaks just enough of the protocol to lie. after_startup(socket) and
    after_sync(socket) say how."""

    def __init__(self, after_startup=None, after_sync=None, version="15.0"):
        self.after_startup = after_startup or self.welcome
        self.after_sync = after_sync
        self.version = version
        self.connections = 0
        self.batches = 0
        self.closing = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"postgresql://me:hunter2@127.0.0.1:{self.port}/d?sslmode=disable"

    def accept(self):
        while not self.closing:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.sockets.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def welcome(self, client):
        def parameter(name, value):
            return message(b"S", name.encode() + b"\0" + value.encode() + b"\0")
        client.sendall(message(b"R", struct.pack(">I", 0)) +
                       parameter("server_version", self.version) +
                       parameter("client_encoding", "UTF8") +
                       parameter("standard_conforming_strings", "on") +
                       parameter("default_transaction_read_only", "off") +
                       parameter("in_hot_standby", "off") +
                       message(b"K", struct.pack(">II", 1, 2)) + message(b"Z", b"I"))

    def serve(self, client):
        try:
            client.recv(65536)
            self.after_startup(client)
            pending = b""
            while True:
                data = client.recv(65536)
                if not data:
                    return
                got, pending = frames(pending + data)
                for kind, _ in got:
                    if kind == SYNC:
                        self.batches += 1
                        if self.after_sync:
                            self.after_sync(client)
        except OSError:
            pass
        finally:
            client.close()

    def close(self):
        self.closing = True
        self.listener.close()
        for s in self.sockets:
            s.close()
