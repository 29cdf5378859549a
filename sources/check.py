"""Trying both sources of a target for real, side by side: a person waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from outbound.client import Outbound
from outbound.failures import Code, OutboundFailed
from sources.failures import Part, SourceFailed, Step, TargetFailed
from sources.folders import Roots, try_folder
from sources.settings import S3, Folder, Gcs, Git, Metadata, Nfs, Source, Storage
from sources.threads import NoThreadLeft, on_thread

FOLDER_SECONDS = 10.0
CLIENTS: dict[type[Source], str] = {Git: "sources.git", S3: "sources.s3", Gcs: "sources.s3"}
"""The modules whose libraries take half a second to load: not before a source needs them, for few
processes ever try one, and beside the loop."""

Say = Callable[[Part, Step | None], None]
"""Called at each step, on whatever thread it is made; None: the part is done."""


@dataclass(frozen=True, slots=True)
class Sources:
    """How this process reaches them."""

    outbound: Outbound
    roots: Roots

    async def check(
        self,
        uuid: str,
        metadata: Metadata,
        storage: Storage,
        secrets: Mapping[str, str],
        say: Say = lambda part, step: None,
    ) -> list[str]:
        """What was done and found, in words; `secrets` by name. Raises: TargetFailed."""
        for source in (metadata, storage):
            if (client := CLIENTS.get(type(source))) is not None:
                await asyncio.to_thread(import_module, client)
        self._require_plain(metadata, storage)
        tried = await asyncio.gather(
            self._part(uuid, Part.METADATA, metadata, secrets, say),
            self._part(uuid, Part.STORAGE, storage, secrets, say),
            return_exceptions=True,
        )
        for one in tried:
            if isinstance(one, BaseException):
                raise one
        return [one for one in tried if isinstance(one, str)]

    async def _part(
        self, uuid: str, part: Part, source: Source, secrets: Mapping[str, str], say: Say
    ) -> str:
        """Raises: TargetFailed."""
        try:
            found = await self._try(uuid, part, source, secrets, partial(say, part))
        except SourceFailed as failed:
            raise TargetFailed(part, failed) from None
        except OutboundFailed as failed:
            raise TargetFailed(part, SourceFailed(Step.ADDRESS, failed.code.value)) from None
        except TimeoutError:
            raise TargetFailed(part, SourceFailed(Step.ADDRESS, _too_late(source))) from None
        except NoThreadLeft:
            busy = "Too many checks hang already; mend what they wait for, and try again."
            raise TargetFailed(part, SourceFailed(Step.ADDRESS, busy)) from None
        say(part, None)
        return found

    def _require_plain(self, metadata: Metadata, storage: Storage) -> None:
        """What can be told before anything is called. Raises: TargetFailed."""
        for part, source in ((Part.METADATA, metadata), (Part.STORAGE, storage)):
            try:
                self._require(source)
            except SourceFailed as failed:
                raise TargetFailed(part, failed) from None

    def _require(self, source: Source) -> None:
        match source:
            case Git():
                from sources.git import require_repository_url

                require_repository_url(self.outbound.policy, source.url)
            case S3() | Gcs():
                from sources.s3 import require_bucket

                bucket = source if isinstance(source, S3) else source.as_s3()
                require_bucket(self.outbound.policy, bucket)
            case Nfs() | Folder():
                if source != Folder():
                    self.roots.split(source.path)

    async def _try(
        self,
        uuid: str,
        part: Part,
        source: Source,
        secrets: Mapping[str, str],
        say: Callable[[Step], None],
    ) -> str:
        match source:
            case Git():
                from sources.git import try_git

                return await try_git(self.outbound, source, secrets["token"], say)
            case S3() | Gcs():
                from sources.s3 import try_s3

                bucket = source if isinstance(source, S3) else source.as_s3()
                return await try_s3(self.outbound, bucket, secrets["secret_key"], say)
            case Folder(path=""):
                path = str(self._own_folder(uuid, part))
                work = partial(try_folder, self.roots, path, is_nfs=False, say=say)
            case Folder() | Nfs():
                is_nfs = isinstance(source, Nfs)
                work = partial(try_folder, self.roots, source.path, is_nfs=is_nfs, say=say)
        return await on_thread(work, FOLDER_SECONDS)

    def _own_folder(self, uuid: str, part: Part) -> Path:
        """Made when it is first used. Raises: SourceFailed."""
        folder = self.roots.own.absolute() / uuid / part.value.lower()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = f"{folder} cannot be made: {error.strerror}."
            raise SourceFailed(Step.WRITE, reason) from None
        return folder


def _too_late(source: Source) -> str:
    if isinstance(source, Git | S3 | Gcs):
        return Code.TIMED_OUT.value
    return "The folder did not answer in time: look whether its server is reachable."
