"""The server http://tools of the cases: what it answers is in each case's `http`.

A tool of case x is stored with the url <server>/<id of x>/..., so one server is enough for all.
"""

import http.server
import json
import threading
import urllib.parse


def answer_of(answers, path, body):
    """(status, content type, text)"""
    answer = answers.get(path)
    if answer and "if" in answer:
        answer = answer["then" if answer["if"] in body else "else"]
    if answer is None:
        return 404, "text/plain", f"nothing is at {path}"
    if "json" in answer:
        return answer.get("status", 200), "application/json", json.dumps(answer["json"], indent=1)
    return answer.get("status", 200), "text/plain", answer["text"]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        split = urllib.parse.urlsplit(self.path)
        _, case_id, rest = split.path.split("/", 2)
        path = "/" + urllib.parse.unquote(rest)
        with web.lock:
            web.requests.append((case_id, {
                "method": self.command, "path": path,
                "query": urllib.parse.parse_qs(split.query),
                "body": json.loads(body) if body else None,
                "owl": self.headers.get("X-Owl"),
                "key": self.headers.get("Idempotency-Key")}))
        case = web.cases.get(case_id)
        status, kind, text = answer_of(case.get("http", {}) if case else {}, path, body)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients die in these tests


class Web:
    def __init__(self, cases):
        self.cases = {case.id: case for case in cases}
        self.lock = threading.Lock()
        self.requests = []
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.web = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,),
                                       daemon=True)

    def requests_of(self, case):
        with self.lock:
            return [request for case_id, request in self.requests if case_id == case.id]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
