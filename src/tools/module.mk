SYN_LIBS += src/tools/libtools.a
noinst_LIBRARIES += src/tools/libtools.a
src_tools_libtools_a_SOURCES = \
	src/tools/http_tool.c \
	src/tools/http_tool.h \
	src/tools/python_frame.c \
	src/tools/python_frame.h \
	src/tools/python_helper.c \
	src/tools/python_helper.h \
	src/tools/python_pool.c \
	src/tools/python_pool.h \
	src/tools/python_queue.c \
	src/tools/python_queue.h \
	src/tools/sandbox.c \
	src/tools/sandbox.h \
	src/tools/spawn_frame.h \
	src/tools/spawn_gate.c \
	src/tools/spawn_gate.h \
	src/tools/spawn_server.c \
	src/tools/spawn_server.h \
	src/tools/syscall_filter.c \
	src/tools/syscall_filter.h \
	src/tools/tool_lists.c \
	src/tools/tool_lists.h \
	src/tools/toolbox.c \
	src/tools/toolbox.h
nodist_src_tools_libtools_a_SOURCES = \
	src/tools/python_text.c \
	src/tools/python_text.h
src_tools_libtools_a_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)

PYTHON_TEXT = src/tools/python/helper.py
EXTRA_DIST += $(PYTHON_TEXT)
BUILT_SOURCES += src/tools/python_text.h
CLEANFILES += src/tools/python_text.c src/tools/python_text.h
src/tools/python_text.c: $(PYTHON_TEXT) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh python_text \
		$(abs_builddir)/src/tools/python_text.c \
		$(abs_builddir)/src/tools/python_text.h $(PYTHON_TEXT)
	@touch $@
src/tools/python_text.h: src/tools/python_text.c
$(src_tools_libtools_a_OBJECTS): src/tools/python_text.h
