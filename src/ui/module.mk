SYN_LIBS += src/ui/libui.a
noinst_LIBRARIES += src/ui/libui.a
UI_FILES = \
	src/ui/chart.js \
	src/ui/code.js \
	src/ui/csv.js \
	src/ui/diff.js \
	src/ui/dom.js \
	src/ui/early.js \
	src/ui/filters.js \
	src/ui/form.js \
	src/ui/graph.js \
	src/ui/icon.svg \
	src/ui/index.html \
	src/ui/live.js \
	src/ui/log.js \
	src/ui/main.js \
	src/ui/net.js \
	src/ui/page.css \
	src/ui/parts.js \
	src/ui/pointer.js \
	src/ui/show.js \
	src/ui/sign_in.js \
	src/ui/steps.js \
	src/ui/story.js \
	src/ui/sync.js \
	src/ui/table.js \
	src/ui/view_analytics.js \
	src/ui/view_chat.js \
	src/ui/view_defs.js \
	src/ui/view_keys.js \
	src/ui/view_letters.js \
	src/ui/view_now.js \
	src/ui/view_queues.js \
	src/ui/view_run.js \
	src/ui/view_runs.js \
	src/ui/view_scale.js \
	src/ui/view_schedules.js \
	src/ui/view_start.js \
	src/ui/view_waits.js \
	src/ui/view_workers.js \
	src/ui/views.js \
	src/ui/vendor/uplot.css \
	src/ui/vendor/uplot.min.js
src_ui_libui_a_SOURCES = \
	src/ui/ui.c \
	src/ui/ui.h
nodist_src_ui_libui_a_SOURCES = \
	src/ui/ui_files.c \
	src/ui/ui_files.h
BUILT_SOURCES += src/ui/ui_files.c src/ui/ui_files.h
CLEANFILES += src/ui/ui_files.c src/ui/ui_files.h
EXTRA_DIST += $(UI_FILES) src/ui/vendor/README.md src/ui/vendor/uplot.LICENSE

CLEANFILES += src/ui/ui_files.stamp
src/ui/ui_files.stamp: $(UI_FILES) src/ui/module.mk scripts/embed.sh
	@$(MKDIR_P) src/ui
	$(AM_V_GEN)$(top_srcdir)/scripts/embed.sh ui_files src/ui/ui_files.c \
		src/ui/ui_files.h $(UI_FILES:%=$(top_srcdir)/%) && touch $@
src/ui/ui_files.c src/ui/ui_files.h: src/ui/ui_files.stamp
