# make lint: what a compiler does not see. Each lint-* target can be run alone; all print
# file:line: what is wrong. tests/lint/ shows each of them failing.

EXTRA_DIST += bootstrap .clang-format .clang-tidy .gitignore .ci/run \
	scripts/embed.sh scripts/fresh.sh scripts/fresh-enter.sh \
	scripts/packages.txt scripts/layers.txt scripts/redis-newer.txt \
	scripts/cppcheck-suppressions.txt \
	$(wildcard $(top_srcdir)/scripts/lint/*.sh $(top_srcdir)/scripts/lint/*.py \
		$(top_srcdir)/scripts/lint/*.h \
		$(top_srcdir)/tests/lint/*.py)
# Papers and samples: each folder is distributed whole.
EXTRA_DIST += $(wildcard $(top_srcdir)/etc/* $(top_srcdir)/examples/*)

LINT = $(top_srcdir)/scripts/lint
# Absolute, because the checkers run in the top folder, so that they name files as we do.
# With SYN_FAULTS, whatever configure was told: there is code that only such builds have.
LINT_CPPFLAGS = -DHAVE_CONFIG_H -DSYN_FAULTS=1 -I$(abs_top_builddir) -I$(abs_top_srcdir)/src \
	-I$(abs_top_builddir)/src -include config.h -std=gnu17 \
	$(JSONC_CFLAGS) $(SSL_CFLAGS) $(YAML_CFLAGS) $(HIREDIS_CFLAGS) $(PQ_CFLAGS) \
	$(MHD_CFLAGS) $(CURL_CFLAGS) $(SECCOMP_CFLAGS) $(CMOCKA_CFLAGS) $(src_cli_libcli_a_CPPFLAGS) $(CPPFLAGS)
LINT_TARGETS = lint-names lint-includes lint-owners lint-headers lint-format \
	lint-commands lint-man lint-selftest lint-cppcheck lint-tidy

# -k: one call shows all that is wrong.
lint:
	@$(MAKE) $(AM_MAKEFLAGS) --no-print-directory -k $(LINT_TARGETS)

lint-names:
	@echo "  LINT     $@"
	@$(LINT)/includes.py names $(top_srcdir)

lint-includes:
	@echo "  LINT     $@"
	@$(LINT)/includes.py order $(top_srcdir)

lint-owners:
	@echo "  LINT     $@"
	@$(LINT)/includes.py owners $(top_srcdir)

lint-headers: config.h $(BUILT_SOURCES)
	@echo "  LINT     $@"
	@$(LINT)/headers.sh $(top_srcdir) $(CC) $(LINT_CPPFLAGS) $(SYN_CFLAGS) -Werror

lint-format:
	@echo "  LINT     $@"
	@$(LINT)/format.sh $(top_srcdir)

lint-commands:
	@echo "  LINT     $@"
	@$(LINT)/commands.py $(top_srcdir)

lint-man:
	@echo "  LINT     $@"
	@$(LINT)/man.sh $(top_srcdir)

lint-tidy: config.h $(BUILT_SOURCES)
	@echo "  LINT     $@"
	@TIDY_NODES=$(TIDY_NODES) $(LINT)/tidy.sh $(top_srcdir) $(abs_top_builddir)/lint $(LINT_CPPFLAGS)

lint-cppcheck: config.h $(BUILT_SOURCES)
	@echo "  LINT     $@"
	@$(LINT)/cppcheck.sh $(top_srcdir) $(abs_top_builddir)

lint-selftest:
	@echo "  LINT     $@"
	@CC="$(CC)" PYTHONDONTWRITEBYTECODE=1 \
		$(PYTHON3) -m pytest -q -p no:cacheprovider -n 2 $(top_srcdir)/tests/lint

.PHONY: lint $(LINT_TARGETS)
