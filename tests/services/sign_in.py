"""Signing in through the domain, and a directory that a test holds in its hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain import sign_in as signing_in
from domain.backends import Backends
from domain.sessions import Viewer
from identity.backend import BackendKind, DirectoryGroup, Failed, NotListed, People, Person
from outbound.policy import Policy


@dataclass
class FakeDirectory:
    """A password backend: people and passwords by the name they type."""

    issuer: str = "dc=example,dc=org"
    kind: BackendKind = BackendKind.LDAP
    accounts: dict[str, tuple[Person, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failure: Failed | None = None

    def add(self, subject: str, name: str, password: str = "right") -> Person:
        person = Person(subject, name, name.title())
        self.accounts[name] = (person, password)
        return person

    async def authenticate(self, name: str, password: str) -> Person | None:
        self.asked.append(name)
        self._answer()
        person, right = self.accounts.get(name, (None, None))
        return person if right == password else None

    async def check(self) -> Sequence[str]:
        self._answer()
        return ["connect"]

    async def people(
        self, search: str | None = None, group: str | None = None, after: str | None = None
    ) -> People:
        self._answer()
        return People([person for person, _ in self.accounts.values()])

    async def groups(self, search: str | None = None) -> Sequence[DirectoryGroup]:
        raise NotListed

    async def look_up(self, subjects: Sequence[str]) -> Mapping[str, Person | None]:
        self._answer()
        there = {person.subject: person for person, _ in self.accounts.values()}
        return {subject: there.get(subject) for subject in subjects}

    async def close(self) -> None: ...

    def _answer(self) -> None:
        if self.failure is not None:
            raise self.failure


async def sign_in(
    name: str,
    password: str,
    address: str | None,
    *,
    former_secret: str | None = None,
    backends: Backends | None = None,
) -> tuple[Viewer, str]:
    """Without `backends`, at an installation that calls nobody."""
    return await signing_in.sign_in(
        name,
        password,
        address,
        former_secret=former_secret,
        backends=backends or Backends(Policy()),
    )
