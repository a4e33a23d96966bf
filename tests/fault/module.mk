# make check-fault: the program with fault injection (base/fault.h), in a build folder beside
# this one, is cut, killed and frozen (tests/fault/). FAULT_ROUNDS is how often and how much;
# check-fault-short is a selection, and check-fault-here runs it on this build, which has fault
# injection itself: ./bootstrap check does that where distcheck unpacked the archive.

EXTRA_DIST += tests/fault/README.md tests/fault/pytest.ini \
	$(wildcard $(top_srcdir)/tests/fault/*.py)
FAULT_DIR = $(abs_top_builddir)-fault
FAULT_ROUNDS = 10
FAULT_TESTS = SYNAPSED=$(FAULT_DIR)/synapsed SYN_TOP_SRCDIR=$(abs_top_srcdir) \
	SYNAPSED_FAULT_ROUNDS=$(FAULT_ROUNDS) PYTHONDONTWRITEBYTECODE=1 \
	$(PYTHON3) -m pytest -p no:cacheprovider -n 2 -ra $(PYTEST_FLAGS) $(top_srcdir)/tests/fault

fault-build:
	$(MKDIR_P) $(FAULT_DIR)
	cd $(FAULT_DIR) && { test -f config.status || $(abs_top_srcdir)/configure -q \
		--enable-werror --enable-fault-injection CFLAGS="-O1 -g1"; }
	cd $(FAULT_DIR) && $(MAKE) all

check-fault: fault-build
	$(FAULT_TESTS)

fault-short:
	$(FAULT_TESTS) -m short
	$(CONFORMANCE_FAULTS) -m short

check-fault-short: fault-build
	$(MAKE) $(AM_MAKEFLAGS) fault-short

check-fault-here: all
	$(MAKE) $(AM_MAKEFLAGS) fault-short FAULT_DIR=$(abs_top_builddir)

.PHONY: fault-build fault-short check-fault check-fault-short check-fault-here

# make soak: everything at once for SOAK_SECONDS, on two hosts of the program of this build
# folder (tests/fault/soak.py); SOAK_SEED repeats what a round printed.
SOAK_SECONDS = 120
soak: all
	SYNAPSED=$(abs_top_builddir)/synapsed SYN_TOP_SRCDIR=$(abs_top_srcdir) \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) $(top_srcdir)/tests/fault/soak.py \
		--seconds $(SOAK_SECONDS) $(SOAK_SEED:%=--seed %)

.PHONY: soak
