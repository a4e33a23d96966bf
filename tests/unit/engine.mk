if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_exec
tests_unit_test_exec_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_exec_SOURCES = tests/unit/test_exec.c $(MEMORY_HOST)
endif
MEMORY_HOST = tests/unit/memory_host.c tests/unit/memory_host.h
