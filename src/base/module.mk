SYN_LIBS += src/base/libbase.a
noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(SSL_CFLAGS)
src_base_libbase_a_SOURCES = \
	src/base/arena.c \
	src/base/arena.h \
	src/base/backoff.c \
	src/base/backoff.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/crc32c.c \
	src/base/crc32c.h \
	src/base/digest.c \
	src/base/digest.h \
	src/base/digits.c \
	src/base/digits.h \
	src/base/embed.h \
	src/base/err.c \
	src/base/err.h \
	src/base/fault.h \
	src/base/fdutil.c \
	src/base/fdutil.h \
	src/base/ids.c \
	src/base/ids.h \
	src/base/jsonr.c \
	src/base/jsonr.h \
	src/base/jsonw.c \
	src/base/jsonw.h \
	src/base/list.h \
	src/base/log.c \
	src/base/log.h \
	src/base/loop.h \
	src/base/map.c \
	src/base/map.h \
	src/base/mem.c \
	src/base/mem.h \
	src/base/moment.c \
	src/base/moment.h \
	src/base/netrange.c \
	src/base/netrange.h \
	src/base/percent.c \
	src/base/percent.h \
	src/base/rng.c \
	src/base/rng.h \
	src/base/str.c \
	src/base/str.h \
	src/base/units.c \
	src/base/units.h \
	src/base/utf8.c \
	src/base/utf8.h \
	src/base/zone.c \
	src/base/zone.h
# In this build only: see base/fault.h.
if FAULTS
src_base_libbase_a_SOURCES += src/base/fault.c
endif
