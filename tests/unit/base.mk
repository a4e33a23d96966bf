if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_arena
check_PROGRAMS += tests/unit/test_backoff
check_PROGRAMS += tests/unit/test_clock
check_PROGRAMS += tests/unit/test_digest
check_PROGRAMS += tests/unit/test_err
check_PROGRAMS += tests/unit/test_fdutil
check_PROGRAMS += tests/unit/test_ids
check_PROGRAMS += tests/unit/test_jsonr
check_PROGRAMS += tests/unit/test_jsonw
check_PROGRAMS += tests/unit/test_list
check_PROGRAMS += tests/unit/test_log
check_PROGRAMS += tests/unit/test_moment
check_PROGRAMS += tests/unit/test_map
check_PROGRAMS += tests/unit/test_mem
check_PROGRAMS += tests/unit/test_netrange
check_PROGRAMS += tests/unit/test_percent
check_PROGRAMS += tests/unit/test_rng
check_PROGRAMS += tests/unit/test_str
check_PROGRAMS += tests/unit/test_units
check_PROGRAMS += tests/unit/test_utf8
endif
