"""GraphQL over HTTP, by the specification of that name; no batches."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

import msgspec
from graphql import ExecutionResult, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.graphql.accept import EVENT_STREAM, GRAPHQL_RESPONSE, choose_media_type
from server.graphql.documents import BadRequest, NoOperation
from server.graphql.event_stream import EventStreams
from server.graphql.execution import (
    EXECUTION_LIMIT_SECONDS,
    TOO_SLOW,
    GraphQLRequest,
    MakeContext,
)
from server.graphql.masking import formatted
from server.graphql.operations import Operations
from server.refusals import Refused
from server.security.access import viewer_of
from server.security.bodies import read_json_body
from server.security.requests import client_address, request_id

ALLOWED_OPERATIONS = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}
JSON_PARAMETERS = ("variables", "extensions")


class GraphQLOverHTTP:
    """The ASGI application behind /graphql; only a signed-in viewer gets here."""

    def __init__(
        self, operations: Operations, make_context: MakeContext, events: EventStreams
    ) -> None:
        self.operations = operations
        self.make_context = make_context
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method not in ALLOWED_OPERATIONS:
            raise Refused(
                405, "METHOD_NOT_ALLOWED", "GraphQL takes GET and POST.", {"Allow": "GET, POST"}
            )
        media_type = choose_media_type(request.headers.get("accept"))
        if media_type is None:
            raise Refused(
                406,
                "NOT_ACCEPTABLE",
                f"Answers are {GRAPHQL_RESPONSE}, application/json or {EVENT_STREAM}.",
            )
        asked = _from_query(request) if request.method == "GET" else await _from_body(request)
        if media_type == EVENT_STREAM:
            await self.events.respond(request, asked, send)
            return
        result = await self._execute(request, asked)
        response = _respond(result, media_type, request_id(scope))
        await response(scope, receive, send)

    async def _execute(self, request: Request, asked: GraphQLRequest) -> ExecutionResult:
        scope = request.scope
        context = self.make_context(viewer_of(scope), request_id(scope), client_address(scope))
        try:
            operation = self.operations.prepare(asked, context)
        except NoOperation as refused:
            raise _bad_request(str(refused)) from None
        except BadRequest as refused:
            return ExecutionResult(None, refused.errors)
        if operation.kind is OperationType.SUBSCRIPTION:
            raise _bad_request(
                "Subscriptions run over WebSocket (subprotocol graphql-transport-ws), or as "
                f"server-sent events: send Accept: {EVENT_STREAM}."
            )
        if operation.kind not in ALLOWED_OPERATIONS[request.method]:
            raise Refused(405, "METHOD_NOT_ALLOWED", "A mutation needs POST.", {"Allow": "POST"})
        try:
            async with asyncio.timeout(EXECUTION_LIMIT_SECONDS):
                return await operation.result()
        except TimeoutError:
            raise Refused(503, "TOO_SLOW", TOO_SLOW) from None


async def _from_body(request: Request) -> GraphQLRequest:
    body = await read_json_body(request)
    try:
        return msgspec.json.decode(body, type=GraphQLRequest)
    except RecursionError:
        raise _bad_request("The body is nested too deeply.") from None
    except msgspec.MsgspecError as error:
        if body.lstrip().startswith(b"["):
            raise _bad_request("Batches are not taken: send one operation a request.") from None
        raise _bad_request(f"The body is not a GraphQL request: {error}.") from None


def _from_query(request: Request) -> GraphQLRequest:
    given: dict[str, object] = dict(
        parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    )
    try:
        for name in JSON_PARAMETERS:
            if name in given:
                given[name] = msgspec.json.decode(str(given[name]))
        return msgspec.convert(given, GraphQLRequest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _bad_request(f"The URL is not a GraphQL request: {error}.") from None


def _bad_request(message: str) -> Refused:
    return Refused(400, "BAD_REQUEST", message)


def _respond(result: ExecutionResult, media_type: str, identity: str) -> Response:
    errors = result.errors or ()
    failed_before_execution = result.data is None and not any(error.path for error in errors)
    answer: dict[str, object] = {}
    if errors:
        answer["errors"] = formatted(errors, identity)
    if not failed_before_execution:
        answer["data"] = result.data
    return Response(
        msgspec.json.encode(answer),
        status_code=400 if failed_before_execution and media_type == GRAPHQL_RESPONSE else 200,
        media_type=f"{media_type}; charset=utf-8",
        headers={"vary": "Accept"},
    )
