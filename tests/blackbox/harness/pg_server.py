"""A Postgres server of the test's own: the newest installed, on a loopback port."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import psycopg2

from harness.daemon import run_verb
from harness.redis_server import free_port


def newest_bin():
    found = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda p: float(p.parts[-3]),
    )
    if not found:
        raise RuntimeError("no Postgres under /usr/lib/postgresql: install postgresql")
    return found[-1].parent


class PrivatePostgres:
    """Started by the constructor, fsync on; stop() ends it and removes its folder."""

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
        self.template = None
        self._run(
            str(self.bin / "initdb"), "-D", str(self.dir / "data"), "-U", "synapsed",
            "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync",
        )
        self.start()

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

    def create(self, database, template="template1"):
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        connection.close()

    def migrated(self):
        """The name of a database that the program under test has migrated, as a template:
        a copy costs half of what the migrations do, and each test wants one."""
        if not self.template:
            self.create("migrated")
            done = run_verb("db", "migrate", env={"SCALE_POSTGRES_URL": self.url("migrated")})
            assert done.returncode == 0, done.stderr
            self.template = "migrated"
        return self.template

    def url(self, database="postgres"):
        return f"postgresql://synapsed@127.0.0.1:{self.port}/{database}"

    def stop(self, immediate=False):
        """Fast (SIGINT) or as a crash would (SIGQUIT: no checkpoint)."""
        self.process.send_signal(3 if immediate else 2)
        self.process.wait(60)

    def remove(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
