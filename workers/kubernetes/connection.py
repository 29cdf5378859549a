"""One API server: requests with deadlines, and credentials that are read again when they change."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from workers.kubernetes.kubeconfig import BadKubeconfig, Credentials, read_kubeconfig
from workers.kubernetes.objects import MANAGER, Body, Kind

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
RENEW_SECONDS: Final = 60.0
"""Tokens in a pod live for an hour and are replaced long before their end."""

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
UNREACHABLE = (ClientError, ApiException, OSError, TimeoutError, asyncio.TimeoutError)
"""What a cluster that is away, overloaded or unwilling looks like."""


class Source(Protocol):
    def read(self) -> Credentials:
        """Those of now. Raises: BadKubeconfig."""


class InCluster:
    """The account of the pod that this runs in."""

    def read(self) -> Credentials:
        host, port = (
            os.environ.get("KUBERNETES_SERVICE_HOST"),
            os.environ.get("KUBERNETES_SERVICE_PORT"),
        )
        try:
            if not host or not port:
                raise BadKubeconfig("This is no pod: KUBERNETES_SERVICE_HOST is unset.")
            host = f"[{host}]" if ":" in host else host
            return Credentials(
                f"https://{host}:{port}",
                (ACCOUNT / "ca.crt").read_text(),
                (ACCOUNT / "token").read_text().strip(),
            )
        except OSError as error:
            raise BadKubeconfig(f"The pod's account cannot be read: {error.strerror}.") from error


class KubeconfigFile:
    """A file of the deployment's, held to the same list of fields as one that is uploaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Credentials:
        try:
            return read_kubeconfig(self.path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise BadKubeconfig(f"{self.path} cannot be read: {type(error).__name__}.") from error


def source_of(setting: str) -> Source | None:
    """What QUARTERMASTER_KUBERNETES says; None: there is no cluster."""
    match setting:
        case "off":
            return None
        case "in-cluster":
            return InCluster()
        case path:
            return KubeconfigFile(Path(path))


class Connection:
    def __init__(self, source: Source, answer_seconds: float = ANSWER_SECONDS) -> None:
        """Raises: BadKubeconfig."""
        self._answer_seconds = answer_seconds
        self._source = source
        self._credentials = source.read()
        self._read_at = asyncio.get_running_loop().time()
        self._api = _api_of(self._credentials)
        self._unused = self._api.rest_client.pool_manager
        self._api.rest_client.pool_manager = _session(self._credentials)

    async def close(self) -> None:
        await self._unused.close()
        await self._api.close()

    async def get(self, path: str, **query: str) -> Body:
        return await self._send("GET", path, query)

    async def apply(self, kind: Kind, body: Body, *, dry_run: bool = False) -> Body:
        """Server-side: what we do not name stays, what we named before and not now goes."""
        metadata = body["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        query = {"fieldManager": MANAGER, "force": "true", **({"dryRun": "All"} if dry_run else {})}
        return await self._send("PATCH", path, query, body, "application/apply-patch+yaml")

    async def delete(self, kind: Kind, body: Body) -> None:
        """This very object as it was seen: another of its name, or a later one, stays."""
        metadata = body["metadata"]
        options = {"preconditions": {"uid": metadata["uid"]}, "propagationPolicy": "Background"}
        path = kind.path(metadata.get("namespace"), metadata["name"])
        try:
            await self._send("DELETE", path, {}, options, "application/json")
        except ApiException as error:
            if error.status != 404:
                raise

    @asynccontextmanager
    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncIterator[ClientResponse]:
        """An answer without end. Whoever reads it keeps a deadline between its pieces."""
        self._renew()
        timeout = ClientTimeout(
            total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=None
        )
        async with asyncio.timeout(self._answer_seconds):
            response: ClientResponse = await self._api.rest_client.request(
                "GET",
                self._credentials.server + path,
                query_params=dict(query),
                headers=self._headers(),
                _preload_content=False,
                _request_timeout=timeout,
            )
        try:
            if response.status != 200:
                async with asyncio.timeout(self._answer_seconds):
                    text = await response.text()
                self._heed(response.status)
                error = ApiException(status=response.status, reason=response.reason)
                error.body = text[:4096].encode()
                error.headers = response.headers
                raise error
            yield response
        finally:
            response.close()

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Body | None = None,
        content_type: str = "application/json",
    ) -> Body:
        self._renew()
        timeout = ClientTimeout(
            total=self._answer_seconds, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS
        )
        try:
            answer = await self._api.rest_client.request(
                method,
                self._credentials.server + path,
                query_params=dict(query),
                headers={**self._headers(), "Content-Type": content_type},
                body=body,
                _request_timeout=timeout,
            )
        except ApiException as error:
            self._heed(error.status)
            raise
        decoded: Body = msgspec.json.decode(answer.data)
        return decoded

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": MANAGER}
        if self._credentials.token is not None:
            headers["Authorization"] = f"Bearer {self._credentials.token}"
        return headers

    def _heed(self, status: int) -> None:
        """A token that is refused may have been replaced: look at the next request."""
        if status == 401:
            self._read_at = -RENEW_SECONDS

    def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._read_at < RENEW_SECONDS:
            return
        self._read_at = now
        try:
            fresh = self._source.read()
        except BadKubeconfig:
            return  # half written, perhaps: those of before serve until they are refused
        before, self._credentials = self._credentials, fresh
        if (before.authority, before.certificate, before.key, before.tls_server_name) != (
            fresh.authority,
            fresh.certificate,
            fresh.key,
            fresh.tls_server_name,
        ):
            raise CredentialsReplaced("the cluster's certificates were replaced: connect anew")


class CredentialsReplaced(ClientError):
    """The connection is of no more use; whoever runs it makes a new one."""


def _api_of(credentials: Credentials) -> client.ApiClient:
    """A client that knows what is in `credentials`, and nothing of the machine's own files."""
    configuration = client.Configuration(host=credentials.server)
    configuration.proxy = None
    configuration.tls_server_name = credentials.tls_server_name
    configuration.retries = None
    return client.ApiClient(configuration)


def _session(credentials: Credentials) -> ClientSession:
    """Without proxies and .netrc of the machine's; lines of a watch may be as long as an object."""
    connector = TCPConnector(limit=64, ssl=_tls_of(credentials))
    return ClientSession(connector=connector, trust_env=False, read_bufsize=2**21)


def _tls_of(credentials: Credentials) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=credentials.authority)
    if credentials.certificate is not None and credentials.key is not None:
        with _private_file(credentials.certificate + b"\n" + credentials.key) as path:
            context.load_cert_chain(path)
    return context


@contextlib.contextmanager
def _private_file(content: bytes) -> Any:
    """The one way to give a client's key to the ssl module; it is gone when it has been read."""
    with tempfile.NamedTemporaryFile(prefix="quartermaster-") as file:  # mode 0600
        file.write(content)
        file.flush()
        yield file.name
