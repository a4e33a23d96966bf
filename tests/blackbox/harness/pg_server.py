"""A Postgres server of the test's own: the newest installed, on a loopback port."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import psycopg2

from harness.pg_databases import Databases
from harness.ports import free_port

# Names the folder with the data folder that is copied.
SHARED = "SYNAPSED_TEST_POSTGRES"


def share(config):
    """In pytest_configure: the processes of xdist have the environment of the one that
    started them."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="syn-pg-shared-")


def unshare(config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED))


def newest_bin():
    found = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda p: float(p.parts[-3]),
    )
    if not found:
        raise RuntimeError("no Postgres under /usr/lib/postgresql: install postgresql")
    return found[-1].parent


class PrivatePostgres:
    """Started by the constructor, fsync on; stop() ends it, remove() its folder as well."""

    def __init__(self, **settings):
        self.bin = newest_bin()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="syn-pg-"))
        self.port = free_port()
        self.settings = settings
        # initdb and postgres refuse to run as root
        self.as_user = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
            if os.getuid() == 0
            else []
        )
        if self.as_user:
            shutil.chown(self.dir, "postgres", "postgres")
        self.process = None
        self.databases = Databases(self)
        self._fill()
        self.start()

    def _fill(self):
        """A data folder: a copy of the one that the tests of one call of pytest share, which
        whoever comes first makes."""
        shared = os.environ.get(SHARED)
        if not shared:
            self._initdb()
            return
        with open(pathlib.Path(shared, "lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = pathlib.Path(shared, "data")
            if not made.exists():
                self._initdb()
                self.start()
                self.databases.template()
                self.stop()
                os.rename(self.dir / "data", made)
        subprocess.run(["cp", "-a", "--reflink=auto", made, self.dir / "data"], check=True,
                       timeout=60)

    def _initdb(self):
        self._run(
            str(self.bin / "initdb"), "-D", str(self.dir / "data"), "-U", "synapsed",
            "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync",
        )

    def _run(self, *command):
        done = subprocess.run(
            [*self.as_user, *command], cwd=self.dir, stdin=subprocess.DEVNULL,
            capture_output=True, check=False, timeout=60,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def start(self):
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.dir),
            "max_connections": 100,
            **self.settings,
        }
        flags = [f for k, v in options.items() for f in ("-c", f"{k}={v}")]
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.as_user, str(self.bin / "postgres"), "-D", str(self.dir / "data"),
                 *flags],
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect().close()
                return
            except psycopg2.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.dir / "log").read_text()) from None
                time.sleep(0.05)

    def connect(self, database="postgres"):
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user="synapsed", dbname=database
        )
        connection.autocommit = True
        return connection

    def create(self, database):
        """With nothing in it."""
        with contextlib.closing(self.connect()) as connection:
            connection.cursor().execute(f'CREATE DATABASE "{database}"')

    def url(self, database="postgres", port=None):
        """port: of something in front of it."""
        return f"postgresql://synapsed@127.0.0.1:{port or self.port}/{database}"

    def stop(self, immediate=False):
        """Fast (SIGINT) or as a crash would (SIGQUIT: no checkpoint)."""
        self.process.send_signal(3 if immediate else 2)
        self.process.wait(60)

    def remove(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
