if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_acts
tests_unit_test_acts_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_acts_SOURCES = tests/unit/test_acts.c $(LIVE_HOST)
check_PROGRAMS += tests/unit/test_child
check_PROGRAMS += tests/unit/test_control
check_PROGRAMS += tests/unit/test_crews
check_PROGRAMS += tests/unit/test_draining
check_PROGRAMS += tests/unit/test_host_id
check_PROGRAMS += tests/unit/test_identity
check_PROGRAMS += tests/unit/test_listener
check_PROGRAMS += tests/unit/test_master_live
tests_unit_test_master_live_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_master_live_SOURCES = tests/unit/test_master_live.c $(LIVE_HOST)
check_PROGRAMS += tests/unit/test_obits
check_PROGRAMS += tests/unit/test_reaper
check_PROGRAMS += tests/unit/test_reload
tests_unit_test_reload_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_reload_SOURCES = tests/unit/test_reload.c $(LIVE_HOST)
check_PROGRAMS += tests/unit/test_restart
check_PROGRAMS += tests/unit/test_scaling
check_PROGRAMS += tests/unit/test_sdnotify
check_PROGRAMS += tests/unit/test_spawn
check_PROGRAMS += tests/unit/test_title
check_PROGRAMS += tests/unit/test_upgrade
endif

# A master that is alive, with kinds of its own.
LIVE_HOST = tests/unit/live_host.c tests/unit/live_host.h
