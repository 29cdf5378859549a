"""Documents that were parsed, held against the limits and validated before: not again.

A client sends the same few documents all day, and these three steps cost several times what a small
answer does. Only good documents of modest length are kept, and no more than some.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from graphql import DocumentNode
from strawberry.extensions import SchemaExtension

MOST = 200
LONGEST = 20_000
"""Characters; the dashboard's and GraphiQL's documents are shorter."""


class Documents:
    """The latest `MOST` documents by their text; of one schema, for what is valid depends on it."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()

    def find(self, text: str | None) -> DocumentNode | None:
        if text is None or text not in self._known:
            return None
        self._known.move_to_end(text)
        return self._known[text]

    def keep(self, text: str | None, document: DocumentNode) -> None:
        if text is None or len(text) > LONGEST:
            return
        self._known[text] = document
        if len(self._known) > MOST:
            self._known.popitem(last=False)


class KnownDocuments(SchemaExtension):
    """Goes before the other extensions; to them a known document has no errors already."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self._documents = documents

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        known = self._documents.find(context.query)
        if known is not None:
            context.graphql_document = known
            context.pre_execution_errors = []
        yield

    def on_validate(self) -> Iterator[None]:
        yield
        context = self.execution_context
        if context.graphql_document is not None and not context.pre_execution_errors:
            self._documents.keep(context.query, context.graphql_document)
