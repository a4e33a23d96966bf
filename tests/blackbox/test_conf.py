"""The command line and the configuration, through the real binary.

SYNAPSED_TEST_UPDATE=1 writes etc/synapsed.yaml and the option list of
man/synapsed.yaml.5 anew instead of comparing them.
"""

import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(
    os.environ.get("SYN_TOP_SRCDIR", pathlib.Path(__file__).parents[2])
)
BINARY = os.environ.get("SYNAPSED", str(TOP / "build" / "synapsed"))
STORES = {
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SCALE_POSTGRES_URL": "postgresql://synapse@127.0.0.1/synapse",
}
BEGIN = '.\\" begin: printed by synapsed --sample-man\n'
END = '.\\" end\n'

pytestmark = pytest.mark.asan


def synapsed(*args, env=None, stores=True):
    keep = {
        k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "PATH"
    }
    return subprocess.run(
        [BINARY, *map(str, args)],
        env={**keep, "HOME": "/nowhere", **(STORES if stores else {}), **(env or {})},
        capture_output=True,
        timeout=60,
        check=False,
    )


def refused(result, *errors):
    """Exit status 1, nothing on standard output, exactly these errors."""
    assert result.stderr.decode(errors="backslashreplace").splitlines() == list(errors)
    assert result.stdout == b""
    assert result.returncode == 1


def value(text, key):
    """(value, source) of an option in what -T prints."""
    for line in text.decode().splitlines():
        name, rest = line.split(" = ", 1)
        if name == key:
            return tuple(rest.split("  # "))
    raise AssertionError(f"{key} is not shown")


SLOTS = "expected an integer from 1 to 100000"
URL = "expected a URL that begins with redis:// or rediss:// or unix://"

MALFORMED_YAML = {
    "unknown group": (
        "wroker: {slots: 5}\n",
        ["1:1: unknown option 'wroker'; did you mean 'worker'?"],
    ),
    "unknown option": (
        "redis:\n  ulr: redis://h\n",
        ["2:3: unknown option 'ulr' in 'redis'; did you mean 'url'?"],
    ),
    "dotted key": (
        "log.level: info\n",
        ["1:1: unknown option 'log.level'; write 'level:' inside of 'log:'"],
    ),
    "wrong type": (
        "worker:\n  slots: many\n",
        [f"2:10: worker.slots: 'many' is not an integer; {SLOTS}"],
    ),
    "octal": (
        "worker:\n  slots: 010\n",
        [f"2:10: worker.slots: '010' is not a decimal integer; {SLOTS}"],
    ),
    "out of range": (
        "worker:\n  slots: 0\n",
        [f"2:10: worker.slots: '0' is out of range; {SLOTS}"],
    ),
    "no unit": (
        "queue: {poll: 5}\n",
        [
            "1:15: queue.poll: '5' has no unit; expected a duration from 10ms to 1m, "
            "such as 1s"
        ],
    ),
    "given twice": (
        "log: {level: info}\nlog: {format: json}\n",
        ["2:1: 'log' is given twice, first in line 1"],
    ),
    "map instead of value": (
        "redis:\n  url:\n    host: h\n",
        [f"3:5: redis.url: is a map; {URL}"],
    ),
    "value instead of map": (
        "log: info\n",
        ["1:6: 'log' is a group of options, not an option"],
    ),
    "alias": (
        "log: &a {level: info}\nqueue: *a\n",
        [
            "1:6: anchors are not accepted",
            "2:8: aliases are not accepted: write the value out",
        ],
    ),
    "tag": (
        "log: !!python/object:os.system {}\n",
        ["1:6: tags are not accepted"],
    ),
    "merge key": (
        "log:\n  <<: {level: info}\n",
        ["2:3: merge keys are not accepted: write the values out"],
    ),
    "boolean where a word is wanted": (
        "log: {level: off}\n",
        [
            "1:14: log.level: 'off' is true or false in YAML (a name like this needs "
            "quotes); expected one of error, warn, info, debug"
        ],
    ),
    "bad list member": (
        "roles:\n  - worker\n  - clerk\n",
        [
            "3:5: roles: 'clerk' is none of them; expected one or more of worker, "
            "api, keeper"
        ],
    ),
    "second document": (
        "log: {level: info}\n---\n{}\n",
        ["2:1: a second document: the file must hold one"],
    ),
    "list as root": ("- log\n", ["1:1: the file must be a map of options"]),
    "broken syntax": (
        "roles: [api\n",
        [
            "2:1: did not find expected ',' or ']' (while parsing a flow sequence "
            "that begins in line 1)"
        ],
    ),
    "tabs": (
        "log:\n\tlevel: info\n",
        [
            "2:1: found character that cannot start any token (while scanning for "
            "the next token); indent with spaces, not with tabs"
        ],
    ),
    "nested too deep": (
        "x: " + "[" * 5000 + "\n",
        ["1:1: unknown option 'x'", "1:19: nested deeper than 16 levels"],
    ),
    "not UTF-8": (b"log:\n  # \xe9t\xe9\n", ["2:5: the file is not UTF-8"]),
    "control character": (
        "log:\n  level: \x1b\n",
        ["2:10: control characters are not allowed"],
    ),
    "malformed URL": (
        "redis: {url: 'redis://u:secret@h:port'}\n",
        [f"1:14: redis.url: the value has a malformed port; {URL}"],
    ),
    "several at once": (
        "lgo: 1\nworker: {slots: -1, processes: 0}\nqueue: {poll: x\n",
        [
            "1:1: unknown option 'lgo'; did you mean 'log'?",
            f"2:17: worker.slots: '-1' is out of range; {SLOTS}",
            "2:32: worker.processes: '0' is out of range; expected an integer from 1 "
            "to 256, or auto",
            "3:15: queue.poll: 'x' is not a duration; expected a duration from 10ms "
            "to 1m, such as 1s",
            "4:1: did not find expected ',' or '}' (while parsing a flow mapping that "
            "begins in line 3)",
        ],
    ),
}


@pytest.mark.parametrize("case", MALFORMED_YAML)
def test_a_malformed_file_is_refused_with_the_place(case, tmp_path):
    text, errors = MALFORMED_YAML[case]
    path = tmp_path / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(synapsed("-t", "-c", path), *[f"{path}:{e}" for e in errors])


MALFORMED_ENVIRONMENT = {
    "no number": (
        {"WORKER_CONCURRENCY": "many"},
        f"WORKER_CONCURRENCY: worker.slots: 'many' is not a decimal integer; {SLOTS}",
    ),
    "fraction": (
        {"WORKER_CONCURRENCY": "1.5"},
        f"WORKER_CONCURRENCY: worker.slots: '1.5' is not a decimal integer; {SLOTS}",
    ),
    "space": (
        {"WORKER_CONCURRENCY": " 5"},
        f"WORKER_CONCURRENCY: worker.slots: ' 5' is not a decimal integer; {SLOTS}",
    ),
    "too large": (
        {"MAX_GLOBAL_QUEUE_DEPTH": "99999999999999999999"},
        "MAX_GLOBAL_QUEUE_DEPTH: queue.depth_max: '99999999999999999999' is not a "
        "decimal integer; expected an integer from 1 to 100000000",
    ),
    "port": (
        {"SYNAPSE_BACKEND_PORT": "65536"},
        "SYNAPSE_BACKEND_PORT: api.listen: '65536' is not a port from 1 to 65535; "
        "expected a numeric address and a port, such as 127.0.0.1:8765 or [::1]:8765",
    ),
    "address in a port": (
        {"WORKER_HEALTH_PORT": "0.0.0.0:9000"},
        "WORKER_HEALTH_PORT: worker.health_listen: '0.0.0.0:9000' is not a decimal "
        "integer, which this variable holds; expected a numeric address and a port, "
        "such as 127.0.0.1:8765 or [::1]:8765",
    ),
    "bit": (
        {"PGBOUNCER_MODE": "yes"},
        "PGBOUNCER_MODE: postgres.pgbouncer: 'yes' is not a decimal integer, which "
        "this variable holds; expected either true or false",
    ),
    "unit in a stock variable": (
        {"PUBSUB_EVENT_TTL": "1h"},
        "PUBSUB_EVENT_TTL: events.ttl: '1h' is not a decimal integer, which this "
        "variable holds; expected a duration from 10s to 30d, such as 3600s",
    ),
    "no unit in ours": (
        {"SYNAPSED_EVENTS_TTL": "3600"},
        "SYNAPSED_EVENTS_TTL: events.ttl: '3600' has no unit; expected a duration from "
        "10s to 30d, such as 3600s",
    ),
    "scheme": (
        {"REDIS_URL": "http://user:secret@h"},
        f"REDIS_URL: redis.url: the value has another scheme or none; {URL}",
    ),
    "password not encoded": (
        {"REDIS_URL": "redis://user:sec/ret@h"},
        "REDIS_URL: redis.url: the value has an @ behind its host; in a user name or "
        f"password / ? # @ are written %2F %3F %23 %40; {URL}",
    ),
    "relative folder": (
        {"SYNAPSE_DATA_DIR": "data"},
        "SYNAPSE_DATA_DIR: data_dir: 'data' is not absolute; expected an absolute path "
        "of at most 3000 bytes",
    ),
    "name": (
        {"WORKER_QUEUE_SHARD": "a/b"},
        "WORKER_QUEUE_SHARD: queue.names: 'a/b' holds something else; expected 1 to 64 "
        "names, each 1 to 64 characters of A-Z a-z 0-9 _ . -",
    ),
    "bytes": (
        {b"WORKER_ID": b"w\xff\n"},
        "WORKER_ID: worker.name: 'w\\xff\\x0a' is no such name; expected 1 to 128 "
        "characters of A-Z a-z 0-9 _ . -",
    ),
    "typing error": (
        {"SYNAPSED_WORKER_SLOT": "5"},
        "'SYNAPSED_WORKER_SLOT': no option has this name; did you mean "
        "SYNAPSED_WORKER_SLOTS (worker.slots)?",
    ),
    "unknown": (
        {"SYNAPSED_COLOUR": "red"},
        "'SYNAPSED_COLOUR': no option has this name",
    ),
}


@pytest.mark.parametrize("case", MALFORMED_ENVIRONMENT)
def test_a_malformed_variable_is_refused_by_name(case):
    env, error = MALFORMED_ENVIRONMENT[case]
    refused(synapsed("-t", env=env), f"environment variable {error}")


MALFORMED_FLAGS = {
    "unknown flag": (["-x"], "unknown flag: -x"),
    "unknown long flag": (["--colour"], "unknown flag: --colour"),
    "no argument": (["-c"], "this flag needs an argument: -c"),
    "no long argument": (["--set"], "this flag needs an argument: --set"),
    "flag before a noun": (["-f", "run", "list"], "only -c may stand before run"),
}


@pytest.mark.parametrize("case", MALFORMED_FLAGS)
def test_wrong_usage_is_status_2(case):
    args, error = MALFORMED_FLAGS[case]
    result = synapsed(*args)
    assert result.stderr.decode() == f"synapsed: {error}; see synapsed -h\n"
    assert result.stdout == b""
    assert result.returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_users_that_are_not_there_are_refused_before_the_start():
    for option, value, error in (
            ("user", "nosuch", "user: there is no user nosuch"),
            ("group", "nosuch", "group: there is no group nosuch"),
            ("control.group", "nosuch", "control.group: there is no group nosuch")):
        result = synapsed("-t", "--set", "user=nobody", "--set", f"{option}={value}")
        assert (result.returncode, result.stderr.decode()) == (1, f"synapsed: {error}\n")


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    missing = tmp_path / "missing.yaml"
    refused(synapsed("-t", "-c", missing), f"{missing}: No such file or directory")
    refused(
        synapsed("-t", "-c", tmp_path), f"{tmp_path}: is a directory; expected a file"
    )
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    refused(synapsed("-t", "-c", fifo), f"{fifo}: is not a regular file")
    large = tmp_path / "large.yaml"
    large.write_text("#" * 1048577)
    refused(
        synapsed("-t", env={"SYNAPSED_CONF": str(large)}),
        f"{large}: {large} is larger than 1048576 bytes",
    )


def test_scale_mode_needs_the_stores():
    result = synapsed("-t", "--set", "mode=scale", stores=False)
    refused(
        result,
        "configuration: redis.url is not set; set it in the file, by REDIS_URL or by "
        "SYNAPSED_REDIS_URL",
        "configuration: postgres.url is not set; set it in the file, by "
        "SCALE_POSTGRES_URL or by SYNAPSED_POSTGRES_URL",
    )


def test_twenty_errors_are_shown_and_the_rest_counted(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("".join(f"wrong{i}: 1\n" for i in range(50)))
    lines = synapsed("-t", "-c", path).stderr.decode().splitlines()
    assert len(lines) == 21
    assert lines[19] == f"{path}:20:1: unknown option 'wrong19'"
    assert lines[20] == "and 30 more errors"


def good(result):
    """The configuration is; whether somebody answers at its addresses is another matter
    (6: nobody does), tested on real stores in test_check.py."""
    assert (result.stderr, result.returncode in (0, 6)) == (b"", True), result


def test_a_good_configuration_is_good(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("worker: {slots: 5}\n")
    result = synapsed("-t", "-c", path)
    good(result)
    lines = result.stdout.decode().splitlines()
    assert lines[0] == f"synapsed: the configuration is good ({path})"
    assert [line.split(" ")[0] for line in lines[1:]] == ["redis.url", "postgres.url"]


def test_values_are_shown_with_their_sources(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "postgres: {pgbouncer: yes}\nworker:\n  slots: 5\n  name: from-file\n"
    )
    result = synapsed(
        *("-T", "-c", path, "--set", "worker.slots=7", "--roles", "api,worker"),
        env={
            "REDIS_URL": "redis://user:secret@h:6379/2",
            "SYNAPSED_POSTGRES_URL": "postgres://u@h/d?password=secret",
            "WORKER_ID": "from-variable",
            "SYNAPSED_QUEUE_POLL": "",
        },
    )
    assert result.stderr == b""
    assert result.returncode == 0
    assert b"secret" not in result.stdout
    shown = {
        "roles": ("worker,api", "command line"),
        "redis.url": (
            "redis://user:***@h:6379/2",
            "environment variable REDIS_URL",
        ),
        "postgres.url": (
            "postgres://u@h/d?password=***",
            "environment variable SYNAPSED_POSTGRES_URL",
        ),
        "postgres.pgbouncer": ("true", f"{path}:1:23"),
        "worker.slots": ("7", "command line"),
        "worker.name": ("from-variable", "environment variable WORKER_ID"),
        "queue.poll": ("1s", "default"),
    }
    assert {key: value(result.stdout, key) for key in shown} == shown


def test_an_incomplete_configuration_is_shown_and_refused():
    result = synapsed("-T", "--set", "mode=scale", stores=False)
    assert value(result.stdout, "redis.url") == ("(not set)", "default")
    assert b"redis.url is not set" in result.stderr
    assert result.returncode == 1


def test_help_and_version_end_well():
    result = synapsed("-h", stores=False)
    assert result.returncode == 0
    for flag in ("-c FILE", "-f", "-t", "-T", "-V", "-h", "--roles", "--set", "--sample"):
        assert f"  {flag} " in result.stdout.decode()
    assert max(map(len, result.stdout.decode().splitlines())) <= 80
    result = synapsed("-V", stores=False)
    assert result.stdout.startswith(b"synapsed ")
    assert result.returncode == 0


def test_output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [BINARY, "--sample"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert b"No space left" in result.stderr
    assert result.returncode == 1


def test_the_sample_file_is_the_one_that_is_printed():
    printed = synapsed("--sample", stores=False).stdout.decode()
    path = TOP / "etc" / "synapsed.yaml"
    if os.environ.get("SYNAPSED_TEST_UPDATE"):
        path.write_text(printed)
    assert path.read_text() == printed


def test_the_sample_file_is_a_good_configuration():
    result = synapsed("-t", "-c", TOP / "etc" / "synapsed.yaml")
    good(result)


def test_the_manual_has_the_options_that_are_printed():
    printed = synapsed("--sample-man", stores=False).stdout.decode()
    path = TOP / "man" / "synapsed.yaml.5"
    before, rest = path.read_text().split(BEGIN)
    listed, after = rest.split(END)
    if os.environ.get("SYNAPSED_TEST_UPDATE"):
        path.write_text(before + BEGIN + printed + END + after)
        listed = printed
    assert listed == printed


def test_the_examples_of_the_manual_are_good(tmp_path):
    text = (TOP / "man" / "synapsed.yaml.5").read_text()
    section = text.split(".Sh EXAMPLES\n")[1].split(".Sh ")[0]
    blocks = [part.split(".Ed\n")[0] for part in section.split("indent\n")[1:]]
    path = tmp_path / "c.yaml"
    path.write_text(blocks[0])
    result = synapsed("-t", "-c", path, stores=False)
    good(result)
    env = dict(line.split("=", 1) for line in blocks[1].splitlines())
    result = synapsed("-t", env=env, stores=False)
    good(result)
