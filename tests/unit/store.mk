if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_files_io
check_PROGRAMS += tests/unit/test_files_journal
check_PROGRAMS += tests/unit/test_new_key
check_PROGRAMS += tests/unit/test_store_time
endif

# tests/blackbox/test_store.py runs it against a server of its own
noinst_PROGRAMS += tests/blackbox/store_driver
