SYN_LIBS += src/api/libapi.a
noinst_LIBRARIES += src/api/libapi.a
src_api_libapi_a_SOURCES = \
	src/api/agents.c \
	src/api/api.c \
	src/api/api.h \
	src/api/api_call.c \
	src/api/api_call.h \
	src/api/auth.c \
	src/api/auth.h \
	src/api/body.c \
	src/api/body.h \
	src/api/bulk.c \
	src/api/bulk_scan.c \
	src/api/bulk_scan.h \
	src/api/catalog.c \
	src/api/catalog.h \
	src/api/errors.c \
	src/api/errors.h \
	src/api/front.c \
	src/api/front.h \
	src/api/handlers.h \
	src/api/health_route.c \
	src/api/home_queue.c \
	src/api/home_queue.h \
	src/api/idempotency.c \
	src/api/idempotency.h \
	src/api/key_store.c \
	src/api/key_store.h \
	src/api/memo.c \
	src/api/memo.h \
	src/api/orchestrations.c \
	src/api/port_scale.c \
	src/api/port_scale.h \
	src/api/queue_route.c \
	src/api/routes.c \
	src/api/routes.h \
	src/api/run_body.c \
	src/api/run_body.h \
	src/api/runs.c \
	src/api/runs_port.h \
	src/api/stream_id.c \
	src/api/stream_id.h \
	src/api/submit.c \
	src/api/submit.h \
	src/api/tenant_book.c \
	src/api/tenant_book.h \
	src/api/workers.c
