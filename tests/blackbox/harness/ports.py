"""Ports for servers of tests, on loopback."""

import fcntl
import os
import pathlib
import socket
import tempfile

# Below what the kernel gives to connections (ip_local_port_range begins at 32768): a server that
# is stopped and started again finds its port free.
FIRST, BLOCK, BLOCKS = 20000, 200, 60
_mine = None


class Block:
    """Ports that this process alone gives away, one after the other and then again, so that
    those of servers which are down for a moment are not given to others."""

    def __init__(self):
        folder = pathlib.Path(tempfile.gettempdir(), f"synapsed-ports-{os.geteuid()}")
        folder.mkdir(exist_ok=True)
        self.pid = os.getpid()
        self.next = 0
        for i in range(BLOCKS):
            self.lock = open(folder / str(i), "w", encoding="ascii")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.lock.close()
                continue
            self.first = FIRST + i * BLOCK
            return
        raise RuntimeError(f"{BLOCKS} processes with tests run at once")

    def free(self):
        for _ in range(BLOCK):
            port = self.first + self.next
            self.next = (self.next + 1) % BLOCK
            with socket.socket() as s:
                try:
                    s.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    pass  # somebody's server
        raise RuntimeError(f"no port of {self.first}..{self.first + BLOCK - 1} is free")


def free_port():
    """A port that nobody listens at, and that no other process with tests gets meanwhile."""
    global _mine
    if not _mine or _mine.pid != os.getpid():
        _mine = Block()
    return _mine.free()
