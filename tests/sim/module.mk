# make check-sim: the engine in SIM_SEEDS simulated fleets (sim.c says how), those of
# seeds.txt first; then sim_planted, in which each of the planted bugs must be found.

SIM_SEEDS = 10000
SIM_JOBS = 2
SIM_PLANTED_SEEDS = 1000

EXTRA_PROGRAMS += tests/sim/sim tests/sim/sim_planted
CLEANFILES += tests/sim/sim tests/sim/sim_planted
EXTRA_DIST += tests/sim/seeds.txt tests/sim/module.mk

SIM_SOURCES = \
	tests/sim/sim.c \
	tests/sim/sim_agent.c \
	tests/sim/sim_agent.h \
	tests/sim/sim_bugs.h \
	tests/sim/sim_case.c \
	tests/sim/sim_case.h \
	tests/sim/sim_commit.c \
	tests/sim/sim_commit.h \
	tests/sim/sim_fold.c \
	tests/sim/sim_fold.h \
	tests/sim/sim_graph.c \
	tests/sim/sim_graph.h \
	tests/sim/sim_memory.c \
	tests/sim/sim_memory.h \
	tests/sim/sim_net.c \
	tests/sim/sim_net.h \
	tests/sim/sim_people.c \
	tests/sim/sim_people.h \
	tests/sim/sim_plan.c \
	tests/sim/sim_plan.h \
	tests/sim/sim_resume.c \
	tests/sim/sim_resume.h \
	tests/sim/sim_side.c \
	tests/sim/sim_side.h \
	tests/sim/sim_store.c \
	tests/sim/sim_store.h \
	tests/sim/sim_tool.c \
	tests/sim/sim_tool.h \
	tests/sim/sim_watch.c \
	tests/sim/sim_watch.h \
	tests/sim/sim_worker.c \
	tests/sim/sim_worker.h \
	tests/sim/sim_world.c \
	tests/sim/sim_world.h
# Functions of the library that sim_memory.c and sim_bugs.c stand in front of.
SIM_WRAPS = -Wl,--wrap=mem_alloc,--wrap=mem_resize,--wrap=mem_dup,--wrap=mem_dup_n \
	-Wl,--wrap=mem_try_alloc,--wrap=mem_try_resize,--wrap=mem_free \
	-Wl,--wrap=runframe_alloc
SIM_PLANTS = -Wl,--wrap=state_apply,--wrap=scope_join

tests_sim_sim_SOURCES = $(SIM_SOURCES)
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/sim
tests_sim_sim_LDFLAGS = $(AM_LDFLAGS) $(SIM_WRAPS)
tests_sim_sim_LDADD = $(SYN_LIBS) $(SYN_DEPS)
tests_sim_sim_planted_SOURCES = $(SIM_SOURCES) tests/sim/sim_bugs.c
tests_sim_sim_planted_CPPFLAGS = $(tests_sim_sim_CPPFLAGS) -DSIM_PLANTED=1
tests_sim_sim_planted_LDFLAGS = $(tests_sim_sim_LDFLAGS) $(SIM_PLANTS)
tests_sim_sim_planted_LDADD = $(tests_sim_sim_LDADD)

check-sim: all tests/sim/sim tests/sim/sim_planted
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS)
	@rc=0; export $(SANITIZER_ENV); \
	./tests/sim/sim --file $(top_srcdir)/tests/sim/seeds.txt || rc=1; \
	./tests/sim/sim --count $(SIM_SEEDS) --jobs $(SIM_JOBS) || rc=1; \
	for bug in 1 2 3 4; do \
		./tests/sim/sim_planted --bug $$bug --count $(SIM_PLANTED_SEEDS) --find \
			2>/dev/null || { echo "bug $$bug: not found"; rc=1; }; \
	done; \
	$(SANITIZER_VERDICT); \
	exit $$rc

.PHONY: check-sim
