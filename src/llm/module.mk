SYN_LIBS += src/llm/libllm.a
noinst_LIBRARIES += src/llm/libllm.a
src_llm_libllm_a_SOURCES = \
	src/llm/mock.c \
	src/llm/mock.h
# In this build only: see base/fault.h.
if FAULTS
src_llm_libllm_a_SOURCES += \
	src/llm/mock_crash.c \
	src/llm/mock_crash.h
endif
