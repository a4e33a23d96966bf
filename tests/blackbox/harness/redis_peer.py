"""A Redis server that misbehaves on purpose.

RedisPeer(handlers={"GET": reply}) answers the greeting of a link like a healthy server and
GET as told. A reply is bytes, or a function of (connection number, words) that returns
bytes, or one of STALL (silence on that connection from here on) and CUT (close now); Cut(bytes) sends and then
closes. INFO is looked up as "INFO server" and so on.
"""

import hashlib
import socket
import threading

STALL = object()
CUT = object()


class Cut(bytes):
    """Bytes after which the connection is closed."""


def bulk(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return b"$%d\r\n%s\r\n" % (len(raw), raw)


SERVER = bulk("# Server\r\nredis_version:7.0.15\r\nrun_id:" + "a" * 40 + "\r\n")
MASTER = bulk("# Replication\r\nrole:master\r\n")
MEMORY = bulk("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n")


def load(_number, words):
    return bulk(hashlib.sha1(words[2]).hexdigest())


HEALTHY = {
    "AUTH": b"+OK\r\n",
    "SELECT": b"+OK\r\n",
    "CLIENT": b"+OK\r\n",
    "INFO server": SERVER,
    "INFO replication": MASTER,
    "INFO memory": MEMORY,
    "SCRIPT": load,
    "PING": b"+PONG\r\n",
}


class RedisPeer:
    def __init__(self, handlers=None, read=True):
        self.handlers = {**HEALTHY, **(handlers or {})}
        self.read = read  # False: a connection that was greeted is not read any more
        self.connections = 0
        self.seen = []  # (connection, words) in order of arrival
        self.chunks = []  # (connection, bytes) of each recv
        self.open = []
        self.closed = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(conn)
            threading.Thread(
                target=self._serve, args=(conn, self.connections), daemon=True
            ).start()

    def _words(self, conn, number):
        """Commands of a connection, one after the other."""
        data = b""

        def more():
            nonlocal data
            piece = conn.recv(1 << 16)
            if not piece:
                raise ConnectionError
            self.chunks.append((number, len(piece)))
            data += piece

        def line():
            nonlocal data
            while b"\r\n" not in data:
                more()
            text, data = data.split(b"\r\n", 1)
            return text

        while True:
            words = []
            for _ in range(int(line()[1:])):
                size = int(line()[1:])
                while len(data) < size + 2:
                    more()
                words.append(data[:size])
                data = data[size + 2:]
            yield words

    def _serve(self, conn, number):
        try:
            for words in self._words(conn, number):
                self.seen.append((number, words))
                name = words[0].decode().upper()
                if name == "INFO":
                    name += " " + words[1].decode()
                reply = self.handlers.get(name, b"-ERR unknown command\r\n")
                if callable(reply):
                    reply = reply(number, words)
                if reply is STALL:
                    threading.Event().wait(3600)
                if reply is CUT:
                    break
                conn.sendall(reply)
                if isinstance(reply, Cut):
                    break
                if name == "PING" and not self.read:
                    threading.Event().wait(3600)
        except (OSError, ConnectionError):
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass

    def close(self):
        self.listener.close()
        for conn in self.open:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            conn.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
