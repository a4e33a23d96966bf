"""The proxy itself."""

import socket
import threading
import time

import pytest

from harness.proxy import Proxy


class Echo:
    """A server that gives back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                while piece := connection.recv(65536):
                    self.got += piece
                    connection.sendall(piece)
            except OSError:
                pass


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.listener.close()


def connect(proxy):
    client = socket.create_connection(("127.0.0.1", proxy.port))
    client.settimeout(20)
    client.sendall(b"hello")
    assert client.recv(100) == b"hello"
    return client


@pytest.mark.short
def test_the_proxy_does_each_of_its_tricks(echo):
    with Proxy(echo.port) as proxy:
        client = connect(proxy)
        proxy.delay_s = 0.2
        begin = time.monotonic()
        client.sendall(b"slow")
        assert client.recv(100) == b"slow" and time.monotonic() - begin >= 0.4
        proxy.delay_s = 0.0

        proxy.hold()
        client.sendall(b"held")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(100)
        client.settimeout(20)
        proxy.release()
        assert client.recv(100) == b"held"

        swallowed = proxy.swallow(b"COMMIT", cut_after_s=0.1)
        other = connect(proxy)
        other.sendall(b"COMMIT now")
        with pytest.raises(ConnectionResetError):
            other.recv(100)
        swallowed.wait()
        assert echo.got.endswith(b"COMMIT now") and swallowed.bytes == 10
        client.sendall(b"COMMIT")  # that was once
        assert client.recv(100) == b"COMMIT"

        proxy.truncate(3)
        client.sendall(b"truncated")
        assert client.recv(100) == b"tru" and client.recv(100) == b""

        client = connect(proxy)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(100)
        proxy.refuse(True)
        with pytest.raises(ConnectionResetError):
            socket.create_connection(("127.0.0.1", proxy.port)).recv(100)
