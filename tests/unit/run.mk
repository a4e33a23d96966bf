if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_answer
check_PROGRAMS += tests/unit/test_agent
check_PROGRAMS += tests/unit/test_chat_run
check_PROGRAMS += tests/unit/test_cron
check_PROGRAMS += tests/unit/test_definition
check_PROGRAMS += tests/unit/test_docr
check_PROGRAMS += tests/unit/test_expr
check_PROGRAMS += tests/unit/test_extract
check_PROGRAMS += tests/unit/test_fail
check_PROGRAMS += tests/unit/test_graph
check_PROGRAMS += tests/unit/test_history
check_PROGRAMS += tests/unit/test_image
check_PROGRAMS += tests/unit/test_jsontext
check_PROGRAMS += tests/unit/test_model
check_PROGRAMS += tests/unit/test_payload
check_PROGRAMS += tests/unit/test_problem
check_PROGRAMS += tests/unit/test_schema
check_PROGRAMS += tests/unit/test_speech
check_PROGRAMS += tests/unit/test_state
check_PROGRAMS += tests/unit/test_template
check_PROGRAMS += tests/unit/test_tool_output
check_PROGRAMS += tests/unit/test_validate
endif

# Drives expressions for tests/blackbox/test_expr.py.
noinst_PROGRAMS += tests/blackbox/expr_driver
tests_blackbox_expr_driver_SOURCES = tests/blackbox/expr_driver.c
tests_blackbox_expr_driver_LDADD = $(SYN_LIBS) $(SYN_DEPS)
