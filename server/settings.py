"""What a deployment may choose, as QUARTERMASTER_* variables; none turns sign-in off."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from domain.licence_tokens import BUILT_IN_KEY, PublicKey
from outbound.policy import Policy
from sources.folders import Roots

PREFIX = "QUARTERMASTER_"
EMBEDDED_REDIS = "embedded://"
LOG_LEVELS = ("debug", "info", "warning", "error")
PERSISTED_DOCUMENTS = ("optional", "only")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
SECRET_LENGTH = 32
DEFAULT_PORTS = {"http": 80, "https": 443}


class SettingsError(ValueError):
    """A setting that cannot work; the message says which one, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is the variable QUARTERMASTER_<FIELD>."""

    data_dir: Path = Path(".quartermaster")
    database_url: str = ""  # empty: SQLite in data_dir
    redis_url: str = EMBEDDED_REDIS
    allow_unauthenticated_redis: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""  # empty: http:// and the address that is listened on
    cluster_name: str = "cluster"
    operator_name: str = "operator"
    licence_public_key: str = ""  # empty: the built-in one
    log_level: str = "info"
    prometheus_url: str = ""  # empty: no history beyond the last hour
    prometheus_token: str | None = field(default=None, repr=False)
    metrics_token: str = field(default="", repr=False)  # empty: only operators' sessions scrape
    metrics_token_file: Path | None = None
    # Several are apart by spaces, the newest first; empty: of the data folder, with SQLite.
    secret_key: str = field(default="", repr=False)
    secret_key_file: Path | None = None
    allowed_addresses: str = ""  # what may be called although it is internal
    allow_plain_http: bool = False
    dvs_folders: str = ""  # beneath which DVS targets may have folders; empty: in data_dir only
    persisted_documents: str = "optional"
    persisted_documents_path: str = ""  # empty: only the dashboard's own
    token_days: int = 365  # the longest that an API token may live
    kubernetes: str = "off"  # "in-cluster", or the path of a kubeconfig
    sockets_per_user: int = 50
    sockets_per_address: int = 200
    trusted_proxies: str = ""  # empty: what a request says of where it is from is not believed

    def __post_init__(self) -> None:
        if not self.database_url:
            path = (self.data_dir / "quartermaster.sqlite3").absolute()
            object.__setattr__(self, "database_url", f"sqlite:///{path}")
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"{PREFIX}PORT must be between 0 and 65535, not {self.port}.")
        if self.log_level not in LOG_LEVELS:
            raise SettingsError(
                f"{PREFIX}LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {self.log_level!r}."
            )
        if self.persisted_documents not in PERSISTED_DOCUMENTS:
            raise SettingsError(
                f"{PREFIX}PERSISTED_DOCUMENTS must be {' or '.join(PERSISTED_DOCUMENTS)}, "
                f"not {self.persisted_documents!r}."
            )
        for name in ("token_days", "sockets_per_user", "sockets_per_address"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{PREFIX}{name.upper()} must be 1 at least.")
        for name in ("cluster_name", "operator_name"):
            if not getattr(self, name).strip():
                raise SettingsError(f"{PREFIX}{name.upper()} must not be empty.")
        _ = self.licence_key
        self._read_secret("metrics_token")
        self._read_secret("secret_key")
        self._require_allowed_addresses()
        self._require_trusted_proxies()
        self._require_dvs_folders()
        self._require_public_url()
        self._require_prometheus_url()
        self._require_redis_authentication()

    def _read_secret(self, name: str) -> None:
        """A secret given by itself or in a file; one that is given must be one."""
        file: Path | None = getattr(self, f"{name}_file")
        variable = PREFIX + name.upper()
        if file is None:
            return
        if getattr(self, name):
            raise SettingsError(f"Give {variable} or {variable}_FILE, not both.")
        try:
            secret = file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{variable}_FILE cannot be read: {error}.") from error
        _require_secrets(variable, name, secret)
        object.__setattr__(self, name, secret)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The first seals, all open."""
        return tuple(self.secret_key.split())

    @property
    def licence_key(self) -> PublicKey:
        """By which licences are verified."""
        try:
            return PublicKey(self.licence_public_key or BUILT_IN_KEY)
        except ValueError:
            raise SettingsError(
                f"{PREFIX}LICENCE_PUBLIC_KEY must be the 43 characters that "
                "`quartermaster licence keygen` prints."
            ) from None

    @property
    def outbound_policy(self) -> Policy:
        """What may be called on behalf of an operator."""
        return Policy.of(self.allowed_addresses, allows_http=self.allow_plain_http)

    def _require_allowed_addresses(self) -> None:
        try:
            _ = self.outbound_policy
        except ValueError as error:
            raise SettingsError(
                f"{PREFIX}ALLOWED_ADDRESSES is a list of networks and hosts, such as "
                f"100.64.0.0/10,hooks.example.org, but {error}."
            ) from error

    @property
    def trusted_networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """Of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
        each = (part.strip() for part in self.trusted_proxies.split(",") if part.strip())
        return tuple(ipaddress.ip_network(part) for part in each)

    def _require_trusted_proxies(self) -> None:
        try:
            is_everybody = any(network.prefixlen == 0 for network in self.trusted_networks)
        except ValueError as error:
            raise SettingsError(
                f"{PREFIX}TRUSTED_PROXIES is a list of addresses and networks, such as "
                f"10.0.0.5,192.0.2.0/24, but {error}."
            ) from error
        if is_everybody:
            raise SettingsError(
                f"{PREFIX}TRUSTED_PROXIES must not be everybody: anybody could then come from "
                "wherever they say."
            )

    @property
    def dvs_roots(self) -> Roots:
        """Where folders of DVS targets may be."""
        allowed = tuple(Path(folder) for folder in self.dvs_folders.split(":") if folder)
        return Roots(self.data_dir / "dvs", allowed)

    def _require_dvs_folders(self) -> None:
        for folder in self.dvs_roots.allowed:
            if not folder.is_absolute() or ".." in folder.parts or len(folder.parts) < 2:
                raise SettingsError(
                    f"{PREFIX}DVS_FOLDERS is a list of full paths with : between, such as "
                    f"/mnt/versions:/srv/data, but {str(folder)!r} is none that may be used."
                )

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def is_bus_embedded(self) -> bool:
        return urlsplit(self.redis_url).scheme == "embedded"

    @property
    def public_authority(self) -> str | None:
        """Host and port of the public URL as a Host header spells them."""
        return urlsplit(self.public_url).netloc.lower() or None

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The names under which the server answers; any other Host header is refused."""
        public = urlsplit(self.public_url).hostname
        return frozenset(filter(None, (*LOOPBACK_NAMES, self.host.lower(), public)))

    def _require_public_url(self) -> None:
        if not self.public_url:
            return
        url = urlsplit(self.public_url)
        if (
            url.scheme not in DEFAULT_PORTS
            or not url.hostname
            or url.path.rstrip("/")
            or url.query
            or url.fragment
            or "@" in url.netloc
        ):
            raise SettingsError(
                f"{PREFIX}PUBLIC_URL must be an origin such as https://gpus.example.org, "
                f"not {self.public_url!r}."
            )

    def _require_prometheus_url(self) -> None:
        url = urlsplit(self.prometheus_url)
        if self.prometheus_url and (url.scheme not in DEFAULT_PORTS or not url.hostname):
            raise SettingsError(
                f"{PREFIX}PROMETHEUS_URL must be a URL such as http://prometheus:9090, "
                f"not {self.prometheus_url!r}."
            )

    def _require_redis_authentication(self) -> None:
        """Who can write to Redis can forge telemetry: one on another host needs a password."""
        url = urlsplit(self.redis_url)
        if url.scheme not in ("embedded", "redis", "rediss", "unix"):
            raise SettingsError(
                f"{PREFIX}REDIS_URL must start with embedded://, redis://, rediss:// or unix://."
            )
        if _is_local(url) or url.password or self.allow_unauthenticated_redis:
            return
        raise SettingsError(
            f"The Redis at {url.hostname} is on another host and its URL has no password, so "
            "anyone who reaches it could forge telemetry. Put the password into "
            f"{PREFIX}REDIS_URL (redis://:PASSWORD@host:6379/0), or accept the risk with "
            f"{PREFIX}ALLOW_UNAUTHENTICATED_REDIS=yes."
        )

    @classmethod
    def load(
        cls, environment: Mapping[str, str] | None = None, **given: str | int | Path | bool | None
    ) -> Settings:
        """From the environment; what the command line gives (not None) comes first.

        Raises: SettingsError, also for a QUARTERMASTER_ variable that does not exist: a misspelt
        setting must not be ignored in silence.
        """
        environment = os.environ if environment is None else environment
        known = {PREFIX + each.name.upper(): each.name for each in fields(cls)}
        if unknown := sorted(
            name for name in environment if name.startswith(PREFIX) and name not in known
        ):
            raise SettingsError(
                f"Unknown setting {', '.join(unknown)}. Known are: {', '.join(sorted(known))}."
            )
        values: dict[str, object] = {
            name: _parse(variable, name, environment[variable])
            for variable, name in known.items()
            if variable in environment
        }
        values.update((name, value) for name, value in given.items() if value is not None)
        return cls(**values)  # type: ignore[arg-type]


def _parse(variable: str, name: str, text: str) -> object:
    match name:
        case "data_dir" | "metrics_token_file" | "secret_key_file":
            return Path(text)
        case "metrics_token" | "secret_key":
            _require_secrets(variable, name, text)
        case "port" | "token_days" | "sockets_per_user" | "sockets_per_address":
            if not text.isascii() or not text.isdecimal():
                raise SettingsError(f"{variable} must be a number, not {text!r}.")
            return int(text)
        case "allow_unauthenticated_redis" | "allow_plain_http":
            if text not in ("yes", "no"):
                raise SettingsError(f"{variable} must be yes or no, not {text!r}.")
            return text == "yes"
    return text


def _require_secrets(variable: str, name: str, text: str) -> None:
    """Raises: SettingsError. Of keys there may be several, while one is replaced by another."""
    for secret in (name == "secret_key" and text.split()) or [text]:
        _require_secret(variable, secret)


def _require_secret(variable: str, secret: str) -> None:
    """Raises: SettingsError for one that could be guessed; it does not repeat it."""
    is_one_word = secret.isascii() and secret.isprintable() and " " not in secret
    if len(secret) < SECRET_LENGTH or not is_one_word:
        raise SettingsError(
            f"{variable} must be {SECRET_LENGTH} or more ASCII characters without spaces; "
            "make one with: openssl rand -hex 32"
        )


def _is_local(url: SplitResult) -> bool:
    return url.scheme in ("embedded", "unix") or (url.hostname or "localhost") in LOOPBACK_NAMES
