if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_backlog
check_PROGRAMS += tests/unit/test_file_suspect
check_PROGRAMS += tests/unit/test_gate
check_PROGRAMS += tests/unit/test_ending
check_PROGRAMS += tests/unit/test_held
check_PROGRAMS += tests/unit/test_stock_run
endif
