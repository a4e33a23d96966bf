"""An OpenAI-compatible server whose behaviour is a script.

    with FakeLLM() as llm:
        site.start(OPENAI_COMPATIBLE_BASE_URL=llm.url, OPENAI_COMPATIBLE_KEY="sk-test")
        ...
        call = llm.wait_call(model="x")
        llm.wait_ended(call)
        assert call.end == "closed"

What it does for a call is a behaviour, chosen by the first of these that says one:
llm.next("status:503", "echo") for the calls that come next, llm.script(call) if it was set,
[[behaviour]] in the last user message, llm.default. Behaviours:

    echo                 the last user message, without its [[...]]
    reply:<text>         that text
    call:<tool>:<args>   a call of that tool, in pieces, behind a token of text
    turn:<json>          one turn of an agent's model, as its keys say: "text", "reasoning", "calls"
                         (list of {"name", "arguments", "id"}; arguments that are a text go as they
                         are), "ms" (waits before), "each_ms" (between words of the text),
                         "plain" (no stream). Several calls are streamed
                         piece by piece, all at the same time
    sleep:<ms>           echo, after a while
    tokens:<n>:<ms>      "token1 token2 ...", one each ms
    status:<code>[:<retry after>]   that status with an error body in JSON
    html:<code>          that status with a body that is no JSON
    leak                 status 401 and, as its reason, the header with the key
    bad_json             an answer that is no JSON, or a chunk of the stream that is none
    empty                a JSON object without choices, or a stream without any chunk
    error_chunk:<n>      n tokens, then an error object in the stream
    truncated:<n>        n tokens, then the connection is closed within the body
    no_done:<n>          n tokens, then the body ends in order, without the end of the answer
    length               a Content-Length greater than what is sent
    plain                no stream, although one was asked for
    drop                 the connection is closed before the answer
    stall                no byte of an answer, ever
    stall_head           a head, and no byte of the body
    stall_mid:<n>        n tokens, then silence
    drip:<ms>            echo, one byte each ms
    endless:<ms>         tokens that do not end
    huge:<bytes>         an answer of that many bytes
    long_line:<bytes>    one line of the stream of that many bytes

Every call is a record in llm.calls, in order of arrival. The server is a thread with a loop of
its own; it holds thousands of connections.
"""

import asyncio
import collections
import dataclasses
import json
import re
import resource
import socket
import threading
import time

DEADLINE_S = 60

_DIRECTIVE = re.compile(r"\[\[([a-z_]+(?::[^\]]*)?)\]\]")
_HEAD_MAX = 65536
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
            429: "Too Many Requests", 500: "Internal Server Error",
            503: "Service Unavailable"}


class _Cut(Exception):
    """The behaviour closes the connection."""


@dataclasses.dataclass
class Call:
    """One request, as it came. Moments are of time.monotonic()."""

    number: int  # from 1, in order of arrival
    connection: int
    arrived_at: float
    path: str
    headers: dict  # names in lower case
    body: dict
    message: str  # of the last user message
    behaviour: str = ""
    tokens: int = 0  # sent so far
    end: str | None = None  # answered, closed (by the client), cut (by us); None: in flight
    ended_at: float | None = None

    @property
    def model(self):
        return self.body.get("model")

    @property
    def stream(self):
        return bool(self.body.get("stream"))

    @property
    def authorization(self):
        return self.headers.get("authorization")

    @property
    def key(self):
        """Its Idempotency-Key: one step of one run is one key."""
        return self.headers.get("idempotency-key")

    def matches(self, want):
        return all(getattr(self, name) == value for name, value in want.items())


def _message_of(body):
    for message in reversed(body.get("messages") or []):
        if message.get("role") == "user":
            content = message.get("content") or ""
            if isinstance(content, list):  # with images
                return "".join(part.get("text", "") for part in content)
            return content
    return ""


def calls_of(turn):
    """A turn's calls in the words of the protocol."""
    made = []
    for i, call in enumerate(turn.get("calls", [])):
        arguments = call.get("arguments", {})
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments)
        made.append({"id": call.get("id", f"c{i + 1}"), "type": "function",
                     "function": {"name": call["name"], "arguments": arguments}})
    return made


def turns(*script):
    """For FakeLLM.script: turn n of it answers a request with n answers behind its last user
    message, so that a request that is repeated gets the same one. The last one repeats."""
    def behaviour(call):
        roles = [m.get("role") for m in call.body.get("messages") or []]
        behind = roles[len(roles) - roles[::-1].index("user"):] if "user" in roles else roles
        turn = script[min(behind.count("assistant"), len(script) - 1)]
        return turn if isinstance(turn, str) else "turn:" + json.dumps(turn)
    return behaviour


def _head(code, *lines):
    text = [f"HTTP/1.1 {code} {_REASONS.get(code, 'Whatever')}", *lines, "", ""]
    return "\r\n".join(text).encode()


def _words(first, last):
    return " ".join(f"token{i}" for i in range(first, last + 1))


class _Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.number = 0
        self.transport = None
        self.data = b""
        self.call = None
        self.work = None
        self.writable = None
        self.chunked = False

    # -- the transport's --

    def connection_made(self, transport):
        self.transport = transport
        self.number = self.server.connected(self)
        self.writable = asyncio.Event()
        self.writable.set()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def connection_lost(self, exc):
        self.writable.set()
        self.server.disconnected(self)
        if self.work:
            self.work.cancel()
        if self.call:
            self.server.ended(self.call, "closed")
            self.call = None

    def data_received(self, data):
        self.data += data
        self.next_request()

    def next_request(self):
        if self.call or b"\r\n\r\n" not in self.data:
            if len(self.data) > _HEAD_MAX and b"\r\n\r\n" not in self.data:
                self.transport.abort()
            return
        head, rest = self.data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {n.strip().lower(): v.strip()
                   for n, v in (line.split(":", 1) for line in lines)}
        size = int(headers.get("content-length", 0))
        if len(rest) < size:
            return
        self.data = rest[size:]
        try:
            body = json.loads(rest[:size] or b"{}")
        except ValueError:
            body = {}
        self.call = self.server.arrived(self, first.split(" ")[1], headers, body)
        self.work = asyncio.get_running_loop().create_task(self.serve(self.call))

    # -- answers --

    async def serve(self, call):
        end = "answered"
        try:
            if call.path != "/v1/chat/completions":
                await self.status(call, 404)
            else:
                name, _, argument = call.behaviour.partition(":")
                await getattr(self, "do_" + name)(call, argument)
        except _Cut:
            end = "cut"
        self.work = None
        if self.call is call:
            self.call = None
            self.server.ended(call, end)
        if end == "cut" or call.headers.get("connection") == "close":
            self.transport.close()
        else:
            self.next_request()

    async def send(self, data):
        self.transport.write(data)
        await self.writable.wait()

    async def whole(self, code, body, *lines, kind="application/json"):
        data = body if isinstance(body, bytes) else body.encode()
        await self.send(_head(code, f"Content-Type: {kind}",
                              f"Content-Length: {len(data)}", *lines) + data)

    async def chunk(self, data):
        raw = data if isinstance(data, bytes) else data.encode()
        await self.send(b"%x\r\n%s\r\n" % (len(raw), raw))

    async def begin(self):
        await self.send(_head(200, "Content-Type: text/event-stream; charset=utf-8",
                              "Cache-Control: no-cache", "Transfer-Encoding: chunked"))

    def piece(self, call, delta, finish=None):
        return json.dumps({
            "id": f"chatcmpl-{call.number}", "object": "chat.completion.chunk",
            "created": 1700000000, "model": call.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })

    def usage(self, call, text):
        if self.server.usage:
            return self.server.usage
        asked = sum(len(m.get("content") or "") for m in call.body.get("messages", []))
        n_in, n_out = asked // 4 + 1, len(text) // 4 + 1
        return {"prompt_tokens": n_in, "completion_tokens": n_out,
                "total_tokens": n_in + n_out,
                "prompt_tokens_details": {"cached_tokens": 1}}

    async def token(self, call, text):
        call.tokens += 1
        await self.chunk(f"data: {self.piece(call, {'content': text})}\n\n")

    async def delta(self, call, delta):
        await self.chunk(f"data: {self.piece(call, delta)}\n\n")

    async def finish(self, call, text, reason="stop"):
        await self.chunk(f"data: {self.piece(call, {}, reason)}\n\n")
        if (call.body.get("stream_options") or {}).get("include_usage"):
            await self.chunk("data: " + json.dumps({
                "id": f"chatcmpl-{call.number}", "object": "chat.completion.chunk",
                "choices": [], "usage": self.usage(call, text),
            }) + "\n\n")
        await self.chunk("data: [DONE]\n\n")
        await self.send(b"0\r\n\r\n")

    def complete(self, call, text):
        return json.dumps({
            "id": f"chatcmpl-{call.number}", "object": "chat.completion",
            "created": 1700000000, "model": call.model,
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": text}}],
            "usage": self.usage(call, text),
        })

    async def answer(self, call, text):
        """All at once, the way the client asked for it."""
        if not call.stream:
            await self.whole(200, self.complete(call, text))
            return
        await self.begin()
        await self.token(call, text)
        await self.finish(call, text)

    async def status(self, call, code, *lines):
        await self.whole(code, json.dumps({"error": {
            "message": f"the script says {code}", "type": "scripted", "code": code,
        }}), *lines)

    async def some_tokens(self, call, argument):
        await self.begin()
        await self.chunk(f"data: {self.piece(call, {'role': 'assistant'})}\n\n")
        for i in range(1, int(argument or 2) + 1):
            await self.token(call, f"token{i} ")

    # -- behaviours --

    def echo_of(self, call):
        return _DIRECTIVE.sub("", call.message).strip()

    async def do_echo(self, call, _):
        await self.answer(call, self.echo_of(call))

    async def do_reply(self, call, text):
        await self.answer(call, text)

    async def do_call(self, call, argument):
        name, _, arguments = argument.partition(":")
        if not call.stream:
            message = {"role": "assistant", "content": None, "tool_calls": [
                {"id": "c1", "type": "function",
                 "function": {"name": name, "arguments": arguments}}]}
            await self.whole(200, json.dumps({"choices": [
                {"index": 0, "finish_reason": "tool_calls", "message": message}]}))
            return
        await self.begin()
        await self.token(call, "Let me see. ")
        half = len(arguments) // 2
        first = {"index": 0, "id": "c1", "type": "function",
                 "function": {"name": name, "arguments": arguments[:half]}}
        rest = {"index": 0, "function": {"arguments": arguments[half:]}}
        for piece in (first, rest):
            await self.chunk(f"data: {self.piece(call, {'tool_calls': [piece]})}\n\n")
        await self.finish(call, arguments)

    async def do_turn(self, call, argument):
        turn = json.loads(argument)
        text, thought, calls = turn.get("text"), turn.get("reasoning"), calls_of(turn)
        await asyncio.sleep(turn.get("ms", 0) / 1000)
        if turn.get("plain") or not call.stream:
            message = {"role": "assistant", "content": text, "tool_calls": calls or None,
                       "reasoning_content": thought}
            await self.whole(200, json.dumps({
                "choices": [{"index": 0, "message": message,
                             "finish_reason": "tool_calls" if calls else "stop"}],
                "usage": self.usage(call, argument)}))
            return
        await self.begin()
        if thought:
            await self.delta(call, {"reasoning_content": thought})
        for word in re.findall(r"\S+\s*", text or "") if turn.get("each_ms") else [text]:
            if word:
                await self.token(call, word)
            await asyncio.sleep(turn.get("each_ms", 0) / 1000)
        for i, made in enumerate(calls):
            await self.delta(call, {"tool_calls": [{**made, "index": i, "function": {
                "name": made["function"]["name"], "arguments": ""}}]})
        most = max((len(made["function"]["arguments"]) for made in calls), default=0)
        for at in range(0, most, 16):
            for i, made in enumerate(calls):
                if part := made["function"]["arguments"][at:at + 16]:
                    await self.delta(call, {"tool_calls": [
                        {"index": i, "function": {"arguments": part}}]})
        await self.finish(call, argument, "tool_calls" if calls else "stop")

    async def do_sleep(self, call, argument):
        await asyncio.sleep(int(argument) / 1000)
        await self.answer(call, self.echo_of(call))

    async def do_tokens(self, call, argument):
        count, _, each_ms = argument.partition(":")
        count, each_s = int(count), int(each_ms or 0) / 1000
        if not call.stream:
            await asyncio.sleep(count * each_s)
            await self.answer(call, _words(1, count))
            return
        await self.begin()
        await self.chunk(f"data: {self.piece(call, {'role': 'assistant'})}\n\n")
        for i in range(1, count + 1):
            await asyncio.sleep(each_s)
            await self.token(call, f"{' ' if i > 1 else ''}token{i}")
        await self.finish(call, _words(1, count))

    async def do_status(self, call, argument):
        code, _, after = argument.partition(":")
        await self.status(call, int(code), *([f"Retry-After: {after}"] if after else []))

    async def do_leak(self, call, _):
        await self.whole(401, json.dumps({"error": {
            "message": f"this is no key: {call.authorization}",
        }}))

    async def do_html(self, _, argument):
        await self.whole(int(argument or 502), "<html>bad gateway</html>",
                         kind="text/html")

    async def do_bad_json(self, call, _):
        if not call.stream:
            await self.whole(200, '{"choices": [')
            return
        await self.begin()
        await self.token(call, "fine ")
        await self.chunk('data: {"choices": [\n\n')
        await self.finish(call, "fine")

    async def do_empty(self, call, _):
        if not call.stream:
            await self.whole(200, "{}")
            return
        await self.begin()
        await self.chunk("data: [DONE]\n\n")
        await self.send(b"0\r\n\r\n")

    async def do_error_chunk(self, call, argument):
        await self.some_tokens(call, argument)
        await self.chunk('data: {"error": {"message": "overloaded", "code": 503}}\n\n')
        await self.send(b"0\r\n\r\n")

    async def do_truncated(self, call, argument):
        await self.some_tokens(call, argument)
        await self.send(b"ff\r\ndata: {")
        raise _Cut

    async def do_no_done(self, call, argument):
        await self.some_tokens(call, argument)
        await self.send(b"0\r\n\r\n")

    async def do_length(self, call, _):
        data = self.complete(call, "short").encode()
        await self.send(_head(200, "Content-Type: application/json",
                              f"Content-Length: {len(data) + 1000}") + data)
        raise _Cut

    async def do_plain(self, call, _):
        await self.whole(200, self.complete(call, self.echo_of(call)))

    async def do_drop(self, *_):
        raise _Cut

    async def forever(self):
        await asyncio.get_running_loop().create_future()

    async def do_stall(self, *_):
        await self.forever()

    async def do_stall_head(self, *_):
        await self.begin()
        await self.forever()

    async def do_stall_mid(self, call, argument):
        await self.some_tokens(call, argument)
        await self.forever()

    async def do_drip(self, call, argument):
        text = self.echo_of(call)
        data = (f"data: {self.piece(call, {'content': text})}\n\n"
                f"data: {self.piece(call, {}, 'stop')}\n\ndata: [DONE]\n\n").encode()
        await self.begin()
        for i in range(len(data)):
            await asyncio.sleep(int(argument or 1) / 1000)
            await self.chunk(data[i:i + 1])
        await self.send(b"0\r\n\r\n")

    async def do_endless(self, call, argument):
        await self.begin()
        while True:
            await self.token(call, f"token{call.tokens + 1} ")
            await asyncio.sleep(int(argument or 1) / 1000)

    async def do_huge(self, call, argument):
        left = int(argument)
        if not call.stream:
            await self.whole(200, self.complete(call, "x" * left))
            return
        await self.begin()
        while left > 0:
            await self.token(call, "x" * min(left, 16384))
            left -= 16384
        await self.finish(call, "x" * int(argument))

    async def do_long_line(self, call, argument):
        await self.begin()
        await self.chunk("data: " + "x" * int(argument))
        await self.chunk("\n\n")
        await self.finish(call, "")


class FakeLLM:
    def __init__(self, default="echo", script=None, tls=None):
        self.default = default
        self.tls = tls  # an ssl.SSLContext
        self.script = script
        self.usage = None  # what every answer says, in place of something like the truth
        self.calls = []
        self.connections = 0
        self.open = 0  # connections now
        self.changed = threading.Condition()
        self._next = collections.deque()
        self._live = set()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._server = None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(DEADLINE_S)

    @property
    def url(self):
        """What OPENAI_COMPATIBLE_BASE_URL wants."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/v1"

    # -- for tests --

    def next(self, *behaviours):
        """The calls that come next get these, in order of arrival."""
        with self.changed:
            self._next.extend(behaviours)

    def find(self, **want):
        """Calls whose fields are these, in order of arrival."""
        with self.changed:
            return [c for c in self.calls if c.matches(want)]

    def in_flight(self):
        return self.find(end=None)

    def counts(self):
        """How many calls there were of each Idempotency-Key."""
        with self.changed:
            return collections.Counter(c.key for c in self.calls)

    def wait(self, check, what, deadline_s=DEADLINE_S):
        """Until check() is true, looked at whenever something happens; its value."""
        end = time.monotonic() + deadline_s
        with self.changed:
            while not (value := check()):
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(
                        f"never: {what}; calls: "
                        + str([(c.number, c.model, c.behaviour, c.end)
                               for c in self.calls[-20:]])
                    )
                self.changed.wait(min(left, 1))
            return value

    def wait_calls(self, count=1, deadline_s=DEADLINE_S, **want):
        """Until that many such calls have come; they, in order."""
        def check():
            calls = [c for c in self.calls if c.matches(want)]
            return calls if len(calls) >= count else None
        return self.wait(check, f"{count} calls {want}", deadline_s)

    def wait_call(self, **want):
        return self.wait_calls(1, **want)[0]

    def wait_tokens(self, call, count):
        self.wait(lambda: call.tokens >= count, f"{count} tokens of call {call.number}")

    def wait_ended(self, call, deadline_s=DEADLINE_S):
        """Until the call is over; how it ended."""
        return self.wait(lambda: call.end, f"the end of call {call.number}", deadline_s)

    def wait_idle(self, deadline_s=DEADLINE_S):
        self.wait(lambda: all(c.end for c in self.calls), "no call in flight", deadline_s)

    def close(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(DEADLINE_S)
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- the server's, in its thread --

    def _run(self, ready):
        async def listen():
            self._server = await self._loop.create_server(
                lambda: _Connection(self), sock=self._socket, backlog=4096,
                ssl=self.tls,
            )
            ready.set()

        async def end():
            self._server.close()
            for connection in list(self._live):
                connection.transport.abort()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.set_event_loop(self._loop)
        self._loop.create_task(listen())
        self._loop.run_forever()
        self._loop.run_until_complete(end())
        self._loop.close()

    def connected(self, connection):
        with self.changed:
            self._live.add(connection)
            self.connections += 1
            self.open += 1
            return self.connections

    def disconnected(self, connection):
        with self.changed:
            self._live.discard(connection)
            self.open -= 1
            self.changed.notify_all()

    def arrived(self, connection, path, headers, body):
        with self.changed:
            call = Call(len(self.calls) + 1, connection.number, time.monotonic(), path,
                        headers, body, _message_of(body))
            found = _DIRECTIVE.search(call.message)
            if self._next:
                call.behaviour = self._next.popleft()
            elif self.script and (said := self.script(call)):
                call.behaviour = said
            elif found:
                call.behaviour = found[1]
            else:
                call.behaviour = self.default
            self.calls.append(call)
            self.changed.notify_all()
            return call

    def ended(self, call, how):
        with self.changed:
            call.end = how
            call.ended_at = time.monotonic()
            self.changed.notify_all()
