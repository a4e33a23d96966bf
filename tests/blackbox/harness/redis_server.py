"""A Redis server of the test's own: unix socket, loopback port, optionally TLS."""

import pathlib
import shutil
import subprocess
import tempfile
import time

import redis

from harness.ports import free_port


class PrivateRedis:
    """Started by the constructor; stop() ends it and removes its folder."""

    def __init__(self, *options, appendonly=True, sock=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="syn-redis-"))
        self.sock = sock or str(self.dir / "r.sock")
        self.port = free_port()
        self.options = [str(o) for o in options]
        self.appendonly = "yes" if appendonly else "no"
        self.process = None
        self.start()

    def start(self):
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                 "--unixsocket", self.sock, "--dir", str(self.dir), "--save", "",
                 "--appendonly", self.appendonly, *self.options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.AuthenticationError:
                return
            except redis.RedisError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.dir / "log").read_text()) from None
                time.sleep(0.02)

    @property
    def url(self):
        return f"unix://{self.sock}"

    @property
    def tcp_url(self):
        return f"redis://127.0.0.1:{self.port}"

    def client(self, **options):
        return redis.Redis(unix_socket_path=self.sock, **options)

    def kill(self):
        """As a power cut would: no farewell."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)
