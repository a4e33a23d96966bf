# make check-browser: the page in a real Chromium, on a daemon with private stores. Not a part
# of ./bootstrap check. It needs chromium, node 18 or later with npm, and two npm packages:
#
#	npm install --prefix build/browser playwright-core axe-core
#
# quick.mjs is the quick start of scale mode, broken.mjs what dies behind the page and what is
# typed wrong, keys.mjs the keyboard, big.mjs much of everything; BROWSER_FILES=quick.mjs runs one.
# BROWSER_DIR is where those are, CHROMIUM the program. BROWSER_SHOTS=DIR keeps a picture of each
# view there, BROWSER_ONLY=word runs the cases whose names have it.

EXTRA_DIST += $(wildcard $(top_srcdir)/tests/browser/*.mjs)
BROWSER_DIR = $(abs_top_builddir)/browser
CHROMIUM = /usr/bin/chromium

BROWSER_FILES = page.mjs quick.mjs broken.mjs keys.mjs big.mjs

check-browser: all
	@test -x "$(CHROMIUM)" || { echo "check-browser needs $(CHROMIUM): apt-get install chromium, or CHROMIUM=..."; exit 1; }
	@test -d "$(BROWSER_DIR)/node_modules/playwright-core" && test -d "$(BROWSER_DIR)/node_modules/axe-core" || \
		{ echo "check-browser needs: npm install --prefix $(BROWSER_DIR) playwright-core axe-core"; exit 1; }
	@bad=0; for file in $(BROWSER_FILES); do \
		SYNAPSED=$(abs_top_builddir)/synapsed EXAMPLES=$(abs_top_srcdir)/examples \
		BROWSER_DIR=$(BROWSER_DIR) CHROMIUM=$(CHROMIUM) \
		node $(top_srcdir)/tests/browser/$$file || bad=1; \
	done; exit $$bad

# Figures of the page: PAGE_ROWS=n runs in Postgres, a live view for BENCH_PAGE_MINUTES=n.
BENCH_PAGE_MINUTES = 60
bench-page: all
	@$(MAKE) check-browser BROWSER_FILES=big.mjs PAGE_MINUTES=$(BENCH_PAGE_MINUTES)

.PHONY: check-browser bench-page
