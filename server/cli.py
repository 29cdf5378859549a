"""The command `quartermaster`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from domain.database import DatabaseUnavailable, SchemaMismatch
from domain.installation import UnknownUser
from domain.licence_tokens import BadLicence
from server import licences, processes
from server.doctor import examine
from server.logs import configure_logging
from server.passwords import reset_password
from server.secret_keys import KeyBusy, check_secrets, rotate_secrets
from server.settings import Settings, SettingsError
from server.terminal import TerminalError, login, logout, origin_of, query
from server.token_file import TokenFile, TokenFileError
from workers.demo import BadSize, Size, parse_size

EXPECTED = (
    SettingsError,
    DatabaseUnavailable,
    SchemaMismatch,
    UnknownUser,
    KeyBusy,
    TerminalError,
    TokenFileError,
    BadLicence,
    processes.ForeseeingFailed,
    licences.LicenceCommandError,
)
"""Errors that tell the operator what to do; anything else is shown as the accident that it is."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status is 0 when it did what was asked."""
    given = _parser().parse_args(arguments)
    try:
        if given.command in ("login", "logout", "query"):
            return _elsewhere(given)
        if given.command == "licence" and given.what != "show":
            return _licensing(given)
        settings = Settings.load(
            data_dir=getattr(given, "data_dir", None),
            host=getattr(given, "host", None),
            port=getattr(given, "port", None),
        )
        configure_logging(settings.log_level)
        return _run(given, settings)
    except EXPECTED as error:
        print(f"quartermaster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(given: argparse.Namespace, settings: Settings) -> int:
    match given.command:
        case "up":
            return _until_stopped(processes.everything(settings, given.demo, _say))
        case "api":
            return _until_stopped(processes.api(settings, _say))
        case "controller":
            if given.dry_run:
                return _until_stopped(processes.foresee(settings, _say))
            return _until_stopped(processes.controller(settings))
        case "collector" | "demo":
            return _until_stopped(processes.collector(settings, given.size))
        case "migrate":
            return _until_stopped(processes.migrate(settings, _say))
        case "reset-password":
            password = uvloop.run(reset_password(settings, given.name or settings.operator_name))
            _say(f"The new password of {given.name or settings.operator_name}: {password}")
            return 0
        case "secrets":
            work = {"check": check_secrets, "rotate": rotate_secrets}[given.action]
            return uvloop.run(work(settings, _say))
        case "licence":
            uvloop.run(licences.show(settings, _say))
            return 0
        case "doctor":
            return uvloop.run(examine(settings, _say))
        case _:
            from schema.query import schema  # the one command that needs it and nothing else

            print(schema.as_str())
            return 0


def _elsewhere(given: argparse.Namespace) -> int:
    """What speaks to a server by its URL needs none of this installation's settings."""
    file = TokenFile()
    origin = given.url and origin_of(given.url, allows_plain_http=given.plain_http)
    match given.command:
        case "login":
            login(origin, "MANAGE" if given.manage else "READ", file, _say)
        case "logout":
            logout(origin, file, _say)
        case _:
            document = sys.stdin.read() if given.document == "-" else given.document
            return 0 if query(origin, document, given.variables, file, _say) else 1
    return 0


def _licensing(given: argparse.Namespace) -> int:
    """What a vendor does needs no installation."""
    if given.what == "keygen":
        licences.make_key(given.file, _say)
        return 0
    licences.issue(
        given.key,
        customer=given.customer,
        edition=given.edition,
        devices=given.devices,
        begins=given.not_before or datetime.now(UTC),
        ends=given.expires or given.days,
        cluster=given.cluster,
        licence_id=given.id,
        say=_say,
    )
    return 0


def _until_stopped(process: Coroutine[Any, Any, None]) -> int:
    uvloop.run(process)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quartermaster",
        description="The operator's console of a shared GPU cluster.",
        epilog="Settings are QUARTERMASTER_* variables; the README lists them.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="everything in one process, on embedded defaults")
    api = commands.add_parser("api", help="the GraphQL API and the dashboard")
    controller = commands.add_parser(
        "controller", help="writes what is reported: inventory, jobs and health"
    )
    controller.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be done in the Kubernetes cluster, and do nothing",
    )
    collector = commands.add_parser("collector", help="samples this machine's GPUs")
    collector.set_defaults(size=None)
    demo = commands.add_parser("demo", help="puts a simulated fleet onto the bus")
    commands.add_parser("migrate", help="makes the database current and installs the operator")
    commands.add_parser("doctor", help="checks everything that the product depends on")
    reset = commands.add_parser("reset-password", help="gives a user a new password")
    secrets = commands.add_parser("secrets", help="seals stored secrets under a new key")
    commands.add_parser("schema", help="prints the GraphQL schema")

    elsewhere = [
        commands.add_parser("login", help="gets this terminal a token of a server"),
        commands.add_parser("logout", help="revokes this terminal's token"),
        commands.add_parser("query", help="asks a server with this terminal's token"),
    ]

    up.add_argument("--demo", type=_size, metavar="NODESxGPUS", help="simulate a fleet: 125x8")
    demo.add_argument("size", type=_size, metavar="NODESxGPUS", help="for example 125x8")
    reset.add_argument("name", nargs="?", help="of the user; the operator when left out")
    secrets.add_argument("action", choices=("check", "rotate"), help="count them, or seal anew")
    for command in (up, api):
        command.add_argument("--host", help="the address to listen on")
        command.add_argument("--port", type=int, help="the port to listen on; 0 takes a free one")
    asks_login, asks_logout, asks = elsewhere
    asks_login.add_argument("url", help="of the server: https://gpus.example.org")
    asks_login.add_argument("--manage", action="store_true", help="to change things, not only read")
    asks_logout.add_argument("url", nargs="?", help="of the server; the only one when left out")
    asks.add_argument("document", help="in GraphQL; - reads it from the standard input")
    asks.add_argument("--url", help="of the server; the only one when left out")
    asks.add_argument("--variables", default="{}", metavar="JSON", help="of the document")
    for command in elsewhere:
        command.add_argument("--plain-http", action="store_true", help="let others read the token")
    licence = commands.add_parser("licence", help="shows the licence; makes keys and licences")
    _add_licence(licence)
    for command in set(commands.choices.values()) - {*elsewhere, licence}:
        command.add_argument("--data-dir", type=Path, help="where embedded data is kept")
    return parser


def _add_licence(parser: argparse.ArgumentParser) -> None:
    whats = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    show = whats.add_parser("show", help="the licence of this installation, and its cluster's id")
    show.add_argument("--data-dir", type=Path, help="where embedded data is kept")
    keygen = whats.add_parser("keygen", help="makes a vendor's key")
    keygen.add_argument("file", type=Path, help="for the private key; must not exist")
    issue = whats.add_parser("issue", help="prints a licence, for whoever holds the private key")
    issue.add_argument("--key", type=Path, required=True, help="the file of the private key")
    issue.add_argument("--customer", required=True, help="who it is for")
    issue.add_argument("--edition", default="Enterprise", help="its name; Enterprise by default")
    issue.add_argument("--devices", type=int, help="how many at most; no limit when left out")
    issue.add_argument("--not-before", type=_moment, metavar="DATE", help="now when left out")
    end = issue.add_mutually_exclusive_group(required=True)
    end.add_argument("--expires", type=_moment, metavar="DATE", help="2027-12-31, or a time")
    end.add_argument("--days", type=_days, help="how long it lasts")
    issue.add_argument("--cluster", metavar="ID", help="by `licence show`; any when left out")
    issue.add_argument("--id", help="of the licence; made up when left out")


def _moment(text: str) -> datetime:
    try:
        return licences.moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date nor a time with its offset"
        ) from error


def _days(text: str) -> timedelta:
    try:
        return timedelta(days=int(text))
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days") from error


def _size(text: str) -> Size:
    try:
        return parse_size(text)
    except BadSize as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
