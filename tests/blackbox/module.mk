# make check-blackbox: the real binary against private servers (pytest, PYTEST_WORKERS at a time).
# check-blackbox-asan runs the tests marked `asan` and not `long`: the subset that
# ./bootstrap check runs under sanitizers; check-long runs all of them so.

EXTRA_DIST += tests/blackbox/pytest.ini $(wildcard $(top_srcdir)/tests/blackbox/*.py) \
	$(wildcard $(top_srcdir)/tests/blackbox/contract/*.py) \
	$(wildcard $(top_srcdir)/tests/blackbox/harness/*.py) \
	$(wildcard $(top_srcdir)/tests/previous/*/*) \
	tests/systemd/restrictions.tsv tests/systemd/walls.py
PYTEST = $(SANITIZER_ENV) SYNAPSED=$(abs_top_builddir)/synapsed \
	SYN_TOP_SRCDIR=$(abs_top_srcdir) PYTHONDONTWRITEBYTECODE=1 \
	$(PYTHON3) -m pytest -p no:cacheprovider
PYTEST_FLAGS =
# The tests wait more than they compute: more of them than processors.
PYTEST_WORKERS = 4
BLACKBOX = $(PYTEST) -n $(PYTEST_WORKERS) -ra $(PYTEST_FLAGS) $(top_srcdir)/tests/blackbox

check-blackbox: all
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS); rc=0; \
	$(BLACKBOX) || rc=$$?; $(SANITIZER_VERDICT); exit $$rc

check-blackbox-asan: all
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS); rc=0; \
	$(BLACKBOX) -m "asan and not long" || rc=$$?; $(SANITIZER_VERDICT); exit $$rc

# CONTRACT_ROUNDS rounds while one of three servers dies each CONTRACT_PAUSE seconds or so.
CONTRACT_ROUNDS = 50
CONTRACT_PAUSE = 2
check-contract: all
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS); rc=0; \
	SYNAPSED_CONTRACT_ROUNDS=$(CONTRACT_ROUNDS) SYNAPSED_CONTRACT_PAUSE=$(CONTRACT_PAUSE) \
	$(PYTEST) -s $(PYTEST_FLAGS) $(top_srcdir)/tests/blackbox/contract || rc=$$?; \
	$(SANITIZER_VERDICT); exit $$rc

clean-local:
	rm -rf $(SANITIZER_LOGS)

.PHONY: check-blackbox check-blackbox-asan check-contract
