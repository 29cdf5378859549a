"""Names as people type them, and the folded key by which two of them are the same name."""

from __future__ import annotations

import unicodedata

from domain.refusals import BadName


def fold_name(name: str) -> str:
    """`name` without case, width and spacing. Made here: SQL's lower() differs by database."""
    once = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


def is_printable_name(name: str, max_length: int) -> bool:
    """Whether `name` has something in it, fits, and holds no control character (NUL included)."""
    return bool(name.strip()) and len(name) <= max_length and name.isprintable()


def tidy_text(text: str, max_length: int) -> str:
    """`text` as it is kept: composed, and without spaces around it or doubled in it.

    Raises: BadName.
    """
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in composed)
    tidy = " ".join(part for part in spaced.split(" ") if part)
    if not is_printable_name(tidy, max_length):
        raise BadName(storable(text, max_length), max_length)
    return tidy


def tidy_name(name: str, max_length: int) -> str:
    """The same of a name, which has a key: "ß" folds to two letters, and the key has to fit too.

    Raises: BadName.
    """
    tidy = tidy_text(name, max_length)
    if not 0 < len(fold_name(tidy)) <= max_length:
        raise BadName(tidy, max_length)
    return tidy


def storable(text: str, max_length: int) -> str:
    """What a reporter says, as a column can hold it: cut, and without control characters.

    PostgreSQL refuses NUL, and one odd process name must not stop a whole report.
    """
    return "".join(one for one in text if one.isprintable())[:max_length]
