"""What the daemons are told that execute the cases, beside their stores."""

# a case that says no site is for "usual"
SITES = {
    "usual": {},
    # bounds that a test can reach
    "tight": {"SYNAPSED_ENGINE_RUN_TIMEOUT": "1s", "SYNAPSED_ENGINE_STEP_TIMEOUT": "1s",
              "SYNAPSED_ENGINE_MAX_TURNS": "5", "SYNAPSED_ENGINE_STATE_MAX": "2KiB",
              "SYNAPSED_ENGINE_STEP_OUTPUT_MAX": "1KiB"},
}


def outside(llm):
    """Where oaic.* models are, and that tools may be here, too."""
    return {"OPENAI_COMPATIBLE_BASE_URL": llm.url, "OPENAI_COMPATIBLE_KEY": "sk-test",
            "SYNAPSED_EGRESS_ALLOW": "127.0.0.0/8"}


# the same, for the simulator
LIMITS = {
    "usual": {},
    "tight": {"run_timeout_ms": 1000, "step_timeout_ms": 1000, "max_turns": 5,
              "state_max": 2048, "output_max": 1024},
}
