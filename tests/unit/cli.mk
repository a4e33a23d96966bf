if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_bench_http
check_PROGRAMS += tests/unit/test_bench_info
check_PROGRAMS += tests/unit/test_bench_procs
check_PROGRAMS += tests/unit/test_bench_report
check_PROGRAMS += tests/unit/test_bench_samples
check_PROGRAMS += tests/unit/test_cli_api
check_PROGRAMS += tests/unit/test_cli_args
check_PROGRAMS += tests/unit/test_cli_table
check_PROGRAMS += tests/unit/test_cli_units
check_PROGRAMS += tests/unit/test_dev_dir
check_PROGRAMS += tests/unit/test_dev_port
check_PROGRAMS += tests/unit/test_dev_process
check_PROGRAMS += tests/unit/test_top_view
endif
