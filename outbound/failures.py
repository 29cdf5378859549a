"""Why a request led to no answer. For people and programs: a code and a sentence, never a body."""

from __future__ import annotations

import enum


class Code(enum.Enum):
    BAD_URL = "The URL is not one: write https:// and a host, without a user name or password."
    HTTPS_REQUIRED = "Only https:// is allowed; plain http:// needs a setting of the installation."
    HOST_FORBIDDEN = "This host is not one that may be called; the installation can allow it."
    ADDRESS_FORBIDDEN = (
        "The host leads to an address that may not be called; the installation can allow it."
    )
    NAME_NOT_FOUND = "The host's name is not known."
    UNREACHABLE = "The host does not accept the connection."
    TLS_FAILED = "The host's certificate or its TLS is not to be trusted."
    TIMED_OUT = "The host did not answer in time."
    TOO_LARGE = "The answer is larger than it may be."
    BAD_ANSWER = "What came back is no HTTP."
    REDIRECTED = "The host leads to another place; enter the URL of that one."
    TOO_MANY_REDIRECTS = "The host leads on and on to other places."


class OutboundFailed(Exception):
    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code
