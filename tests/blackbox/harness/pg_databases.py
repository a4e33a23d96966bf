"""Migrated databases of a private Postgres, each with what the migrations put there and
nothing else. To make one anew costs 300 files and 9 MB of log; so one that comes back is
emptied and lent again, unless its schema is another one than it was."""

import contextlib
import time

from harness.daemon import run_verb

TEMPLATE = "migrated"
# Objects of initdb have lower numbers.
OURS = "oid >= 16384"
# What a test might change of a schema. A text of a row of these catalogs has nothing that
# use changes; of pg_class those columns alone.
CATALOGS = ("attrdef", "constraint", "index", "namespace", "policy", "proc", "rewrite",
            "trigger", "type", "extension", "event_trigger")
SCHEMA = f"""
SELECT md5(string_agg(t, chr(10) ORDER BY t)) FROM (
    SELECT ROW(oid, relname, relkind, relacl, reloptions, relrowsecurity)::text AS t
        FROM pg_class WHERE {OURS} AND relkind <> 't'
    UNION ALL SELECT a::text FROM pg_attribute AS a WHERE attrelid >= 16384
    UNION ALL SELECT s::text FROM pg_db_role_setting AS s JOIN pg_database AS d
        ON d.oid = setdatabase AND datname = current_database()
    {"".join(f" UNION ALL SELECT c::text FROM pg_{name} AS c WHERE "
             + ("indexrelid >= 16384" if name == "index" else OURS) for name in CATALOGS)}
) AS rows"""
TABLES = f"""
SELECT oid::regclass::text FROM pg_class
WHERE {OURS} AND relkind = 'r' AND relpersistence <> 't' AND pg_relation_size(oid) > 0"""
SEQUENCES = f"SELECT oid::regclass::text FROM pg_class WHERE {OURS} AND relkind = 'S'"


class Contents:
    """What is in a database besides its schema: the few rows of the migrations."""

    def __init__(self, cursor):
        self.tables = {name: self.rows(cursor, name) for name in self.names(cursor, TABLES)}
        self.sequences = self.places(cursor)

    @staticmethod
    def names(cursor, statement):
        cursor.execute(statement)
        return [name for (name,) in cursor.fetchall()]

    @staticmethod
    def rows(cursor, table):
        cursor.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1")
        return [row for (row,) in cursor.fetchall()]

    @classmethod
    def places(cls, cursor):
        found = {}
        for name in cls.names(cursor, SEQUENCES):
            cursor.execute(f"SELECT last_value, is_called FROM {name}")
            found[name] = cursor.fetchone()
        return found

    def restore(self, cursor):
        # no trigger of ours
        cursor.execute("SET session_replication_role = replica")
        changed = [name for name in self.names(cursor, TABLES)
                   if name not in self.tables or self.tables[name] != self.rows(cursor, name)]
        if changed:
            cursor.execute(f"TRUNCATE {', '.join(changed)} CASCADE")
        for name, rows in self.tables.items():
            if rows != self.rows(cursor, name):
                for row in rows:
                    cursor.execute(f"INSERT INTO {name} SELECT (%s::{name}).*", (row,))
        for name, place in self.places(cursor).items():
            if place != self.sequences[name]:
                cursor.execute("SELECT setval(%s, %s, %s)", (name, *self.sequences[name]))
        # plans and counters are those of a new one as well
        cursor.execute("DELETE FROM pg_statistic WHERE starelid >= 16384")
        cursor.execute("SELECT pg_stat_reset()")


class Databases:
    def __init__(self, postgres):
        self.postgres = postgres
        self.free = []
        self.schema = None
        self.contents = None

    def template(self):
        """That the program under test has migrated: a copy costs half of the migrations."""
        with contextlib.closing(self.postgres.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,))
            if not cursor.fetchone():
                cursor.execute(f'CREATE DATABASE "{TEMPLATE}"')
                done = run_verb("db", "migrate",
                                env={"SCALE_POSTGRES_URL": self.postgres.url(TEMPLATE)})
                assert done.returncode == 0, done.stderr
        return TEMPLATE

    def lend(self, name):
        """A migrated database of that name."""
        while self.free:
            if self._renew(self.free.pop(), name):
                return
        template = self.template()
        with contextlib.closing(self.postgres.connect()) as connection:
            connection.cursor().execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        if not self.contents:
            with contextlib.closing(self.postgres.connect(name)) as connection:
                cursor = connection.cursor()
                cursor.execute(SCHEMA)
                self.schema = cursor.fetchone()
                self.contents = Contents(cursor)

    def take_back(self, name):
        self.free.append(name)

    def _renew(self, old, name):
        """False: its schema is not what it was, or somebody still uses it."""
        with contextlib.closing(self.postgres.connect()) as connection:
            if not self._leave(connection.cursor(), old):
                return False
            with contextlib.closing(self.postgres.connect(old)) as inside:
                cursor = inside.cursor()
                cursor.execute(SCHEMA)
                if cursor.fetchone() != self.schema:
                    return False
                self.contents.restore(cursor)
            # that session ends behind our back
            if not self._leave(connection.cursor(), old):
                return False
            connection.cursor().execute(f'ALTER DATABASE "{old}" RENAME TO "{name}"')
        return True

    @staticmethod
    def _leave(cursor, database, deadline_s=10):
        """What a test left connected is ended."""
        end = time.monotonic() + deadline_s
        while True:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (database,))
            if not cursor.fetchall():
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
