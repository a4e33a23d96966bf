"""Acts on runs that have ended: the API child dies between the commit and what belongs to it."""

import http.client

import pytest

from harness import audit
from harness.site import llm_step, orchestration, print_step
from harness.wait import until
from test_cuts import QUICK

HELLO = orchestration("hello", print_step("say", "Hello {state.user_input}!"))
SICK = orchestration("sick", print_step("fine", "fine", "ask"), llm_step("ask", "mock.fail:job"))


def ended(site, name, status):
    run_id = site.submit(name, "you")
    assert site.wait_run(run_id)["status"] == status
    return run_id


def cut(site, faults, point, method, path):
    """The act, of which nobody is told what came of it."""
    rule = faults.rule(point, "crash", kind="api")
    with pytest.raises((OSError, http.client.HTTPException)):
        site.ask(method, path)
    rule.wait_acted()


def again(site, method, path):
    """Who was not answered asks again, as soon as somebody listens."""
    answers = []

    def once():
        try:
            answers.append(site.ask(method, path)[:2])
        except (OSError, http.client.HTTPException):
            return False
        return True
    until(once)
    return answers[-1]


def resumed(site, run_id):
    return site.sql("SELECT status, attempt FROM orchestration_runs WHERE run_id = %s",
                    run_id) == [("failed", 2)]


@pytest.mark.short
def test_an_act_is_whole_or_may_be_repeated(site, faults):
    site.prepare(HELLO, SICK).start(**faults.env, **QUICK)
    sick, gone = ended(site, "sick", "failed"), ended(site, "hello", "completed")
    ((letter,),) = site.sql(
        "INSERT INTO dead_letter_queue (id, run_id, orchestration_id, job_function, job_payload,"
        " error_message, attempt_count) VALUES (gen_random_uuid(), 'lost', 'hello',"
        " 'run_orchestration_job', '{\"tenant_id\": \"default\", \"initial_input\": \"you\"}',"
        " 'it broke', 2) RETURNING id")

    # the new attempt has no entry: the reconciler makes it, ten seconds later
    cut(site, faults, "resume.committed", "POST",
        f"/api/v2/orchestrations/runs/{sick}/resume-failed")

    # the letter is open: a second retry finds the run of the first, and resolves it
    path = f"/api/v2/dead-letters/{letter}/retry"
    cut(site, faults, "letter.accepted", "POST", path)
    code, answer = again(site, "POST", path)
    assert code in (200, 202), answer
    runs = site.sql("SELECT run_id FROM orchestration_runs WHERE orchestration_id = 'hello'"
                    " AND run_id <> %s", gone)
    assert len(runs) == 1
    assert site.wait_run(runs[0][0])["final_response"] == "Hello you!"
    assert site.sql("SELECT resolved FROM dead_letter_queue") == [(True,)]

    # nothing of it is in Postgres; its stream goes when its time is over
    path = f"/api/v2/runs/{gone}"
    cut(site, faults, "erase.committed", "DELETE", path)
    assert again(site, "DELETE", path)[0] == 404
    for table in ("orchestration_runs", "run_steps"):
        assert not site.sql(f"SELECT 1 FROM {table} WHERE run_id = %s", gone)
    with site.redis.client() as client:
        assert client.pttl(f"synapse:run:{gone}:events") > 0
        until(lambda: resumed(site, sick))
        until(lambda: not client.exists("synapse:q:{default}:jobs"))
        audit.check(client, "default")
