"""One connection to a directory: TLS before anything is sent, and every step by its name.

Everything here blocks, so it runs on a thread; `cut` may be called from elsewhere and ends it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPInvalidFilterError
from ldap3.utils.dn import parse_dn

from identity.backend import Failed

CONNECT_SECONDS = 5
SILENCE_SECONDS = 10
MOST_BYTES = 64 * 1024 * 1024
"""Of all that one connection may bring."""
PAGE = 500

SUCCESS, SIZE_LIMIT_EXCEEDED, NO_SUCH_OBJECT = 0, 4, 32  # RFC 4511, appendix A
NOT_LET_IN = frozenset({19, 48, 49, 50, 53})
"""What a directory says to a wrong password, and for an account that is locked, expired or off."""


@dataclass(frozen=True, slots=True)
class Target:
    """`addresses` were looked up and checked; the certificate has to be that of `host`."""

    host: str
    port: int
    addresses: Sequence[str]
    is_ldaps: bool
    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Entry:
    dn: str
    attributes: Mapping[str, Sequence[bytes]]
    """By name in lower case; as they came."""

    def texts(self, name: str) -> list[str]:
        return [value.decode("utf-8", "replace") for value in self.attributes.get(name.lower(), ())]

    def text(self, name: str) -> str | None:
        return next((value for value in self.texts(name) if value.strip()), None)


class Cut(Exception):
    """More came than is wanted, and there would be more still."""


class LimitedSocket(ssl.SSLSocket):
    """Ends what would fill the memory."""

    _received = 0

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        data = super().recv(buflen, flags)
        self._received += len(data)
        if self._received > MOST_BYTES:
            raise OSError("the directory sends more than it may")
        return data


class _VerifiedTls(ldap3.Tls):  # type: ignore[misc]
    """ldap3 compares names itself, by rules of its own; here the ssl module does it."""

    def __init__(self, link: Link, target: Target) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._link = link
        self._target = target

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        self._link.step = "tls"
        try:
            # First where `cut` finds it: a handshake may wait for ever.
            connection.socket = self._target.context.wrap_socket(
                connection.socket,
                server_hostname=self._target.host,
                do_handshake_on_connect=False,
            )
            self._link.require_not_cut()
            connection.socket.do_handshake()
        except ssl.SSLError as error:
            self._link.tls_problem = getattr(error, "verify_message", None) or error.reason
            raise


class Link:
    def __init__(self, target: Target) -> None:
        self.step = "connect"
        self.tls_problem: str | None = None
        self._target = target
        self._connection: Any = None
        self._is_cut = False

    def open(self) -> None:
        """Connected and encrypted, at the first of the addresses that answers. Raises: Failed."""
        for number, address in enumerate(self._target.addresses):
            try:
                self._open_at(address)
                return
            except Failed:
                if number == len(self._target.addresses) - 1 or self.step == "tls":
                    raise

    def bind(self, dn: str, password: str) -> bool:
        """Whether the directory knows this DN by this password. Raises: Failed."""
        if not password.strip() or "\0" in password:
            return False
        self.step = "bind"
        self._connection.user = dn
        # As bytes, and so as it was typed: a text ldap3 would alter by SASLprep, or refuse.
        self._connection.password = password.encode()
        self._connection.authentication = ldap3.SIMPLE
        with self._failures():
            if not self._connection.bind():
                code = self._connection.result["result"]
                if code in NOT_LET_IN or code == NO_SUCH_OBJECT:
                    return False
                raise Failed("bind", _said(self._connection.result))
            return self._is_somebody()

    def search(
        self,
        base: str,
        filter: str,
        attributes: Sequence[str],
        *,
        scope: str = "SUBTREE",
        most: int,
        step: str,
    ) -> Iterator[Entry]:
        """Page by page (RFC 2696), referrals left aside. Raises: Failed, Cut after `most`."""
        self.step = step
        cookie: bytes | None = None
        found = 0
        while True:
            with self._failures():
                self._connection.search(
                    base,
                    filter,
                    search_scope=scope,
                    dereference_aliases=ldap3.DEREF_NEVER,
                    attributes=list(attributes),
                    paged_size=min(PAGE, most + 1),
                    paged_cookie=cookie,
                )
            result, response = self._connection.result, self._connection.response or []
            code = result["result"]
            if code not in (SUCCESS, SIZE_LIMIT_EXCEEDED):
                raise Failed(step, _said(result), is_missing=code == NO_SUCH_OBJECT)
            for one in response:
                if one["type"] != "searchResEntry":
                    continue
                found += 1
                if found > most:
                    raise Cut
                values = one["raw_attributes"]
                yield Entry(one["dn"], {name.lower(): values[name] for name in values})
            if code == SIZE_LIMIT_EXCEEDED:
                raise Cut
            control = result.get("controls", {}).get("1.2.840.113556.1.4.319", {})
            cookie = control.get("value", {}).get("cookie")
            if not cookie:
                return

    def cut(self) -> None:
        """From another thread: whatever it waits for ends now."""
        self._is_cut = True
        connected = getattr(self._connection, "socket", None)
        if connected is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)

    def require_not_cut(self) -> None:
        """Raises: Failed."""
        if self._is_cut:
            raise Failed(self.step, self._why())

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(LDAPException, OSError):
                self._connection.unbind()

    def _open_at(self, address: str) -> None:
        target = self._target
        self.step = "connect"
        self.require_not_cut()
        server = ldap3.Server(
            address,
            port=target.port,
            use_ssl=target.is_ldaps,
            tls=_VerifiedTls(self, target),
            get_info=ldap3.NONE,
            connect_timeout=CONNECT_SECONDS,
        )
        target.context.sslsocket_class = LimitedSocket
        self._connection = ldap3.Connection(
            server,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,
            receive_timeout=SILENCE_SECONDS,
            raise_exceptions=False,
        )
        with self._failures():
            self._connection.open(read_server_info=False)
            if not target.is_ldaps:
                self.step = "tls"
                if self._connection.start_tls(read_server_info=False) is not True:
                    raise Failed("tls", "The directory does not begin TLS.")
            if not isinstance(self._connection.socket, ssl.SSLSocket):
                raise Failed("tls", "The connection is not encrypted.")

    def _is_somebody(self) -> bool:
        """A server that took the bind for an anonymous one says so (RFC 4532)."""
        identity = self._connection.extend.standard.who_am_i()
        return self._connection.result["result"] != SUCCESS or bool(identity)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except LDAPInvalidFilterError:
            raise Failed(self.step, "The filter cannot be read; look at its brackets.") from None
        except (LDAPException, OSError):
            raise Failed(self.step, self._why()) from None

    def _why(self) -> str:
        where = f"{self._target.host}:{self._target.port}"
        if self._is_cut:
            return f"{where} did not answer in time."
        if self.tls_problem is not None:
            return (
                f"The certificate of {where} is not to be trusted: {self.tls_problem}. If your "
                "own authority signed it, enter that authority's certificate."
            )
        if self.step == "tls":
            return f"{where} does not begin TLS, and nothing is sent without."
        if self.step == "connect":
            return f"{where} does not accept the connection."
        return f"{where} ended the connection."


def is_dn(text: str) -> bool:
    try:
        return bool(parse_dn(text))
    except LDAPException:
        return False


def _said(result: Mapping[str, Any]) -> str:
    """The server's own words are left out: they are its to choose, and go to a person's screen."""
    words = {
        8: "The directory asks for stronger authentication.",
        10: "The directory refers to another server; enter that one, or its global catalogue.",
        11: "The directory allows no more results for this account.",
        12: "The directory does not know paged results (RFC 2696).",
        32: "The base does not exist in the directory.",
        34: "The base or the DN is not written as one.",
        50: "The account may not read this.",
        51: "The directory is busy; try again in a moment.",
        52: "The directory is not available; try again in a moment.",
    }
    return words.get(result["result"], f"The directory answers {result['description']}.")
