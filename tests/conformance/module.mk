# make check-conformance: the cases of tests/conformance/ through the real path, and in
# CONFORMANCE_SEEDS simulated fleets each.
# make check-conformance-faults: the real path with workers killed at every fault point;
# check-conformance-faults-short is the selection of check-fault-short.

EXTRA_DIST += tests/conformance/README.md tests/conformance/checklist.txt \
	tests/conformance/pytest.ini $(wildcard $(top_srcdir)/tests/conformance/*.py) \
	$(wildcard $(top_srcdir)/tests/conformance/cases/*/*.json)
CONFORMANCE_SEEDS = 10
CONFORMANCE = SYNAPSED_SIM=$(abs_top_builddir)/tests/sim/sim \
	SYNAPSED_CONFORMANCE_SEEDS=$(CONFORMANCE_SEEDS) $(PYTEST) -ra $(PYTEST_FLAGS) \
	--ignore $(top_srcdir)/tests/conformance/test_kills.py $(top_srcdir)/tests/conformance
# Two at a time: they wait for restarts.
CONFORMANCE_FAULTS = SYNAPSED=$(FAULT_DIR)/synapsed SYN_TOP_SRCDIR=$(abs_top_srcdir) \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) -m pytest -p no:cacheprovider -n 2 -ra \
	$(PYTEST_FLAGS) $(top_srcdir)/tests/conformance/test_kills.py

check-conformance: all tests/sim/sim
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS); rc=0; \
	$(CONFORMANCE) || rc=$$?; $(SANITIZER_VERDICT); exit $$rc

check-conformance-faults: fault-build
	$(CONFORMANCE_FAULTS) -m "not short"

check-conformance-faults-short: fault-build
	$(CONFORMANCE_FAULTS) -m short

.PHONY: check-conformance check-conformance-faults check-conformance-faults-short
