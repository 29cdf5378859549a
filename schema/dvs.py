"""DVS targets: where versions of data are kept. A secret goes in, and never comes out."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

import sources.settings
from domain.dvs import TargetRow
from resolvers import dvs
from resolvers.dvs_checks import RunningCheck
from schema.fields import field
from schema.relay import Node
from schema.scalars import DateTime
from sources.failures import Part, Step

strawberry.enum(dvs.TargetState, name="DvsTargetState")
FolderInput = strawberry.input(dvs.FolderInput)
NfsInput = strawberry.input(dvs.NfsInput)
GitInput = strawberry.input(dvs.GitInput)
S3Input = strawberry.input(dvs.S3Input)
GcsInput = strawberry.input(dvs.GcsInput)
DvsMetadataInput = strawberry.input(dvs.DvsMetadataInput, one_of=True)
DvsStorageInput = strawberry.input(dvs.DvsStorageInput, one_of=True)
CreateDvsTargetInput = strawberry.input(dvs.CreateDvsTargetInput)
EditDvsTargetInput = strawberry.input(dvs.EditDvsTargetInput)
CheckDvsTargetInput = strawberry.input(dvs.CheckDvsTargetInput)
MakeDefaultDvsTargetInput = strawberry.input(dvs.MakeDefaultDvsTargetInput)
DeleteDvsTargetsInput = strawberry.input(dvs.DeleteDvsTargetsInput)


@strawberry.type(description="A folder on the cluster.")
class Folder:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sources.settings.Folder)

    path: str = strawberry.field(
        description="Empty: one of the installation's own, in its data directory."
    )


@strawberry.type(description="A folder on an NFS mount.")
class Nfs:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sources.settings.Nfs)

    path: str


@strawberry.type(description="A Git repository, but for its access token.")
class GitRepository:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sources.settings.Git)

    url: str
    user_name: str


@strawberry.type(description="A bucket behind the S3 interface, but for its secret key.")
class S3Bucket:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sources.settings.S3)

    endpoint: str
    region: str
    bucket: str
    prefix: str
    access_key_id: str


@strawberry.type(description="A bucket of Google Cloud Storage, but for its secret key.")
class GcsBucket:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, sources.settings.Gcs)

    bucket: str
    prefix: str
    access_key_id: str


DvsMetadata = Annotated[Folder | GitRepository, strawberry.union("DvsMetadata")]
DvsStorage = Annotated[Folder | Nfs | S3Bucket | GcsBucket, strawberry.union("DvsStorage")]


@strawberry.type(description="Where versions of data are kept: their metadata, and the data.")
class DvsTarget(Node):
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, TargetRow)

    uuid: str
    name: str
    is_default: bool
    metadata: DvsMetadata
    storage: DvsStorage
    state: dvs.TargetState = field(dvs.state, description="As the last check found it.")
    failed_part: Part | None = field(dvs.failed_part)
    failed_step: Step | None = field(dvs.failed_step)
    failure: str | None = field(dvs.failure, description="Why it fails, and how to mend it.")
    failing_since: DateTime | None
    checked_at: DateTime | None
    findings: list[str] = field(dvs.findings, description="Of the last check that went well.")
    used_by: list[str] = field(dvs.used_by, description="What uses it, by name.")
    created_at: DateTime
    version: int = strawberry.field(description="To be sent with an edit; it grows with each.")


@strawberry.type(description="A check that is under way.")
class DvsCheck:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, RunningCheck)

    key: str = strawberry.field(description="That its caller made.")
    by: str
    metadata: Step | None = strawberry.field(description="The step; null before the first.")
    storage: Step | None
    done: list[Part]


@strawberry.type(description="All targets, and the checks that this server makes now.")
class DvsChanges:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, dvs.DvsChanges)

    targets: list[DvsTarget]
    checks: list[DvsCheck]


@strawberry.type
class DvsTargetsDeleted:
    @classmethod
    def is_type_of(cls, value: Any, info: object) -> bool:
        return isinstance(value, dvs.DvsTargetsDeleted)

    ids: list[strawberry.ID]
