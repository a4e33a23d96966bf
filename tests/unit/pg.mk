if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_pg_batch
check_PROGRAMS += tests/unit/test_pg_conninfo
check_PROGRAMS += tests/unit/test_pg_state
endif
tests_unit_test_pg_conninfo_CPPFLAGS = $(AM_CPPFLAGS) $(PQ_CFLAGS)

# tests/blackbox/test_pg_link.py and test_pg_group.py talk to it
noinst_PROGRAMS += tests/blackbox/pg_driver
