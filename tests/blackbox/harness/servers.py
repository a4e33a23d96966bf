"""Private servers: a Redis and a Postgres that nobody else knows, gone afterwards."""

import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid

import psycopg2
import psycopg2.extensions
import redis

from harness import PATIENCE, until


def reserve_port():
    """A loopback port and the socket that keeps others from getting it meanwhile.

    It is bound and does not listen, so a server that sets SO_REUSEADDR may have the port.
    """
    keep = socket.socket()
    keep.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keep.bind(("127.0.0.1", 0))
    return keep.getsockname()[1], keep


class _Server:
    def __init__(self, name):
        # short: a socket's path has 108 bytes; open: Postgres runs as somebody else
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"syn-{name}-", dir="/tmp"))
        self.dir.chmod(0o755)
        self.port, self._keep = reserve_port()
        self.process = None

    def _spawn(self, argv):
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.dir,
            )

    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    def _up(self, ping):
        assert self.process.poll() is None, self.log()
        try:
            return ping()
        except (redis.RedisError, psycopg2.Error):
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a crash."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _stop(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def remove(self):
        try:
            self.stop()
        finally:
            self._keep.close()
            shutil.rmtree(self.dir)


class Redis(_Server):
    """appendonly yes, noeviction; .url (TCP), .unix_url, .client"""

    def __init__(self):
        super().__init__("redis")
        self.socket = self.dir / "s"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.unix_url = f"unix://{self.socket}"
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self):
        self._spawn(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port)]
            + ["--unixsocket", str(self.socket), "--dir", str(self.dir)]
            + ["--appendonly", "yes", "--maxmemory-policy", "noeviction"]
            + ["--save", "", "--daemonize", "no", "--loglevel", "notice"]
        )
        until(lambda: self._up(self.client.ping), "Redis")
        return self

    def stop(self):
        self.client.connection_pool.disconnect()
        self._stop(signal.SIGTERM)


class Postgres(_Server):
    """The newest one that is installed, fsync on; .url(database), .connect(database)"""

    def __init__(self):
        super().__init__("pg")
        found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
        assert found, "no Postgres under /usr/lib/postgresql"
        newest = max(found, key=lambda path: int(path.split("/")[4]))
        self.bin = pathlib.Path(newest).parent
        self.data = self.dir / "data"
        self._as = []
        if os.geteuid() == 0:  # initdb refuses root
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            who = pwd.getpwnam("postgres")
            os.chown(self.dir, who.pw_uid, who.pw_gid)
        subprocess.run(
            self._as
            + [str(self.bin / "initdb"), "-D", str(self.data), "-U", "synapse"]
            + ["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.dir,
        )

    def start(self, **settings):
        given = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.dir,
            "max_connections": 100,
            "shared_buffers": "32MB",
            **settings,
        }
        argv = self._as + [str(self.bin / "postgres"), "-D", str(self.data)]
        for name, value in given.items():
            argv += ["-c", f"{name}={value}"]
        self._spawn(argv)
        until(lambda: self._up(lambda: not self.connect().close()), "Postgres")
        return self

    def url(self, database="postgres"):
        return f"postgresql://synapse@127.0.0.1:{self.port}/{database}"

    def connect(self, database="postgres"):
        """Autocommit; the caller closes it."""
        connection = psycopg2.connect(
            host=str(self.dir), port=self.port, user="synapse", dbname=database
        )
        connection.set_isolation_level(
            psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT
        )
        return connection

    def sql(self, database, statement, *values):
        """The rows, or None for a statement without any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def stop(self):
        self._stop(signal.SIGINT)  # "fast": does not wait for clients


class Stores:
    """A Redis and a database of their own for one test; .env, .sql(), .redis"""

    def __init__(self, redis_server, postgres_server):
        self.redis_server = redis_server
        self.postgres_server = postgres_server
        self.redis = redis_server.client
        self.database = "t_" + uuid.uuid4().hex[:12]
        self.redis.flushall()
        postgres_server.sql("postgres", f"CREATE DATABASE {self.database}")
        self.env = {
            "REDIS_URL": redis_server.url,
            "SCALE_POSTGRES_URL": postgres_server.url(self.database),
        }

    def sql(self, statement, *values):
        return self.postgres_server.sql(self.database, statement, *values)

    def close(self):
        self.postgres_server.sql(
            "postgres", f"DROP DATABASE {self.database} WITH (FORCE)"
        )
