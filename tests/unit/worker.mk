if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_reattach
endif
