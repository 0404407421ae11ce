"""A bad network of our own between browser and server: a TCP proxy on loopback that cuts, delays, and drops answers half way."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from typing import Any

OPEN, CUT, SLOW, HALF, DEAF = "open", "cut", "slow", "half", "deaf"
"""Everything passes; nothing connects and what is open breaks; it drips; answers break somewhere; what is sent arrives, no answer comes back."""
MOODS = (OPEN, CUT, SLOW, HALF, DEAF)
PIECE = 16_384
SETTLING = 50
"""Rounds of the loop in which it makes the connections that it accepted, and lets go of those that were closed."""


class Network:
    """One line to a server; set `mood` at any moment, from any thread."""

    def __init__(self, port: int, seed: int = 0) -> None:
        self.target = port
        self.mood = OPEN
        self.port = 0
        self.broken = 0
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._made: list[asyncio.StreamWriter] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Network:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def become(self, mood: str) -> None:
        self.mood = mood
        if mood == CUT:
            self._loop.call_soon_threadsafe(self._cut_all)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self.mood = CUT
        # What was accepted last becomes a connection before the server closes: after that it would be left half-made, open.
        for socket in server.sockets:
            self._loop.remove_reader(socket.fileno())
        self._loop.run_until_complete(_settled())
        server.close()
        for writer in self._made:  # one that was closed may still wait for its other side to read
            writer.transport.abort()
        under_way = asyncio.all_tasks(self._loop)
        for task in under_way:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*under_way, return_exceptions=True))
        self._loop.run_until_complete(_settled())
        self._loop.close()

    def _cut_all(self) -> None:
        for writer in self._open:
            self.broken += 1
            writer.transport.abort()
        self._open.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._made.append(writer)
        if self.mood == CUT:
            writer.transport.abort()
            return
        ends = [writer]
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
            ends.append(to_server)
            self._made.append(to_server)
            self._open.update(ends)
            there = asyncio.create_task(self._pass(reader, to_server, is_answer=False))
            back = asyncio.create_task(self._pass(from_server, writer, is_answer=True))
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            for task in (there, back):
                task.cancel()
            if self.mood == OPEN:
                for one in ends:
                    one.close()
                return
        except OSError:
            pass
        finally:
            self._open.difference_update(ends)
            for one in ends:
                if not one.is_closing():
                    one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while piece := await reader.read(PIECE):
                if self.mood == SLOW:
                    await asyncio.sleep(self._chance.uniform(0.02, 0.3))
                if is_answer and self.mood == DEAF:
                    await asyncio.sleep(self._chance.uniform(0.1, 0.5))
                    break
                if is_answer and self.mood == HALF and self._chance.random() < 0.5:
                    writer.write(piece[: self._chance.randrange(len(piece))])
                    await writer.drain()
                    break
                writer.write(piece)
                await writer.drain()
                continue
            else:
                return
            self.broken += 1
            writer.transport.abort()


async def _settled() -> None:
    for _ in range(SETTLING):
        await asyncio.sleep(0)


def moods(seed: int) -> Any:
    """Moods for ever, and how long each lasts in seconds."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(MOODS), chance.uniform(0.2, 1.5)
