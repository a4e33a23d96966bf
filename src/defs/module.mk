SYN_LIBS += src/defs/libdefs.a
noinst_LIBRARIES += src/defs/libdefs.a
src_defs_libdefs_a_SOURCES = \
	src/defs/defs_check.c \
	src/defs/defs_check.h \
	src/defs/defs_file.c \
	src/defs/defs_file.h \
	src/defs/defs_folder.c \
	src/defs/defs_folder.h \
	src/defs/defs_past.c \
	src/defs/defs_past.h \
	src/defs/defs_secrets.c \
	src/defs/defs_secrets.h \
	src/defs/defs_sync.c \
	src/defs/defs_sync.h
