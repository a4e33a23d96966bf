# make check-conformance: the cases of tests/conformance/ through the real path.
# make check-conformance-faults: the same with workers killed at every fault point.

EXTRA_DIST += tests/conformance/README.md tests/conformance/checklist.txt \
	tests/conformance/pytest.ini $(wildcard $(top_srcdir)/tests/conformance/*.py) \
	$(wildcard $(top_srcdir)/tests/conformance/cases/*/*.json)
CONFORMANCE = $(PYTEST) -q -ra $(PYTEST_FLAGS) $(top_srcdir)/tests/conformance

check-conformance: all
	$(CONFORMANCE)

.PHONY: check-conformance
