# make bench: the figures of the benchmarks, on servers of their own. A figure is never a
# test's verdict, so nothing of this is part of make check.

# Many event streams in one process; tests of the black box have it, too.
EXTRA_PROGRAMS += tests/bench/sse_crowd
CLEANFILES += tests/bench/sse_crowd
tests_bench_sse_crowd_SOURCES = tests/bench/sse_crowd.c
check-blackbox check-blackbox-asan bench: tests/bench/sse_crowd

EXTRA_DIST += $(wildcard $(top_srcdir)/tests/bench/*.py $(top_srcdir)/tests/bench/*.lua)

bench: all
	./synapsed bench queue
	./synapsed bench runs
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/llm_waiting.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/agents.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/paths.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/transforms.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/bulk.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/toggle.py
	SYNAPSED=$(abs_builddir)/synapsed $(PYTHON3) $(top_srcdir)/tests/bench/sse_storm.py

.PHONY: bench
