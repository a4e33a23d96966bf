"""nginx in front of API servers, as an operator would have it: a server by chance, streams as they
come, and a request passed on to the next server when its own dies, if it may be sent twice."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from harness.ports import free_port

# What may be sent twice: what was not sent yet, and what is idempotent by its method (nginx's own
# rule); a POST only with a key that makes it so.
CONFIG = """
{user}
daemon off;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log warn;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	upstream replicas {{
		random;
{servers}
		keepalive 16;
	}}
	server {{
		listen 127.0.0.1:{port};
		client_max_body_size 32m;
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_set_header Host $host;
		proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
		proxy_connect_timeout 2s;
		proxy_read_timeout 75s;
		proxy_buffering off;
		location / {{
			error_page 418 = @keyed;
			if ($http_idempotency_key) {{ return 418; }}
			proxy_next_upstream error timeout http_503;
			proxy_pass http://replicas;
		}}
		location @keyed {{
			proxy_next_upstream error timeout http_503 non_idempotent;
			proxy_pass http://replicas;
		}}
	}}
}}
"""


class PrivateNginx:
    """Started by the constructor; stop() ends it and removes its folder."""

    def __init__(self, ports):
        program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        if not program:
            raise RuntimeError("no nginx: install nginx-light")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="syn-nginx-"))
        self.port = free_port()
        servers = "\n".join(f"\t\tserver 127.0.0.1:{p} max_fails=1 fail_timeout=1s;"
                            for p in ports)
        # its workers are nobody's otherwise, who may not enter the folder
        user = "user root;" if os.geteuid() == 0 else ""
        (self.dir / "conf").write_text(CONFIG.format(
            user=user, dir=self.dir, servers=servers, port=self.port))
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "-p", str(self.dir), "-c", str(self.dir / "conf"),
                 "-e", str(self.dir / "error.log")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self.dir / "log").read_text()) from None
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)
