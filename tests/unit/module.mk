# make check-unit: every cmocka program, UNIT_JOBS at a time, then what each of them said.
# Each folder of src/ lists its own in tests/unit/<folder>.mk. A test finds files of the tree below
# $SYN_TOP_SRCDIR. A minute is far more than any of them needs.

# The Python that Debian's packages (pytest, psycopg2, redis) belong to: a developer's PATH
# may have another one first.
PYTHON3 = /usr/bin/python3

EXTRA_DIST += $(wildcard $(top_srcdir)/tests/unit/*.mk)
UNIT_ENV = SYN_TOP_SRCDIR=$(abs_top_srcdir) $(SANITIZER_ENV)
UNIT_RUN = timeout 60
UNIT_ONLY = $(check_PROGRAMS)
# Some wait more than they compute: more of them than processors, and those first.
UNIT_JOBS = 4
UNIT_LONG = $(addprefix tests/unit/test_,master_live reload inner snapshot acts)
UNIT_ORDER = $(filter $(UNIT_LONG),$(UNIT_ONLY)) $(filter-out $(UNIT_LONG),$(UNIT_ONLY))
CLEANFILES += tests/unit/*.log

check-unit: all $(check_PROGRAMS)
	@test -n "$(check_PROGRAMS)" || { echo "there is no unit test"; exit 1; }
	@rm -rf $(SANITIZER_LOGS) && $(MKDIR_P) $(SANITIZER_LOGS); rc=0; \
	printf '%s\n' $(UNIT_ORDER) | $(UNIT_ENV) xargs -P $(UNIT_JOBS) -I '{}' sh -c \
		'$(UNIT_RUN) ./{} >{}.log 2>&1 || { echo "{}: ended $$?" >>{}.log; exit 1; }' || rc=1; \
	for program in $(UNIT_ONLY); do echo "== $$program"; cat $$program.log; done; \
	$(SANITIZER_VERDICT); \
	exit $$rc

# Memcheck finds what ASan does not: reads of what was never written. Debian 12's knows no
# pidfd_open, so nothing that has a master or its like runs under it.
UNIT_NOT_VALGRIND = \
	$(addprefix tests/unit/test_,acts child dev_process master_live reaper \
		reload spawn)
check-unit-valgrind: all $(check_PROGRAMS)
	$(MAKE) $(AM_MAKEFLAGS) check-unit \
		UNIT_ONLY="$(filter-out $(UNIT_NOT_VALGRIND),$(check_PROGRAMS))" \
		UNIT_RUN="timeout 600 valgrind -q \
		--error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
		--child-silent-after-fork=yes"

CHECK_SUITES = check-unit check-blackbox
check-local:
	@for suite in $(CHECK_SUITES); do $(MAKE) $(AM_MAKEFLAGS) $$suite || exit 1; done

# The same under ASan and UBSan in a build folder beside this one. What a sanitizer has to
# say goes to files, since the standard error of a daemon's children may be anywhere, and
# any such file fails the suite. A test that makes a process crash on purpose runs without
# the reports of that process (ASAN_OPTIONS=log_path=/dev/null:exitcode=99).
ASAN_DIR = $(abs_top_builddir)-asan
ASAN_SUITES = $(CHECK_SUITES)
SANITIZER_LOGS = $(abs_top_builddir)/sanitizer
SANITIZER_ENV = \
	ASAN_OPTIONS=log_path=$(SANITIZER_LOGS)/asan:exitcode=99:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=log_path=$(SANITIZER_LOGS)/ubsan:print_stacktrace=1 \
	LSAN_OPTIONS=log_path=$(SANITIZER_LOGS)/lsan
SANITIZER_VERDICT = \
	if [ -d $(SANITIZER_LOGS) ] && [ -n "$$(ls $(SANITIZER_LOGS))" ]; then \
		cat $(SANITIZER_LOGS)/*; echo "sanitizers: see the reports above"; rc=1; \
	fi

check-asan:
	$(MKDIR_P) $(ASAN_DIR)
	cd $(ASAN_DIR) && { test -f config.status || $(abs_top_srcdir)/configure -q \
		--enable-werror --enable-sanitizers CFLAGS="-O1 -g1"; }
	cd $(ASAN_DIR) && $(MAKE) all
	cd $(ASAN_DIR) && for suite in $(ASAN_SUITES); do $(MAKE) $$suite || exit 1; done

.PHONY: check-unit check-unit-valgrind check-asan
