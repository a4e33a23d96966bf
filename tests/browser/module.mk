# make check-browser: the page in a real Chromium, on a daemon with private stores. Not a part
# of ./bootstrap check. It needs chromium, node 18 or later with npm, and two npm packages:
#
#	npm install --prefix build/browser playwright-core axe-core
#
# BROWSER_DIR is where those are, CHROMIUM the program. BROWSER_SHOTS=DIR keeps a picture of each
# view there, BROWSER_ONLY=word runs the cases whose names have it.

EXTRA_DIST += $(wildcard $(top_srcdir)/tests/browser/*.mjs)
BROWSER_DIR = $(abs_top_builddir)/browser
CHROMIUM = /usr/bin/chromium

BROWSER_FILES = page.mjs quick.mjs broken.mjs

check-browser: all
	@test -x "$(CHROMIUM)" || { echo "check-browser needs $(CHROMIUM): apt-get install chromium, or CHROMIUM=..."; exit 1; }
	@test -d "$(BROWSER_DIR)/node_modules/playwright-core" && test -d "$(BROWSER_DIR)/node_modules/axe-core" || \
		{ echo "check-browser needs: npm install --prefix $(BROWSER_DIR) playwright-core axe-core"; exit 1; }
	@bad=0; for file in $(BROWSER_FILES); do \
		SYNAPSED=$(abs_top_builddir)/synapsed EXAMPLES=$(abs_top_srcdir)/examples \
		BROWSER_DIR=$(BROWSER_DIR) CHROMIUM=$(CHROMIUM) \
		node $(top_srcdir)/tests/browser/$$file || bad=1; \
	done; exit $$bad

.PHONY: check-browser
