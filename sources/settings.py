"""Where the metadata and the data of a DVS target are: what an operator enters, but for secrets."""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

GIT_USER: Final = "git"
"""With a token most hosts take any name."""
S3_REGION: Final = "us-east-1"
GCS_ENDPOINT = "https://storage.googleapis.com"
GCS_REGION: Final = "auto"


class Folder(msgspec.Struct, frozen=True, tag="folder"):
    """On the cluster. Without a path it is one of the installation's own, in its data directory."""

    path: str = ""


class Nfs(msgspec.Struct, frozen=True, tag="nfs"):
    """A folder on an NFS mount of the machine."""

    path: str


class Git(msgspec.Struct, frozen=True, tag="git"):
    url: str
    user_name: str = GIT_USER


class S3(msgspec.Struct, frozen=True, tag="s3"):
    endpoint: str
    bucket: str
    access_key_id: str
    region: str = S3_REGION
    prefix: str = ""


class Gcs(msgspec.Struct, frozen=True, tag="gcs"):
    """Google Cloud Storage, by its S3-compatible interface and an HMAC key."""

    bucket: str
    access_key_id: str
    prefix: str = ""

    def as_s3(self) -> S3:
        return S3(GCS_ENDPOINT, self.bucket, self.access_key_id, GCS_REGION, self.prefix)


Metadata: TypeAlias = Folder | Git
Storage: TypeAlias = Folder | Nfs | S3 | Gcs
Source: TypeAlias = Folder | Nfs | Git | S3 | Gcs

SECRETS: Final = {Git: "token", S3: "secret_key", Gcs: "secret_key"}


def secret_of(source: Source) -> str | None:
    """The name of the secret that goes with it, if one does."""
    return SECRETS.get(type(source))


def destination(source: Source) -> tuple[str, ...]:
    """Whom its secret is meant for: it is sent nowhere else."""
    match source:
        case Git():
            return "git", source.url, source.user_name
        case S3():
            return "s3", source.endpoint, source.access_key_id
        case Gcs():
            return "gcs", source.access_key_id
    return ()
