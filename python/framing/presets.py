"""Headers named after the protocols that use them.

| name | header | who speaks it |
|---|---|---|
| `TUTORIAL` | `DecimalHeader(10)` | the sockets tutorial's `f"{len(msg):<10}"` |
| `ERLANG_PACKET_4` | `BinaryHeader(4)` | Erlang's `{packet, 4}`, Twisted's `Int32StringReceiver`, and many others |
| `POSTGRES` | `BinaryHeader(4, length_offset=1, length_adjustment=-4)` | PostgreSQL, after the start-up message, \
which has no type byte: `BinaryHeader(4, length_adjustment=-4)` |
| `GRPC` | `BinaryHeader(4, length_offset=1)` | gRPC's messages inside an HTTP/2 stream; the field says whether they \
are compressed |
| `PROTOBUF_DELIMITED` | `VarintHeader()` | protobuf's `serialize_length_prefixed`, `writeDelimitedTo` |
| `NETSTRING` | `NetstringHeader()` | netstrings, as in SCGI, QMQP and Twisted's `NetstringReceiver` |
"""

from __future__ import annotations

from typing import Final

from ._framing import BinaryHeader, DecimalHeader, NetstringHeader, VarintHeader

__all__ = ["ERLANG_PACKET_4", "GRPC", "NETSTRING", "POSTGRES", "PROTOBUF_DELIMITED", "TUTORIAL"]

TUTORIAL: Final = DecimalHeader(10)
"""The sockets tutorial's header: ten bytes of decimal text."""

ERLANG_PACKET_4: Final = BinaryHeader(4)
"""Four bytes in network byte order. (https://www.erlang.org/doc/apps/kernel/inet.html#setopts/2, `packet`)"""

POSTGRES: Final = BinaryHeader(4, length_offset=1, length_adjustment=-4)
"""A type byte, and a length that counts itself. (https://www.postgresql.org/docs/current/protocol-overview.html)"""

GRPC: Final = BinaryHeader(4, length_offset=1)
"""A flag for compression, and a length. (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)"""

PROTOBUF_DELIMITED: Final = VarintHeader()
"""A varint. (https://protobuf.dev/programming-guides/techniques/#streaming)"""

NETSTRING: Final = NetstringHeader()
"""Decimal text and a colon, with a comma behind the payload. (https://cr.yp.to/proto/netstrings.txt)"""
