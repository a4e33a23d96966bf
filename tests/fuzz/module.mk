# make check-fuzz: each target of tests/fuzz/ under libFuzzer with ASan and UBSan, for
# FUZZ_SECONDS or, if that is given, FUZZ_RUNS inputs, from the corpus in the tree. What it
# finds stays in build-fuzz/; a crash becomes a corpus file and a unit test. Needs clang.

FUZZ_DIR = $(abs_top_builddir)-fuzz
FUZZ_SECONDS = 60
FUZZ_RUNS = -1
FUZZ_CC = clang
FUZZ_TARGETS = definition expr template
FUZZ_FLAGS = -O1 -g -std=gnu17 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_FILES = $(filter %.c,$(src_run_librun_a_SOURCES) $(src_base_libbase_a_SOURCES))
EXTRA_DIST += $(wildcard $(top_srcdir)/tests/fuzz/*.c $(top_srcdir)/tests/fuzz/*.dict \
	$(top_srcdir)/tests/fuzz/corpus/*/*)

check-fuzz: all
	@set -e; for target in $(FUZZ_TARGETS); do \
		echo "== $$target"; \
		$(MKDIR_P) $(FUZZ_DIR)/corpus/$$target; \
		$(FUZZ_CC) $(FUZZ_FLAGS) -DHAVE_CONFIG_H $(DEFS) -I$(top_builddir) \
			$(AM_CPPFLAGS) $(JSONC_CFLAGS) $(SSL_CFLAGS) \
			-o $(FUZZ_DIR)/fuzz_$$target $(top_srcdir)/tests/fuzz/fuzz_$$target.c \
			$(addprefix $(top_srcdir)/,$(FUZZ_FILES)) $(JSONC_LIBS) $(SSL_LIBS) -lm; \
		case $$target in definition) len=2000 ;; *) len=400 ;; esac; \
		( cd $(FUZZ_DIR) && ./fuzz_$$target -max_total_time=$(FUZZ_SECONDS) \
			-runs=$(FUZZ_RUNS) -max_len=$$len -timeout=10 -rss_limit_mb=1024 \
			-print_final_stats=1 \
			-dict=$(abs_top_srcdir)/tests/fuzz/$$target.dict \
			corpus/$$target $(abs_top_srcdir)/tests/fuzz/corpus/$$target ); \
	done

.PHONY: check-fuzz
