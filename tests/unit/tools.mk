if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_http_tool
check_PROGRAMS += tests/unit/test_python_frame
check_PROGRAMS += tests/unit/test_python_pool
check_PROGRAMS += tests/unit/test_python_queue
check_PROGRAMS += tests/unit/test_sandbox
check_PROGRAMS += tests/unit/test_spawn_gate
check_PROGRAMS += tests/unit/test_syscall_filter
endif
