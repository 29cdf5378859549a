"""A real S3 server (moto's), with a bucket, and keys that may do all, only write, or nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

BUCKET = "versions"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """`root`: may do all. `writer`: may write and not read or delete. `guest`: may nothing."""

    url: str
    root: Key
    writer: Key
    guest: Key

    def objects(self) -> list[str]:
        """What lies in the bucket."""
        listed = _client("s3", self.url, self.root).list_objects_v2(Bucket=BUCKET)
        return [one["Key"] for one in listed.get("Contents", [])]


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    # Only here: they take a second to load, in every process of the tests.
    from moto import settings
    from moto.core.authorization import ActionAuthenticatorMixin
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        setup = Key("setup", "setup")
        _client("s3", url, setup).create_bucket(Bucket=BUCKET)
        keys = [
            _user(url, setup, name, actions)
            for name, actions in (
                ("root", ["s3:*"]),
                ("writer", ["s3:PutObject"]),
                ("guest", ["s3:ListAllMyBuckets"]),
            )
        ]
        # From here on requests are signed by one of these keys, or refused.
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        ActionAuthenticatorMixin.request_count = 0
        yield ObjectStore(url, *keys)
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
        server.stop()


def _user(url: str, by: Key, name: str, actions: list[str]) -> Key:
    iam = _client("iam", url, by)
    iam.create_user(UserName=name)
    allowed = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    policy = {"Version": "2012-10-17", "Statement": allowed}
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])


def _client(service: str, url: str, key: Key):  # type: ignore[no-untyped-def]
    import boto3

    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
    )


@pytest.fixture(scope="session")
def store() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store
