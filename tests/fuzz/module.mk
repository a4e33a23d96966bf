# make check-fuzz: each target of tests/fuzz/ under libFuzzer with ASan and UBSan, for
# FUZZ_SECONDS or, if that is given, FUZZ_RUNS inputs, from the corpus in the tree. What it
# finds stays in build-fuzz/; a crash becomes a corpus file and a unit test. Needs clang.
# FUZZ_TARGETS="oaic stock" are those alone.

FUZZ_DIR = $(abs_top_builddir)-fuzz
FUZZ_SECONDS = 60
FUZZ_RUNS = -1
FUZZ_CC = clang
FUZZ_TARGETS = agent bulk bundle conf definition expr frames journal oaic request speech \
	stock template words
# float-cast-overflow is in no group: a number from outside that no integer holds
FUZZ_CFLAGS = -O1 -g1 -fsanitize=fuzzer-no-link,float-cast-overflow \
	-fno-sanitize-recover=all
EXTRA_PROGRAMS += tests/fuzz/fuzz_agent
EXTRA_PROGRAMS += tests/fuzz/fuzz_bulk
EXTRA_PROGRAMS += tests/fuzz/fuzz_bundle
EXTRA_PROGRAMS += tests/fuzz/fuzz_conf
EXTRA_PROGRAMS += tests/fuzz/fuzz_definition
EXTRA_PROGRAMS += tests/fuzz/fuzz_expr
EXTRA_PROGRAMS += tests/fuzz/fuzz_frames
EXTRA_PROGRAMS += tests/fuzz/fuzz_journal
EXTRA_PROGRAMS += tests/fuzz/fuzz_oaic
EXTRA_PROGRAMS += tests/fuzz/fuzz_request
EXTRA_PROGRAMS += tests/fuzz/fuzz_speech
EXTRA_PROGRAMS += tests/fuzz/fuzz_stock
EXTRA_PROGRAMS += tests/fuzz/fuzz_template
EXTRA_PROGRAMS += tests/fuzz/fuzz_words
EXTRA_DIST += tests/fuzz/fuzz.h $(wildcard $(top_srcdir)/tests/fuzz/*.dict \
	$(top_srcdir)/tests/fuzz/corpus/*/*)

fuzz-build:
	$(MKDIR_P) $(FUZZ_DIR)
	cd $(FUZZ_DIR) && { test -f config.status || $(abs_top_srcdir)/configure -q \
		--enable-werror --enable-sanitizers CC=$(FUZZ_CC) CFLAGS="$(FUZZ_CFLAGS)"; }
	cd $(FUZZ_DIR) && $(MAKE) fuzz-sources && \
		$(MAKE) LDFLAGS=-fsanitize=fuzzer $(FUZZ_TARGETS:%=tests/fuzz/fuzz_%)
fuzz-sources: $(BUILT_SOURCES)

check-fuzz: fuzz-build
	@set -e; cd $(FUZZ_DIR); for target in $(FUZZ_TARGETS); do \
		echo "== $$target"; \
		$(MKDIR_P) corpus/$$target; \
		case $$target in \
			bulk|conf|definition|journal|oaic|stock) len=2000 ;; \
			*) len=400 ;; \
		esac; \
		dict=$(abs_top_srcdir)/tests/fuzz/$$target.dict; \
		test -f $$dict || dict=$(abs_top_srcdir)/tests/fuzz/json.dict; \
		tests/fuzz/fuzz_$$target -max_total_time=$(FUZZ_SECONDS) \
			-runs=$(FUZZ_RUNS) -max_len=$$len -timeout=10 -rss_limit_mb=1024 \
			-print_final_stats=1 -dict=$$dict \
			corpus/$$target $(abs_top_srcdir)/tests/fuzz/corpus/$$target; \
	done

.PHONY: check-fuzz fuzz-build fuzz-sources
