SYN_LIBS += src/api/libapi.a
noinst_LIBRARIES += src/api/libapi.a
src_api_libapi_a_SOURCES = \
	src/api/act_routes.c \
	src/api/agents.c \
	src/api/answer_route.c \
	src/api/answers.c \
	src/api/answers.h \
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
	src/api/bundle_export.c \
	src/api/bundle_import.c \
	src/api/cancel_route.c \
	src/api/cancels.c \
	src/api/cancels.h \
	src/api/catalog.c \
	src/api/catalog.h \
	src/api/chat_cancels.c \
	src/api/chat_cancels.h \
	src/api/chat_reads.c \
	src/api/chat_reads.h \
	src/api/chat_route.c \
	src/api/chat_stream.c \
	src/api/chats.c \
	src/api/chats.h \
	src/api/cookie.c \
	src/api/cookie.h \
	src/api/cors.c \
	src/api/cors.h \
	src/api/dead_letters.c \
	src/api/def_kind.c \
	src/api/def_kind.h \
	src/api/def_read.c \
	src/api/def_write.c \
	src/api/errors.c \
	src/api/errors.h \
	src/api/event_answer.c \
	src/api/event_answer.h \
	src/api/event_page.c \
	src/api/event_page.h \
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
	src/api/letter_acts.c \
	src/api/letter_acts.h \
	src/api/letter_filter.c \
	src/api/letter_filter.h \
	src/api/letter_retry.c \
	src/api/letters.c \
	src/api/letters.h \
	src/api/manage.c \
	src/api/manage.h \
	src/api/mass.c \
	src/api/mass.h \
	src/api/mass_routes.c \
	src/api/memo.c \
	src/api/memo.h \
	src/api/page.c \
	src/api/pairs.c \
	src/api/pairs.h \
	src/api/pg_read.c \
	src/api/pg_read.h \
	src/api/openapi.c \
	src/api/orchestrations.c \
	src/api/port_scale.c \
	src/api/port_scale.h \
	src/api/queue_route.c \
	src/api/queues_route.c \
	src/api/resume_route.c \
	src/api/resumes.c \
	src/api/resumes.h \
	src/api/routes.c \
	src/api/routes.h \
	src/api/run_acts.c \
	src/api/run_acts.h \
	src/api/run_body.c \
	src/api/run_body.h \
	src/api/run_detail.c \
	src/api/run_filter.c \
	src/api/run_filter.h \
	src/api/run_list.c \
	src/api/run_pairs.c \
	src/api/run_pairs.h \
	src/api/run_story.c \
	src/api/run_story.h \
	src/api/runs.c \
	src/api/runs_port.h \
	src/api/schedule_body.c \
	src/api/schedule_body.h \
	src/api/schedules_route.c \
	src/api/session.c \
	src/api/stream.c \
	src/api/stream_id.c \
	src/api/stream_id.h \
	src/api/submit.c \
	src/api/submit.h \
	src/api/submit_in.h \
	src/api/submit_insert.c \
	src/api/submit_queue.c \
	src/api/tenant_book.c \
	src/api/tenant_book.h \
	src/api/why.c \
	src/api/why.h \
	src/api/why_route.c \
	src/api/workers.c
nodist_src_api_libapi_a_SOURCES = \
	src/api/api_text.c \
	src/api/api_text.h

API_TEXT = src/api/openapi.json
EXTRA_DIST += $(API_TEXT)
BUILT_SOURCES += src/api/api_text.h
CLEANFILES += src/api/api_text.c src/api/api_text.h
src/api/api_text.c: $(API_TEXT) scripts/embed.sh
	$(AM_V_GEN)cd $(srcdir) && scripts/embed.sh api_text \
		$(abs_builddir)/src/api/api_text.c \
		$(abs_builddir)/src/api/api_text.h $(API_TEXT)
	@touch $@
src/api/api_text.h: src/api/api_text.c
$(src_api_libapi_a_OBJECTS): src/api/api_text.h
