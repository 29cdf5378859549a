"""Where a terminal keeps its tokens: one file that only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Kept(msgspec.Struct):
    """What is known of one server."""

    token: str
    id: str
    scope: str


class TokenFileError(Exception):
    """The file cannot be trusted or read; the message says what to do."""


class TokenFile:
    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _config_home() / "quartermaster" / "tokens.json"

    def read(self) -> dict[str, Kept]:
        """By the server's URL. Raises: TokenFileError."""
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise TokenFileError(
                        f"Others can read {self.path}, so its tokens may be stolen. Run "
                        f"`quartermaster logout`, after: chmod 600 {self.path}"
                    )
                return msgspec.json.decode(file.read(), type=dict[str, Kept])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            raise TokenFileError(f"{self.path} cannot be read: {error}") from error

    def keep(self, url: str, kept: Kept) -> None:
        """Raises: TokenFileError."""
        self._write({**self.read(), url: kept})

    def forget(self, url: str) -> None:
        """Raises: TokenFileError."""
        self._write({known: kept for known, kept in self.read().items() if known != url})

    def _write(self, tokens: dict[str, Kept]) -> None:
        """Whole or not at all, and at no moment readable by others."""
        made = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made.unlink(missing_ok=True)
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                new.write(msgspec.json.format(msgspec.json.encode(tokens)))
            made.replace(self.path)
        except OSError as error:
            raise TokenFileError(f"{self.path} cannot be written: {error}") from error


def _config_home() -> Path:
    """Of the XDG Base Directory Specification, which has relative paths ignored."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    return Path(given) if given.startswith("/") else Path.home() / ".config"
