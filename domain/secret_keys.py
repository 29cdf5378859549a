"""The file of the keys that secrets are sealed under: a line each, the newest first.

The first seals and all open, so that a key can be replaced while processes run: they read the file
again once it is another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from domain.secrets import KEY_LENGTH, Vault

NAME = "secret.key"
"""Of the installation's own, in its data folder."""

log = structlog.get_logger()


class KeyFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] | None = None
        self._keys: tuple[str, ...] = ()
        self._vault: Vault | None = None

    def read(self) -> tuple[str, ...]:
        """Raises: OSError; ValueError, where it holds none, or one that could be guessed."""
        keys = tuple(self.path.read_text().split())
        if not keys or any(len(key) < KEY_LENGTH for key in keys):
            raise ValueError(f"{self.path} holds no key")
        return keys

    def vault(self) -> Vault | None:
        """By the keys that are there now, and, to open by, those that were: a value may have been
        read a moment before. A file that is away or empty changes nothing."""
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                keys = self.read()
                self._keys = (*keys, *(key for key in self._keys if key not in keys))
                self._vault, self._seen = Vault(*self._keys), seen
        except (OSError, ValueError) as error:
            log.warning("secrets.key_file_unreadable", reason=str(error))
        return self._vault

    def make(self) -> None:
        """With one key, unless it is there: of processes that start at once one makes it."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            made = self._write(f"{self.path.name}.{os.getpid()}", [new_key()])
            with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
                self.path.hardlink_to(made)
            made.unlink()

    def replace(self, keys: Sequence[str]) -> None:
        """Whole or not at all, whatever happens meanwhile, and for good once this returns."""
        self._write(f"{self.path.name}.new", keys).replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else replaces it meanwhile. Raises: BlockingIOError, where somebody does."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(folder)

    def _write(self, name: str, keys: Sequence[str]) -> Path:
        made = self.path.with_name(name)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
            new.write("\n".join(keys) + "\n")
            new.flush()
            os.fsync(new.fileno())
        return made


def new_key() -> str:
    return os.urandom(32).hex()
