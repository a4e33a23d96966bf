SYN_LIBS += src/llm/libllm.a
noinst_LIBRARIES += src/llm/libllm.a
src_llm_libllm_a_SOURCES = \
	src/llm/mock.c \
	src/llm/mock.h \
	src/llm/mock_agent.c \
	src/llm/mock_agent.h \
	src/llm/models.c \
	src/llm/models.h \
	src/llm/oaic.c \
	src/llm/oaic.h \
	src/llm/oaic_answer.c \
	src/llm/oaic_answer.h \
	src/llm/oaic_body.c \
	src/llm/oaic_body.h \
	src/llm/oaic_calls.c \
	src/llm/oaic_calls.h
# In this build only: see base/fault.h.
if FAULTS
src_llm_libllm_a_SOURCES += \
	src/llm/mock_crash.c \
	src/llm/mock_crash.h
endif
