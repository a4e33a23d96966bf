"""HTTP as a client of the daemon speaks it: http.client, with a key and JSON."""

import http.client
import json as json_

from harness import PATIENCE


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json_.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Http:
    """One connection per request; .get(path), .post(path, json=...), .request(...)"""

    def __init__(self, port, key=None, host="127.0.0.1"):
        self.host = host
        self.port = port
        self.key = key

    def request(self, method, path, body=None, json=None, headers=None):
        sent = {} if self.key is None else {"X-API-Key": self.key}
        if json is not None:
            body = json_.dumps(json).encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=sent)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, **more):
        return self.request("POST", path, **more)
