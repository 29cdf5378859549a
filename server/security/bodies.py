"""Request bodies: JSON only, bounded in bytes and in time, before anything parses them."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

from server.refusals import Refused

BODY_LIMIT_BYTES = 256 * 1024
BODY_LIMIT_SECONDS = 10.0


async def read_json_body(request: Request) -> bytes:
    """The undecoded body.

    Only `application/json` in UTF-8: a form or plain text is what a page of another site can send.
    """
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body as application/json in UTF-8.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > BODY_LIMIT_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_LIMIT_SECONDS):
            return await _read_bounded(request)
    except TimeoutError:
        raise Refused(
            408, "BODY_TOO_SLOW", f"The body did not arrive in {BODY_LIMIT_SECONDS:.0f} s."
        ) from None
    except ClientDisconnect:
        raise Refused(400, "CLIENT_LEFT", "The client left before its body was read.") from None


async def _read_bounded(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refused:
    return Refused(
        413, "BODY_TOO_LARGE", f"A body may have {BODY_LIMIT_BYTES // 1024} KiB at most."
    )
