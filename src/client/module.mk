SYN_LIBS += src/client/libclient.a
noinst_LIBRARIES += src/client/libclient.a
src_client_libclient_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
src_client_libclient_a_SOURCES = \
	src/client/curl_loop.c \
	src/client/curl_loop.h \
	src/client/egress.c \
	src/client/egress.h \
	src/client/http_call.c \
	src/client/http_call.h \
	src/client/http_pool.c \
	src/client/http_pool.h \
	src/client/sse_parser.c \
	src/client/sse_parser.h
