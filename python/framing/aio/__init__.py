"""Messages over asyncio: framed streams, servers, and protocols with callbacks.

    async def handler(stream):
        async for frame in stream:
            await stream.send(frame)

    async with await aio.start_server(handler, "127.0.0.1", 1235) as server:
        await server.serve_forever()

All of it runs on the event loop's own thread, over asyncio's transports and uvloop's. Use every object only on the
thread of its loop.
"""

from __future__ import annotations

from ._adaptors import read_frame, write_frame
from ._connect import open_connection, open_unix_connection
from ._protocol import FramedProtocol
from ._server import FramedServer, start_server, start_unix_server
from ._stream import FramedStream

__all__ = [
    "FramedProtocol",
    "FramedServer",
    "FramedStream",
    "open_connection",
    "open_unix_connection",
    "read_frame",
    "start_server",
    "start_unix_server",
    "write_frame",
]

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name
