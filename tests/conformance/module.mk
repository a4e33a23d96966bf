# make check-conformance: the cases of tests/conformance/ through the real path.
# make check-conformance-faults: the same with workers killed at every fault point.

EXTRA_DIST += tests/conformance/README.md tests/conformance/checklist.txt \
	tests/conformance/pytest.ini $(wildcard $(top_srcdir)/tests/conformance/*.py) \
	$(wildcard $(top_srcdir)/tests/conformance/cases/*/*.json)
CONFORMANCE = $(PYTEST) -ra $(PYTEST_FLAGS) --ignore $(top_srcdir)/tests/conformance/test_kills.py \
	$(top_srcdir)/tests/conformance

check-conformance: all
	$(CONFORMANCE)

# Two at a time: they wait for restarts.
CONFORMANCE_FAULTS = SYNAPSED=$(FAULT_DIR)/synapsed SYN_TOP_SRCDIR=$(abs_top_srcdir) \
	PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) -m pytest -p no:cacheprovider -n 2 -ra \
	$(PYTEST_FLAGS) $(top_srcdir)/tests/conformance/test_kills.py

check-conformance-faults: fault-build
	$(CONFORMANCE_FAULTS)

check-conformance-faults-short: fault-build
	$(CONFORMANCE_FAULTS) -m short

.PHONY: check-conformance check-conformance-faults check-conformance-faults-short
