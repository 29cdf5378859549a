"""A bucket behind the S3 interface: an object is written there, read back and deleted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO

from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError
from minio.helpers import check_bucket_name

from outbound.blocking import GuardedPool
from outbound.client import Limits, Outbound
from outbound.failures import Code, OutboundFailed
from outbound.policy import Policy, parse
from sources.failures import SourceFailed, Step
from sources.settings import S3
from sources.threads import on_thread

LIMITS = Limits(seconds=10.0, answer_bytes=1024 * 1024)
PREFIX_MAX_LENGTH = 500
SIGN_IN_CODES = frozenset(
    {
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "InvalidSecurity",
        "InvalidToken",
        "AuthorizationHeaderMalformed",
        "NotSignedUp",
        "AccountProblem",
    }
)
OTHER_REGION = frozenset({"PermanentRedirect", "Redirect", "IllegalLocationConstraintException"})
NO_SIGN_IN = (
    "The access key id and the secret key are not accepted together: compare both, and enter the "
    "secret key again."
)
RIGHTS = {
    Step.WRITE: "write objects (PutObject)",
    Step.READ: "read objects (GetObject)",
    Step.DELETE: "delete objects (DeleteObject)",
}


def require_bucket(policy: Policy, s3: S3) -> tuple[str, bool]:
    """The endpoint's host and port, and whether it speaks TLS. Raises: SourceFailed."""
    try:
        url = parse(s3.endpoint)
        policy.require_url(url)
    except OutboundFailed as failed:
        raise SourceFailed(Step.ADDRESS, failed.code.value) from None
    if url.path not in ("", "/") or url.query or url.fragment or "$" in s3.endpoint:
        raise SourceFailed(
            Step.ADDRESS, "Enter the endpoint without a path; the bucket has its own field."
        )
    try:
        check_bucket_name(s3.bucket, s3_check=True)
    except ValueError:
        raise SourceFailed(
            Step.BUCKET, "A bucket's name has 3 to 63 small letters, digits, dots and hyphens."
        ) from None
    parts = s3.prefix.split("/")
    is_plain = s3.prefix.isprintable() or not s3.prefix
    if not is_plain or len(s3.prefix) > PREFIX_MAX_LENGTH or ".." in parts or "." in parts:
        raise SourceFailed(Step.BUCKET, "Enter a plain prefix, such as team/models.")
    if not s3.access_key_id.isprintable() or not s3.access_key_id.isascii():
        raise SourceFailed(Step.SIGN_IN, "An access key id has letters, digits and signs only.")
    return url.netloc.decode("ascii"), url.scheme == "https"


async def try_s3(outbound: Outbound, s3: S3, secret_key: str, say: Callable[[Step], None]) -> str:
    """What was done there, in words. Raises: SourceFailed, OutboundFailed, TimeoutError."""
    require_bucket(outbound.policy, s3)
    pool = GuardedPool(outbound, LIMITS)
    work = partial(_try, outbound.policy, pool, s3, secret_key, say)
    return await on_thread(work, LIMITS.seconds, pool.cut)


def _try(
    policy: Policy, pool: GuardedPool, s3: S3, secret_key: str, say: Callable[[Step], None]
) -> str:
    host, is_https = require_bucket(policy, s3)
    client = Minio(
        host,
        access_key=s3.access_key_id,
        secret_key=secret_key,
        secure=is_https,
        region=s3.region,
        http_client=pool,
    )
    folder = s3.prefix.strip("/")
    name = f"{folder}/" if folder else ""
    name += f".quartermaster-probe-{secrets.token_hex(8)}"
    content = secrets.token_bytes(64)
    say(Step.WRITE)
    with _failures(pool, Step.WRITE):
        client.put_object(s3.bucket, name, BytesIO(content), len(content))
    try:
        say(Step.READ)
        with _failures(pool, Step.READ):
            answer = client.get_object(s3.bucket, name)
            with answer:
                if answer.read() != content:
                    raise SourceFailed(Step.READ, "What was read back is not what was written.")
    finally:
        say(Step.DELETE)
        with _failures(pool, Step.DELETE):
            client.remove_object(s3.bucket, name)
    beneath = f", beneath {folder}" if folder else ""
    return f"Written, read and deleted in the bucket {s3.bucket}{beneath}"


@contextmanager
def _failures(pool: GuardedPool, step: Step) -> Iterator[None]:
    """Raises: SourceFailed, OutboundFailed."""
    try:
        yield
    except S3Error as error:
        raise _failed(step, error.code or "", pool.status) from None
    except (InvalidResponseError, ServerError):
        raise SourceFailed(
            Step.ADDRESS, f"The endpoint answered with status {pool.status}, and not as S3 does."
        ) from None
    except (SourceFailed, OutboundFailed):
        raise
    except Exception as error:
        # Whatever a peer makes the client stumble over: its words may be the peer's.
        code = pool.code_of(error)
        if code is not Code.BAD_ANSWER:
            raise OutboundFailed(code) from None
        raise SourceFailed(Step.ADDRESS, "What came back is not what an S3 server says.") from None


def _failed(step: Step, code: str, status: int | None) -> SourceFailed:
    """By the codes of the S3 interface; whatever else the answer says stays out."""
    if code in SIGN_IN_CODES:
        return SourceFailed(Step.SIGN_IN, NO_SIGN_IN)
    if code in ("NoSuchBucket", "InvalidBucketName"):
        return SourceFailed(Step.BUCKET, "There is no such bucket: make it, or compare its name.")
    if code in OTHER_REGION or status == 301:
        return SourceFailed(Step.BUCKET, "The bucket is in another region: enter that region.")
    if code == "RequestTimeTooSkewed":
        return SourceFailed(
            Step.SIGN_IN, "The clocks of this machine and of the endpoint differ: set both right."
        )
    if status == 403:
        return SourceFailed(step, f"The key may not {RIGHTS[step]} there: give it that right.")
    return SourceFailed(step, f"The endpoint answered with status {status} to it; try again later.")
