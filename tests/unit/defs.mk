if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_defs_file
check_PROGRAMS += tests/unit/test_defs_folder
check_PROGRAMS += tests/unit/test_defs_secrets
endif
