"""A proxy before a server that cuts a connection in the middle of a reply, or before it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


class Proxy:
    """Forwards everything, until it is told to cut."""

    def __init__(self, port: int) -> None:
        self.cut_of: int | None = None
        """How many bytes the reply had that was cut last."""
        self._to = port
        self._wanted: Callable[[bytes], bool] | None = None
        self._keep = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    def cut(self, wanted: Callable[[bytes], bool], keep: int) -> None:
        """Cuts the connection in the next reply to a request that is `wanted`, behind so many bytes."""
        self.cut_of = None
        self._keep = keep
        self._wanted = wanted

    def stop(self) -> None:
        """Ends it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, started: threading.Event) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        for connection in self._open:  # each task then ends by itself
            connection.close()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = b""

        async def requests() -> None:
            nonlocal request
            while data := await reader.read(1 << 16):
                request = data
                to_server.write(data)

        async def replies() -> None:
            while data := await from_server.read(1 << 16):
                if self._wanted is not None and self._wanted(request):
                    self._wanted = None
                    writer.write(data[: self._keep])
                    await writer.drain()
                    self.cut_of = len(data)
                    return
                writer.write(data)

        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, to_server}
        tasks = [asyncio.ensure_future(requests()), asyncio.ensure_future(replies())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            writer.close()
            to_server.close()
            self._open -= {writer, to_server}
