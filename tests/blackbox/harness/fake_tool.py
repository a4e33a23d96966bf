"""A server that custom tools of type http call.

    with FakeTool() as tool:
        ... tool.url + "/echo" ...

It answers by the path: /echo with what was asked as JSON, /text with a text, /status/<n> with
that status, /refuse_first with 422 once and then as /echo, /slow with nothing for 30 s,
/wait/<ms> as /echo after a while, unless the client goes. Every request is a record in
tool.requests; its "end" is answered, closed (by the client), or None.
"""

import http.server
import json
import select
import threading
import time


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        tool = self.server.tool
        length = int(self.headers.get("Content-Length") or 0)
        asked = {"method": self.command, "path": self.path,
                 "headers": {k.lower(): v for k, v in self.headers.items()},
                 "body": self.rfile.read(length).decode(), "end": None}
        with tool.lock:
            tool.requests.append(asked)
            number = len(tool.requests)
        path = self.path.split("?")[0]
        status, kind = 200, "application/json"
        body = json.dumps({"method": asked["method"], "body": asked["body"]}, indent=2)
        if path.startswith("/status/"):
            status = int(path.split("/")[2])
        elif path == "/text":
            body, kind = "plain text", "text/plain"
        elif path == "/refuse_first" and number == 1:
            status, body = 422, '{"detail": "q is too short"}'
        elif path.startswith("/wait/"):
            seen, _, _ = select.select([self.connection], [], [], int(path.split("/")[2]) / 1000)
            if seen:  # nothing else is sent before the answer
                asked["end"] = "closed"
                self.close_connection = True
                return
        elif path == "/slow":
            tool.stopped.wait(30)
        asked["end"] = "closed" if self.cut(status, kind, body.encode()) else "answered"

    def cut(self, status, kind, data):
        """Whether the client has gone before it had the answer."""
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True
            return True
        return False

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that went away are what tests do


class FakeTool:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests = []
        self.stopped = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.tool = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)

    def wait_requests(self, count=1, deadline_s=60):
        end = time.monotonic() + deadline_s
        while len(self.requests) < count:
            assert time.monotonic() < end, self.requests
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
