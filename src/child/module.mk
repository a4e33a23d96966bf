SYN_LIBS += src/child/libchild.a
noinst_LIBRARIES += src/child/libchild.a
src_child_libchild_a_SOURCES = \
	src/child/boxes.c \
	src/child/boxes.h \
	src/child/face.c \
	src/child/face.h \
	src/child/stores.c \
	src/child/stores.h
