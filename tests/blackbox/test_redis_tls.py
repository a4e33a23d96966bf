"""TLS to Redis' own TLS port, with certificates of the test's own."""

import os
import subprocess

import pytest

from harness.redis_driver import Driver
from harness.ports import free_port
from harness.redis_server import PrivateRedis

pytestmark = pytest.mark.asan

QUICK = {"retry_min": 10, "retry_max": 50}


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


def make_ca(folder, name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", cwd=folder)


def make_cert(folder, name, ca, alt):
    (folder / "ext").write_text(f"subjectAltName={alt}\n")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout",
            f"{name}.key", "-out", f"{name}.csr", cwd=folder)
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", f"{name}.pem",
            cwd=folder)


@pytest.fixture(scope="module", name="pki")
def _pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    make_ca(folder, "ca")
    make_ca(folder, "other")
    make_cert(folder, "server", "ca", "IP:127.0.0.1,DNS:localhost")
    make_cert(folder, "strange", "ca", "DNS:somewhere.else")
    make_cert(folder, "client", "ca", "DNS:client")
    return folder


def start(pki, cert, *options):
    port = free_port()
    server = PrivateRedis("--tls-port", port, "--tls-cert-file", pki / f"{cert}.pem",
                          "--tls-key-file", pki / f"{cert}.key", "--tls-ca-cert-file",
                          pki / "ca.pem", *options)
    server.tls_port = port
    return server


@pytest.fixture(scope="module", name="server")
def _server(pki):
    server = start(pki, "server", "--tls-auth-clients", "no")
    yield server
    server.stop()


@pytest.fixture(name="driver")
def _driver():
    with Driver() as driver:
        yield driver


def test_a_verified_connection_works_like_a_plain_one(pki, server, driver):
    for host in ("127.0.0.1", "localhost"):
        mark = driver.mark()
        driver.open(f"rediss://{host}:{server.tls_port}/0?ssl_ca_certs={pki}/ca.pem",
                    queue_max=6000)
        driver.event("up", since=mark)
        assert driver.ask("SET", "k", "v")["reply"] == "OK"
        server.client().delete("order")
        mark = driver.mark()
        driver.tell(["burst", "b", 5000, "INCR", "order"])
        answers = driver.wait(lambda s: s.get("answer") == "b", 5000, since=mark, seconds=60)
        assert [a["reply"] for a in answers] == list(range(1, 5001))


def test_large_values_come_whole(pki, server, driver):
    server.client().set("large", os.urandom(12 << 20))
    driver.open(f"rediss://127.0.0.1:{server.tls_port}?ssl_ca_certs={pki}/ca.pem",
                command_timeout=20000)
    driver.event("up")
    assert driver.ask("GET", "large", seconds=30)["reply"] == 12 << 20
    driver.tell(["burst", "b", 60, "SET", "k", "v" * 50000])
    answers = driver.wait(lambda s: s.get("answer") == "b", 60)
    assert {a["reply"] for a in answers} == {"OK"}


def test_another_ca_is_refused(pki, server, driver):
    driver.open(f"rediss://127.0.0.1:{server.tls_port}?ssl_ca_certs={pki}/other.pem", **QUICK)
    retry = driver.event("retry", 2)[0]
    assert retry["code"] == "refused" and "certificate" in retry["text"]
    assert not [s for s in driver.said if s.get("event") == "up"]


def test_the_cas_of_the_system_do_not_know_ours(server, driver):
    driver.open(f"rediss://127.0.0.1:{server.tls_port}", **QUICK)
    assert "certificate" in driver.event("retry")["text"]


def test_a_certificate_of_another_host_is_refused_unless_told(pki, driver):
    server = start(pki, "strange", "--tls-auth-clients", "no")
    url = f"rediss://127.0.0.1:{server.tls_port}?ssl_ca_certs={pki}/ca.pem"
    try:
        driver.open(url, **QUICK)
        assert "mismatch" in driver.event("retry")["text"]
        mark = driver.mark()
        driver.open(url.replace("127.0.0.1", "localhost"), **QUICK)
        assert "mismatch" in driver.event("retry", since=mark)["text"]
        driver.open(url + "&ssl_check_hostname=false")
        driver.event("up")
        mark = driver.mark()
        driver.open(f"rediss://127.0.0.1:{server.tls_port}?ssl_cert_reqs=none")
        driver.event("up", since=mark)
    finally:
        server.stop()


def test_a_server_that_wants_our_certificate_gets_it(pki, driver):
    server = start(pki, "server", "--tls-auth-clients", "yes")
    url = f"rediss://127.0.0.1:{server.tls_port}?ssl_ca_certs={pki}/ca.pem"
    try:
        driver.open(url, **QUICK)
        driver.event("retry", 2)
        assert not [s for s in driver.said if s.get("event") == "up"]
        driver.open(f"{url}&ssl_certfile={pki}/client.pem&ssl_keyfile={pki}/client.key")
        driver.event("up")
        assert driver.ask("PING")["reply"] == "PONG"
    finally:
        server.stop()


def test_plain_and_tls_do_not_mix(pki, server, driver):
    driver.open(f"redis://127.0.0.1:{server.tls_port}", connect_timeout=500, **QUICK)
    driver.event("retry", 2)
    mark = driver.mark()
    driver.open(f"rediss://127.0.0.1:{server.port}?ssl_ca_certs={pki}/ca.pem",
                connect_timeout=500, **QUICK)
    driver.event("retry", 2, since=mark)
    assert not [s for s in driver.said if s.get("event") == "up"]


def test_a_tls_connection_that_is_cut_comes_back(pki, server, driver):
    driver.open(f"rediss://127.0.0.1:{server.tls_port}?ssl_ca_certs={pki}/ca.pem", **QUICK)
    driver.event("up")
    server.client().execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    driver.event("down")
    driver.event("up", 2)
    assert driver.ask("PING")["reply"] == "PONG"
