"""A folder: beneath a root that the installation allows, and written, read back and deleted there.

It is opened from its root part by part, and no part may be a symbolic link: so there is none that
leads out, and none that somebody puts there between the look and the use. This blocks, as a dead
NFS server does.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sources.failures import SourceFailed, Step
from sources.mounts import mount_of

OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
PATH_MAX_LENGTH = 1000
SAID_OFTEN = {
    FileNotFoundError: "is not there; make it, or mount it, on every machine of the API and the "
    "controller",
    PermissionError: "is closed to the user that Quartermaster runs as; give that user the right "
    "to read and write there",
    NotADirectoryError: "is no folder",
}


@dataclass(frozen=True, slots=True)
class Roots:
    """`own`: where the folders are that the product makes itself, made when first used."""

    own: Path
    allowed: tuple[Path, ...] = ()

    def split(self, path: str) -> tuple[Path, tuple[str, ...]]:
        """The root that a path is beneath, and the parts below. Raises: SourceFailed."""
        parts = PurePosixPath(path).parts
        is_plain = path.startswith("/") and not path.startswith("//") and path.isprintable()
        if not is_plain or ".." in parts or len(path) > PATH_MAX_LENGTH:
            raise SourceFailed(Step.ADDRESS, "Enter the full path of a folder, without ‘..’.")
        for root in (*self.allowed, self.own.absolute()):
            if parts[: len(root.parts)] == root.parts:
                return root, parts[len(root.parts) :]
        if not self.allowed:
            raise SourceFailed(
                Step.ADDRESS,
                "This installation allows its own folders only: leave the path empty, or have "
                "QUARTERMASTER_DVS_FOLDERS name the folder beneath which others are allowed.",
            )
        names = ", ".join(map(str, self.allowed))
        raise SourceFailed(Step.ADDRESS, f"Only folders beneath these are allowed: {names}.")


def try_folder(roots: Roots, path: str, *, is_nfs: bool, say: Callable[[Step], None]) -> str:
    """What was found there, in words. Raises: SourceFailed."""
    say(Step.ADDRESS)
    root, parts = roots.split(path)
    with _opened(root, parts) as folder:
        mount = mount_of(os.path.realpath(f"/proc/self/fd/{folder}"), os.fstat(folder).st_dev)
        kind = "an unknown file system" if mount is None else mount.type
        if is_nfs and (mount is None or not mount.is_nfs):
            raise SourceFailed(
                Step.ADDRESS,
                f"{path} is not on NFS but on {kind}: mount the export there, or choose a folder.",
            )
        _write_read_delete(folder, say)
    if mount is not None and mount.is_nfs:
        return f"Written, read and deleted in {path}, on {mount.type} from {mount.source}"
    return f"Written, read and deleted in {path}, on {kind}"


@contextmanager
def _opened(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Raises: SourceFailed."""
    # The root itself is the installation's word: it may be a link.
    with _failures(Step.ADDRESS, root):
        folder = os.open(root, OPEN & ~os.O_NOFOLLOW)
    try:
        at = root
        for part in parts:
            at = at / part
            with _failures(Step.ADDRESS, at):
                below = os.open(part, OPEN, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def _write_read_delete(folder: int, say: Callable[[Step], None]) -> None:
    name, content = f".quartermaster-probe-{secrets.token_hex(8)}", secrets.token_bytes(64)
    say(Step.WRITE)
    with _failures(Step.WRITE):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        with _failures(Step.WRITE), os.fdopen(file, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        say(Step.READ)
        with _failures(Step.READ):
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(file, "rb") as read:
                if read.read() != content:
                    raise SourceFailed(Step.READ, "What was read back is not what was written.")
    finally:
        say(Step.DELETE)
        with _failures(Step.DELETE):
            os.unlink(name, dir_fd=folder)


@contextmanager
def _failures(step: Step, path: Path | None = None) -> Iterator[None]:
    """`path`: what is opened; None: something in a folder that is. Raises: SourceFailed."""
    try:
        yield
    except OSError as error:
        words = SAID_OFTEN.get(type(error), f"does not work: {error.strerror or 'unknown error'}")
        if path is not None and path.is_symlink():
            words = "is a symbolic link: enter the path that it leads to"
        raise SourceFailed(step, f"{path or 'The folder'} {words}.") from None
