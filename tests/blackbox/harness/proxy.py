"""A TCP proxy that misbehaves on purpose, for Redis and Postgres.

    with Proxy(postgres.port) as proxy:
        proxy.delay_s = 0.1                     each piece waits, either way
        proxy.hold()                            half-open: no byte and no close, until
        proxy.release()                         what was held goes on
        proxy.cut()                             every connection is reset
        proxy.refuse(True)                      new ones are reset at once
        proxy.truncate(100)                     after so many bytes of answers: closed
        swallowed = proxy.swallow(b"steps_commit")
            the next connection whose client sends these bytes gets no answer any more,
            whatever the server does with them; it is reset after swallowed.cut_after_s
        swallowed.wait()                        until that has happened

Bytes are looked for in each piece as it comes; a statement's name is in one piece in
practice, since libpq writes a batch at once. A thread with a loop of its own.
"""

import asyncio
import socket
import struct
import threading

PIECE = 65536


class Swallow:
    def __init__(self, match, cut_after_s):
        self.match = match
        self.cut_after_s = cut_after_s
        self.met = threading.Event()
        self.over = threading.Event()
        self.bytes = 0  # of answers that went nowhere

    def wait(self, deadline_s=60):
        assert self.met.wait(deadline_s), f"{self.match} was never sent"
        assert self.over.wait(deadline_s)


class _Pair:
    """A client's connection and the one to the server."""

    def __init__(self, proxy, reader, writer):
        self.proxy = proxy
        self.client = reader, writer
        self.server = None
        self.swallow = None
        self.works = []

    async def run(self):
        try:
            self.server = await asyncio.open_connection("127.0.0.1", self.proxy.target)
            self.works = [
                asyncio.ensure_future(self._up(self.client[0], self.server[1])),
                asyncio.ensure_future(self._down(self.server[0], self.client[1])),
            ]
            await asyncio.wait(self.works, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the server is down: the client sees a reset
        finally:
            self.close()

    async def _piece(self, reader):
        piece = await reader.read(PIECE)
        if piece and self.proxy.delay_s:
            await asyncio.sleep(self.proxy.delay_s)
        await self.proxy.going.wait()
        return piece

    async def _up(self, reader, writer):
        while piece := await self._piece(reader):
            self._watch(piece)
            writer.write(piece)
            await writer.drain()

    def _watch(self, piece):
        for swallow in self.proxy.swallows:
            if swallow.match in piece and not self.swallow:
                self.proxy.swallows.remove(swallow)
                self.swallow = swallow
                self.proxy.loop.call_later(swallow.cut_after_s, self._swallowed)
                swallow.met.set()
                return

    def _swallowed(self):
        self.reset()
        self.swallow.over.set()

    async def _down(self, reader, writer):
        while piece := await self._piece(reader):
            if self.swallow:
                self.swallow.bytes += len(piece)
                continue
            left = self.proxy.answers_left
            if left is not None:
                piece = piece[:left]
                self.proxy.answers_left = left - len(piece)
            writer.write(piece)
            await writer.drain()
            if self.proxy.answers_left == 0:
                self.proxy.answers_left = None
                return

    def reset(self):
        sock = self.client[1].get_extra_info("socket")
        if sock:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass  # closed already
        self.close()

    def close(self):
        for work in self.works:
            work.cancel()
        for end in (self.client, self.server):
            if end:
                end[1].transport.abort()
        self.proxy.pairs.discard(self)


class Proxy:
    def __init__(self, target):
        self.target = target
        self.delay_s = 0.0
        self.answers_left = None
        self.refusing = False
        self.pairs = set()
        self.swallows = []
        self.connections = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        self.going = asyncio.Event()
        self.going.set()
        server = self.loop.run_until_complete(
            asyncio.start_server(self._accept, "127.0.0.1", 0, limit=PIECE))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        for pair in list(self.pairs):
            pair.close()
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()

    async def _accept(self, reader, writer):
        pair = _Pair(self, reader, writer)
        self.connections += 1
        if self.refusing:
            pair.reset()
            return
        self.pairs.add(pair)
        await pair.run()

    def _call(self, act, *args):
        """In the loop's thread; returns when it is done."""
        done = threading.Event()

        def run():
            act(*args)
            done.set()

        self.loop.call_soon_threadsafe(run)
        assert done.wait(20)

    def hold(self):
        self._call(self.going.clear)

    def release(self):
        self._call(self.going.set)

    def cut(self):
        self._call(lambda: [pair.reset() for pair in list(self.pairs)])

    def refuse(self, whether):
        self.refusing = whether

    def truncate(self, n):
        self.answers_left = n

    def swallow(self, match, cut_after_s=0.5):
        made = Swallow(match, cut_after_s)
        self._call(self.swallows.append, made)
        return made

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
