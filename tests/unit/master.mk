if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_child
check_PROGRAMS += tests/unit/test_draining
check_PROGRAMS += tests/unit/test_host_id
check_PROGRAMS += tests/unit/test_listener
check_PROGRAMS += tests/unit/test_master_live
check_PROGRAMS += tests/unit/test_obits
check_PROGRAMS += tests/unit/test_reaper
check_PROGRAMS += tests/unit/test_restart
check_PROGRAMS += tests/unit/test_scaling
check_PROGRAMS += tests/unit/test_sdnotify
check_PROGRAMS += tests/unit/test_spawn
check_PROGRAMS += tests/unit/test_title
endif
