"""The messages of the graphql-transport-ws protocol, decoded and encoded by shape.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from server.graphql.execution import GraphQLRequest

SUBPROTOCOL = "graphql-transport-ws"
OperationId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ConnectionInit(msgspec.Struct, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class Ping(msgspec.Struct, tag_field="type", tag="ping"):
    payload: dict[str, Any] | None = None


class Pong(msgspec.Struct, tag_field="type", tag="pong", omit_defaults=True):
    payload: dict[str, Any] | None = None


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    id: OperationId
    payload: GraphQLRequest


class Complete(msgspec.Struct, tag_field="type", tag="complete"):
    id: OperationId


class ConnectionAck(msgspec.Struct, tag_field="type", tag="connection_ack"):
    pass


class Next(msgspec.Struct, tag_field="type", tag="next"):
    id: str
    payload: dict[str, Any]


class Error(msgspec.Struct, tag_field="type", tag="error"):
    id: str
    payload: list[dict[str, Any]]


FromClient: TypeAlias = ConnectionInit | Ping | Pong | Subscribe | Complete
ToClient: TypeAlias = ConnectionAck | Pong | Next | Error | Complete

_decoder: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_encoder = msgspec.json.Encoder()


def decode(text: str) -> FromClient:
    """Raises: msgspec.MsgspecError, RecursionError."""
    return _decoder.decode(text)


def encode(message: ToClient) -> str:
    return _encoder.encode(message).decode()
