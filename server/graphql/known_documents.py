"""Documents that are known beforehand: clients may name them, or may send no others.

A document is named by the SHA-256 of its text in hexadecimal: as `documentId` after "sha256:"
(the appendix on persisted documents of GraphQL over HTTP), or as
`extensions.persistedQuery.sha256Hash`, as Apollo's and urql's clients do. One that is sent as text
is known whatever its white space and comments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from graphql import GraphQLError
from graphql.utilities import strip_ignored_characters

from server.graphql.documents import BadRequest, NoOperation
from server.graphql.execution import GraphQLRequest

MANIFEST = "documents.json"
"""Beside the built dashboard: a JSON object with the texts of its documents by their ids."""
PREFIX = "sha256:"
LOOSE = 4
"""How many times longer than the longest known document a text may be before it is looked at."""


class DocumentsUnreadable(Exception):
    """A file of known documents cannot be used; the message says which, and why."""


class KnownDocuments:
    def __init__(self, texts: Iterable[str] = (), *, only: bool = False) -> None:
        self._texts = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
        self._stripped = {strip_ignored_characters(text) for text in self._texts.values()}
        self._longest = max(map(len, self._texts.values()), default=0)
        self._only = only

    def __len__(self) -> int:
        return len(self._texts)

    def text_of(self, asked: GraphQLRequest) -> str:
        """What is to be run. Raises: NoOperation, BadRequest."""
        if asked.query:
            if self._only and not self._knows(asked.query):
                raise BadRequest([_not_known()])
            return asked.query
        if (named := _name(asked)) is None:
            raise NoOperation("The query is empty.")
        text = self._texts.get(named.removeprefix(PREFIX).lower())
        if text is None:
            raise BadRequest([_not_known() if self._only else _not_found()])
        return text

    def _knows(self, text: str) -> bool:
        if len(text) > LOOSE * self._longest:
            return False
        try:
            return strip_ignored_characters(text) in self._stripped
        except GraphQLError:
            return False


def _name(asked: GraphQLRequest) -> str | None:
    persisted = (asked.extensions or {}).get("persistedQuery")
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return asked.document_id or (named if isinstance(named, str) else None)


def _not_found() -> GraphQLError:
    """In the words and the code at which clients send the text as well."""
    return GraphQLError("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})


def _not_known() -> GraphQLError:
    return GraphQLError(
        "This server runs only documents that it knows beforehand, and this is none of them "
        "(QUARTERMASTER_PERSISTED_DOCUMENTS=only). Whoever runs it can add it to the folder "
        "QUARTERMASTER_PERSISTED_DOCUMENTS_PATH.",
        extensions={"code": "DOCUMENT_NOT_PERSISTED", "limit": "only"},
    )


def read_documents(*places: Path) -> Iterator[str]:
    """The texts in files and folders: one in a `.graphql`, many in a `.json` manifest.

    Raises: DocumentsUnreadable.
    """
    for place in places:
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            try:
                if file.suffix == ".json":
                    yield from msgspec.json.decode(file.read_bytes(), type=dict[str, str]).values()
                elif file.suffix in (".graphql", ".gql"):
                    yield file.read_text("utf-8")
            except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
                raise DocumentsUnreadable(f"Cannot read the documents in {file}: {error}") from None
