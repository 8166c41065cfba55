"""What a careful Python programmer writes for the other headers, without a library.

Each decoder keeps a bytearray, and deletes from it once per chunk.
"""

from __future__ import annotations

import struct


class BinaryDecoder:
    def __init__(self, layout: struct.Struct | None = None, adjustment: int = 0) -> None:
        self.buffer = bytearray()
        self.layout = layout or struct.Struct(">I")
        self.adjustment = adjustment

    def feed(self, data: bytes, /) -> list[bytes]:
        buffer = self.buffer
        buffer += data
        frames = []
        unpack_from, size, adjustment = self.layout.unpack_from, self.layout.size, self.adjustment
        at, end = 0, len(buffer)
        while end - at >= size:
            (length,) = unpack_from(buffer, at)
            stop = at + size + length + adjustment
            if stop > end:
                break
            frames.append(bytes(buffer[at + size : stop]))
            at = stop
        if at:
            del buffer[:at]
        return frames


class VarintDecoder:
    def __init__(self) -> None:
        self.buffer = bytearray()

    def feed(self, data: bytes, /) -> list[bytes]:
        buffer = self.buffer
        buffer += data
        frames = []
        at, end = 0, len(buffer)
        while True:
            length, shift, start = 0, 0, at
            while start < end:
                byte = buffer[start]
                length |= (byte & 0x7F) << shift
                start += 1
                if byte < 0x80:
                    break
                shift += 7
            else:
                break
            stop = start + length
            if stop > end:
                break
            frames.append(bytes(buffer[start:stop]))
            at = stop
        if at:
            del buffer[:at]
        return frames


class NetstringDecoder:
    def __init__(self) -> None:
        self.buffer = bytearray()

    def feed(self, data: bytes, /) -> list[bytes]:
        buffer = self.buffer
        buffer += data
        frames = []
        at, end = 0, len(buffer)
        while (colon := buffer.find(b":", at, at + 11)) >= 0:
            stop = colon + 1 + int(buffer[at:colon])
            if stop >= end:
                break
            if buffer[stop] != 0x2C:
                raise ValueError("no comma")
            frames.append(bytes(buffer[colon + 1 : stop]))
            at = stop + 1
        if at:
            del buffer[:at]
        return frames
