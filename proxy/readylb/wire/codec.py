"""Messages to bytes and back: MessagePack, one map per message with its type's name in `type`.

An unknown type or a field of the wrong shape is refused (DecodeError); an unknown field is ignored,
so that the two sides may differ by one release while a worker is replaced.
"""

from __future__ import annotations

import msgspec

from readylb.wire.messages import ToControl, ToWorker

Message = ToWorker | ToControl

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """Return the message as bytes."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """Return the message that `data` holds; msgspec.DecodeError when it holds none."""
    return _decoder.decode(data)
