"""The processes of a deployment, and all of them in one for a single machine."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from domain import database
from domain.backends import Backends
from domain.installation import Installed, install
from domain.sessions import Viewer
from outbound.client import Outbound
from resolvers.context import Context
from resolvers.dvs_checks import Checks
from resolvers.live import Live
from schema.query import schema
from server import memory
from server.accounts import DomainAccounts
from server.app import create_app
from server.build import built_from
from server.secret_keys import open_vault_of
from server.serve import listen, server_for
from server.settings import Settings
from sources.check import Sources
from telemetry.bus import Bus
from telemetry.embedded_bus import EmbeddedBus
from telemetry.history.prometheus import Prometheus
from telemetry.redis_bus import RedisBus
from workers.collector import run_collector
from workers.controller import control
from workers.demo import DEFAULT_SIZE, Size
from workers.historian import unknown
from workers.kubernetes.connection import UNREACHABLE, source_of
from workers.kubernetes.drift import name_of
from workers.kubernetes.kubeconfig import BadKubeconfig
from workers.kubernetes.watching import describe
from workers.kubernetes.worker import foreseen
from workers.leadership import identity
from workers.nvml import has_gpus
from workers.webhooks import Origin

Say = Callable[[str], None]


async def migrate(settings: Settings, say: Say) -> None:
    """Make the tables current and the installation complete; what is there stays as it is."""
    async with _database(settings, migrate=True):
        _tell_first_password(settings, await _install(settings), say)


async def api(settings: Settings, say: Say) -> None:
    """The GraphQL API and the dashboard."""
    async with _database(settings, migrate=False), _bus(settings) as bus:
        await _serve(settings, bus, lambda url: say(f"Quartermaster is ready at {url}"))


async def controller(settings: Settings) -> None:
    """The one writer of the inventory: nodes, devices, jobs and health as they are reported."""
    async with _database(settings, migrate=False), _bus(settings) as bus:
        await _control(settings, bus)


async def foresee(settings: Settings, say: Say) -> None:
    """Say what the controller would do in the Kubernetes cluster; do nothing.

    Raises: ForeseeingFailed.
    """
    source = source_of(settings.kubernetes)
    if source is None:
        raise ForeseeingFailed("There is no cluster: QUARTERMASTER_KUBERNETES is off.")
    async with _database(settings, migrate=False):
        try:
            steps = await foreseen(source)
        except BadKubeconfig as error:
            raise ForeseeingFailed(f"The cluster cannot be reached. {error}") from error
        except UNREACHABLE as error:
            raise ForeseeingFailed(f"The cluster cannot be reached: {describe(error)}.") from error
    for step in steps:
        say(f"{step.verb.value:<6} {name_of(step.body)}: {step.why}")
    say(f"{len(steps)} changes would be made." if steps else "The cluster is as it ought to be.")


class ForeseeingFailed(Exception):
    """Why nothing can be foreseen."""


async def collector(settings: Settings, demo: Size | None) -> None:
    """The GPUs of this machine, or a demo fleet, onto the bus. Opens no database."""
    async with _bus(settings) as bus:
        await run_collector(bus, demo=demo)


async def everything(settings: Settings, demo: Size | None, say: Say) -> None:
    """All of it in this process. Without a GPU here and without `demo`, a demo of default size."""
    if demo is None and not await asyncio.to_thread(has_gpus):
        demo = DEFAULT_SIZE
    async with _database(settings, migrate=True), _bus(settings) as bus:
        installed = await _install(settings)

        def ready(url: str) -> None:
            _tell_first_password(settings, installed, say)
            if demo is not None:
                say(
                    f"Demo: {demo.nodes} nodes of {demo.devices_per_node} GPUs are simulated; "
                    "nothing that you see is real."
                )
            say(f"Quartermaster is ready at {url}")

        workers = [
            asyncio.create_task(_control(settings, bus), name="controller"),
            asyncio.create_task(run_collector(bus, demo=demo), name="collector"),
        ]
        async with _owned(*workers):
            await _serve(settings, bus, ready)


async def _control(settings: Settings, bus: Bus) -> None:
    """Of the processes on one database, only one is the controller."""
    file = database.sqlite_file(settings.database_url)
    free_bytes = unknown if file is None else (lambda: shutil.disk_usage(file.parent).free)
    with identity(settings.data_dir) as holder:
        await control(
            bus,
            holder,
            free_bytes=free_bytes,
            outbound=Outbound(settings.outbound_policy),
            origin=Origin(settings.cluster_name, settings.public_url.rstrip("/")),
            backends=Backends(settings.outbound_policy),
            sources=_sources(settings),
            kubernetes=source_of(settings.kubernetes),
        )


def _sources(settings: Settings) -> Sources:
    return Sources(Outbound(settings.outbound_policy), settings.dvs_roots)


async def _serve(settings: Settings, bus: Bus, ready: Callable[[str], None]) -> None:
    outbound = Outbound(settings.outbound_policy)
    checks = Checks(_sources(settings))
    backends = Backends(settings.outbound_policy)
    prometheus = (
        Prometheus(settings.prometheus_url, settings.prometheus_token)
        if settings.prometheus_url
        else None
    )
    live = Live(
        bus,
        cluster_name=settings.cluster_name,
        version=version("quartermaster"),
        prometheus=prometheus,
        commit=built_from(),
        licence_key=settings.licence_key,
    )

    def make_context(viewer: Viewer, request_id: str, address: str) -> Context:
        return Context(
            viewer, request_id, live, address, outbound, backends, settings.token_days, checks
        )

    async def database_answers() -> bool:
        await database.ping()
        return True

    async def bus_answers() -> bool:
        await bus.ping()
        return live.is_bus_connected

    app = create_app(
        settings,
        schema,
        DomainAccounts(backends),
        make_context,
        ready={"database": database_answers, "bus": bus_answers},
        live=live,
    )
    listener = listen(settings)
    async with _owned(asyncio.create_task(live.run(), name="live")):
        await live.has_inventory.wait()

        def serving() -> None:
            memory.settle()
            ready(_url(settings, listener))

        server = server_for(app, serving)
        await server.serve([listener])


def _url(settings: Settings, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return settings.public_url or f"http://{shown}:{port}"


async def _install(settings: Settings) -> Installed:
    return await install(settings.operator_name, cluster_name=settings.cluster_name)


def _tell_first_password(settings: Settings, installed: Installed, say: Say) -> None:
    if installed.created:
        say(f"Operator: {settings.operator_name}  password: {installed.password}")
        say("The password is shown this once; `quartermaster reset-password` makes a new one.")


@asynccontextmanager
async def _database(settings: Settings, *, migrate: bool) -> AsyncIterator[None]:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_vault_of(settings)
    await database.open_database(settings.database_url, migrate=migrate)
    try:
        yield
    finally:
        await database.close_database()


def open_bus(settings: Settings) -> Bus:
    return EmbeddedBus() if settings.is_bus_embedded else RedisBus(settings.redis_url)


@asynccontextmanager
async def _bus(settings: Settings) -> AsyncIterator[Bus]:
    bus = open_bus(settings)
    try:
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def _owned(*tasks: asyncio.Task[None]) -> AsyncIterator[None]:
    """Run the body beside `tasks`, which end with it; one that fails ends the body."""
    body = asyncio.current_task()
    assert body is not None

    def end_body(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            body.cancel(f"{task.get_name()} ended")

    for task in tasks:
        task.add_done_callback(end_body)
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(end_body)
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
