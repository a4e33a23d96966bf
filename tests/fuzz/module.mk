# make check-fuzz: each target of tests/fuzz/ under libFuzzer with ASan and UBSan, for
# FUZZ_SECONDS, from the corpus in the tree. What it finds stays in build-fuzz/; a crash
# becomes a corpus file and a unit test. Needs clang.

FUZZ_DIR = $(abs_top_builddir)-fuzz
FUZZ_SECONDS = 60
FUZZ_CC = clang
FUZZ_FLAGS = -O1 -g -std=gnu17 -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_FILES = $(filter %.c,$(src_run_librun_a_SOURCES) $(src_base_libbase_a_SOURCES))
EXTRA_DIST += $(wildcard $(top_srcdir)/tests/fuzz/*.c $(top_srcdir)/tests/fuzz/*.dict \
	$(top_srcdir)/tests/fuzz/corpus/*/*)

check-fuzz: all
	$(MKDIR_P) $(FUZZ_DIR)/corpus/expr
	$(FUZZ_CC) $(FUZZ_FLAGS) -DHAVE_CONFIG_H $(DEFS) -I$(top_builddir) $(AM_CPPFLAGS) \
		$(JSONC_CFLAGS) $(SSL_CFLAGS) -o $(FUZZ_DIR)/fuzz_expr \
		$(top_srcdir)/tests/fuzz/fuzz_expr.c \
		$(addprefix $(top_srcdir)/,$(FUZZ_FILES)) $(JSONC_LIBS) $(SSL_LIBS) -lm
	cd $(FUZZ_DIR) && ./fuzz_expr -max_total_time=$(FUZZ_SECONDS) -max_len=400 -timeout=10 \
		-rss_limit_mb=1024 -print_final_stats=1 \
		-dict=$(abs_top_srcdir)/tests/fuzz/expr.dict \
		corpus/expr $(abs_top_srcdir)/tests/fuzz/corpus/expr

.PHONY: check-fuzz
