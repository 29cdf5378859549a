"""A bucket is tried by really writing, reading and deleting, and each right that lacks is named."""

from __future__ import annotations

import pytest

import sources.settings
from outbound.client import Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy
from sources.failures import SourceFailed, Step
from sources.s3 import try_s3
from sources.settings import S3, Gcs
from tests.services.http_peer import answers, peer
from tests.services.s3 import BUCKET, Key, ObjectStore


async def tried(outbound: Outbound, s3: S3, secret: str) -> list[Step]:
    steps: list[Step] = []
    await try_s3(outbound, s3, secret, steps.append)
    return steps


async def refused(outbound: Outbound, s3: S3, secret: str = "secret") -> SourceFailed:
    with pytest.raises(SourceFailed) as failed:
        await tried(outbound, s3, secret)
    assert secret not in str(failed.value)
    return failed.value


def bucket(store: ObjectStore, key: Key, name: str = BUCKET) -> S3:
    return S3(store.url, name, key.id, prefix="team/models")


@pytest.mark.spec("DVS-2")
async def test_a_bucket_that_works_is_found_so_and_left_as_it_was(
    outbound: Outbound, store: ObjectStore
) -> None:
    steps = await tried(outbound, bucket(store, store.root), store.root.secret)
    assert steps == [Step.WRITE, Step.READ, Step.DELETE]
    assert store.objects() == []


@pytest.mark.spec("DVS-2", "T-41")
async def test_what_does_not_work_is_named_by_its_step_and_how_to_mend_it(
    outbound: Outbound, store: ObjectStore
) -> None:
    root = store.root
    for key, secret in ((root, "not the secret"), (Key("nobody", ""), root.secret)):
        wrong = await refused(outbound, bucket(store, key), secret)
        assert (wrong.step, "secret key again" in wrong.reason) == (Step.SIGN_IN, True)
    wrong = await refused(outbound, bucket(store, root, "another"), root.secret)
    assert (wrong.step, "no such bucket" in wrong.reason) == (Step.BUCKET, True)
    guest = store.guest
    wrong = await refused(outbound, bucket(store, guest), guest.secret)
    assert (wrong.step, "PutObject" in wrong.reason) == (Step.WRITE, True)
    with pytest.raises(OutboundFailed) as failed:
        await tried(outbound, S3("http://127.0.0.1:1", BUCKET, "key"), "secret")
    assert failed.value.code is Code.UNREACHABLE


async def test_a_key_that_may_write_and_no_more_is_told_what_it_lacks(
    outbound: Outbound, store: ObjectStore
) -> None:
    wrong = await refused(outbound, bucket(store, store.writer), store.writer.secret)
    assert wrong.step in (Step.READ, Step.DELETE)
    assert "Object)" in wrong.reason


@pytest.mark.spec("DVS-2")
async def test_google_s_storage_is_used_by_its_s3_interface(
    outbound: Outbound, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Gcs("versions", "GOOG1").as_s3().endpoint == "https://storage.googleapis.com"
    monkeypatch.setattr(sources.settings, "GCS_ENDPOINT", store.url)
    google = Gcs(BUCKET, store.root.id, "team").as_s3()
    assert await tried(outbound, google, store.root.secret) == [Step.WRITE, Step.READ, Step.DELETE]


@pytest.mark.spec("T-42", "T-53")
@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        ({"endpoint": "http://169.254.169.254"}, Step.ADDRESS),
        ({"endpoint": "http://2852039166"}, Step.ADDRESS),
        ({"endpoint": "http://minio"}, Step.ADDRESS),
        ({"endpoint": "ftp://s3.example.org"}, Step.ADDRESS),
        ({"endpoint": "https://user:password@s3.example.org"}, Step.ADDRESS),
        ({"endpoint": "https://s3.example.org/bucket"}, Step.ADDRESS),
        ({"endpoint": "https://s3.example.org/?x"}, Step.ADDRESS),
        ({"endpoint": "$HOME"}, Step.ADDRESS),
        ({"bucket": "No Bucket"}, Step.BUCKET),
        ({"bucket": "../other"}, Step.BUCKET),
        ({"prefix": "team/../other"}, Step.BUCKET),
        ({"prefix": "a\x00b"}, Step.BUCKET),
        ({"access_key_id": "a\nb"}, Step.SIGN_IN),
    ],
)
async def test_what_is_no_bucket_is_refused_before_anything_is_called(
    wrong: dict[str, str], step: Step
) -> None:
    given = {"endpoint": "https://s3.example.org", "bucket": BUCKET, "access_key_id": "key"}

    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    outbound = Outbound(Policy(allows_http=True), resolve=resolve)
    assert (await refused(outbound, S3(**{**given, **wrong}))).step is step


@pytest.mark.spec("T-41", "T-47")
async def test_a_redirect_is_not_followed(outbound: Outbound) -> None:
    async with peer() as inside:
        for place in ("http://169.254.169.254/latest", inside.url):
            async with peer(answers(307, b"", location=place)) as server:
                with pytest.raises(OutboundFailed) as failed:
                    await tried(outbound, S3(server.url, BUCKET, "key"), "secret")
                assert failed.value.code is Code.REDIRECTED
        assert inside.connections == 0


@pytest.mark.spec("T-41")
async def test_a_name_that_leads_to_the_metadata_of_a_cloud_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["169.254.169.254"]

    outbound = Outbound(Policy(), resolve=resolve)
    with pytest.raises(OutboundFailed) as failed:
        await tried(outbound, S3("https://s3.example.org", BUCKET, "key"), "secret")
    assert failed.value.code is Code.ADDRESS_FORBIDDEN


@pytest.mark.spec("T-41")
async def test_nothing_of_an_answer_is_told(outbound: Outbound) -> None:
    bodies = (
        b"<Error><Code>canary</Code><Message>canary</Message></Error>",
        b"canary",
        b"<!DOCTYPE x [<!ENTITY a 'canary'>]><Error><Code>&a;</Code></Error>",
    )
    for body in bodies:
        for status in (200, 400, 403, 500):
            async with peer(answers(status, body, content_type="application/xml")) as server:
                wrong = await refused(outbound, S3(server.url, BUCKET, "key"))
                assert "canary" not in str(wrong)
