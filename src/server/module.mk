SYN_LIBS += src/server/libserver.a
noinst_LIBRARIES += src/server/libserver.a
src_server_libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
src_server_libserver_a_SOURCES = \
	src/server/clients.c \
	src/server/clients.h \
	src/server/inside.h \
	src/server/request.c \
	src/server/request.h \
	src/server/response.c \
	src/server/response.h \
	src/server/server.c \
	src/server/server.h \
	src/server/sse.c \
	src/server/sse.h
