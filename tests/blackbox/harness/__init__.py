"""What the black-box tests stand on.

redis_server  a Redis of the test's own
pg_server     a Postgres of the test's own
daemon        synapsed itself: start, wait for events of its log, stop, and check that
              nothing is left
site          all three, migrated, with a key and definitions: what most tests need

Tests wait for an event or a state, never for a time; every wait has a generous deadline.
"""
