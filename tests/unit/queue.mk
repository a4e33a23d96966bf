if HAVE_CMOCKA
check_PROGRAMS += \
	tests/unit/test_queue_group \
	tests/unit/test_queue_job \
	tests/unit/test_queue_names
endif
EXTRA_DIST += $(wildcard $(top_srcdir)/tests/blackbox/harness/*.py)
