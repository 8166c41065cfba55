"""What a careful Python programmer writes without a library: the peers of the benchmarks."""

from __future__ import annotations

HEADER_SIZE = 10


class HandDecoder:
    """A bytearray, `int()`, and one deletion per chunk."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        buffer = self.buffer
        buffer += data
        frames = []
        at = 0
        end = len(buffer)
        while end - at >= HEADER_SIZE:
            length = int(buffer[at : at + HEADER_SIZE])
            stop = at + HEADER_SIZE + length
            if stop > end:
                break
            frames.append(bytes(buffer[at + HEADER_SIZE : stop]))
            at = stop
        if at:
            del buffer[:at]
        return frames


def encode(payload: bytes) -> bytes:
    return b"%-10d%b" % (len(payload), payload)
