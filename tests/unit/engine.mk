if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_event
check_PROGRAMS += tests/unit/test_exec
tests_unit_test_exec_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_exec_SOURCES = tests/unit/test_exec.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_fold
tests_unit_test_fold_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_fold_SOURCES = tests/unit/test_fold.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_nest
tests_unit_test_nest_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_nest_SOURCES = tests/unit/test_nest.c tests/unit/nest_fixture.h $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_snapshot
tests_unit_test_snapshot_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_snapshot_SOURCES = tests/unit/test_snapshot.c tests/unit/nest_fixture.h \
	$(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_prompt
tests_unit_test_prompt_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_prompt_SOURCES = tests/unit/test_prompt.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_prompt_cut
EXTRA_DIST += $(wildcard $(top_srcdir)/tests/unit/golden/*.txt)
check_PROGRAMS += tests/unit/test_route
tests_unit_test_route_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_route_SOURCES = tests/unit/test_route.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_row
check_PROGRAMS += tests/unit/test_step_extract
tests_unit_test_step_extract_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_extract_SOURCES = tests/unit/test_step_extract.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_evaluator
tests_unit_test_step_evaluator_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_evaluator_SOURCES = tests/unit/test_step_evaluator.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_human
tests_unit_test_step_human_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_human_SOURCES = tests/unit/test_step_human.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_if
tests_unit_test_step_if_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_if_SOURCES = tests/unit/test_step_if.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_merge
tests_unit_test_step_merge_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_merge_SOURCES = tests/unit/test_step_merge.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_switch
tests_unit_test_step_switch_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_switch_SOURCES = tests/unit/test_step_switch.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_tool
tests_unit_test_step_tool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_tool_SOURCES = tests/unit/test_step_tool.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_transform
tests_unit_test_step_transform_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_step_transform_SOURCES = tests/unit/test_step_transform.c $(MEMORY_HOST)
check_PROGRAMS += tests/unit/test_step_types
check_PROGRAMS += tests/unit/test_timers
tests_unit_test_timers_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_test_timers_SOURCES = tests/unit/test_timers.c $(MEMORY_HOST)
endif

# The engine's surroundings in memory.
MEMORY_HOST = tests/unit/memory_host.c tests/unit/memory_host.h
