"""What entries of a directory say of people, and how people are asked for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from ldap3.utils.conv import escape_bytes, escape_filter_chars

from identity.backend import Person
from identity.ldap.link import Entry
from identity.settings import LdapSettings

ACCOUNT_CONTROL = "userAccountControl"
ACCOUNT_IS_DISABLED = 0x2  # MS-ADTS 2.2.16, ADS_UF_ACCOUNTDISABLE
BINARY_UUIDS = frozenset({"objectguid"})
"""Sixteen bytes, the first three fields little-endian (MS-DTYP 2.3.4.2)."""


class People:
    """Entries as people, by the attributes that the settings name."""

    def __init__(self, settings: LdapSettings) -> None:
        self._settings = settings
        self.attributes = (
            settings.subject_attribute,
            settings.user_attribute,
            settings.display_name_attribute,
            ACCOUNT_CONTROL,
        )

    def person(self, entry: Entry) -> Person | None:
        """None for what has no subject or name, or several subjects, and for who is disabled."""
        subject, name = self._subject(entry), entry.text(self._settings.user_attribute)
        if subject is None or name is None or _is_disabled(entry):
            return None
        return Person(subject, name, entry.text(self._settings.display_name_attribute))

    def all(self) -> str:
        return _bracketed(self._settings.user_filter)

    def named(self, name: str) -> str:
        return f"(&{self.all()}({self._settings.user_attribute}={escape_filter_chars(name)}))"

    def like(self, search: str) -> str:
        sought = escape_filter_chars(search.strip())
        names = (self._settings.user_attribute, self._settings.display_name_attribute)
        either = "".join(f"({name}=*{sought}*)" for name in names)
        return f"(&{self.all()}(|{either}))"

    def of_subjects(self, subjects: Iterable[str]) -> str:
        attribute = self._settings.subject_attribute
        each = "".join(f"({attribute}={self._escaped(one)})" for one in subjects)
        return f"(&{self.all()}(|{each}))"

    def within(self, attribute: str, values: Iterable[str]) -> str:
        each = "".join(f"({attribute}={escape_filter_chars(value)})" for value in values)
        return f"(&{self.all()}(|{each}))"

    def _subject(self, entry: Entry) -> str | None:
        values = entry.attributes.get(self._settings.subject_attribute.lower(), ())
        if len(values) != 1 or not values[0]:
            return None
        (value,) = values
        if self._is_binary():
            return str(uuid.UUID(bytes_le=value)) if len(value) == 16 else None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.hex()

    def _escaped(self, subject: str) -> str:
        if not self._is_binary():
            return str(escape_filter_chars(subject))
        try:
            return str(escape_bytes(uuid.UUID(subject).bytes_le))
        except ValueError:
            return str(escape_filter_chars(subject))

    def _is_binary(self) -> bool:
        return self._settings.subject_attribute.lower() in BINARY_UUIDS


def like_group(settings: LdapSettings, search: str | None) -> str:
    every = _bracketed(settings.group_filter)
    if search is None or not search.strip():
        return every
    return f"(&{every}({settings.group_attribute}=*{escape_filter_chars(search.strip())}*))"


def _bracketed(filter: str) -> str:
    filter = filter.strip()
    return filter if filter.startswith("(") else f"({filter})"


def _is_disabled(entry: Entry) -> bool:
    control = entry.text(ACCOUNT_CONTROL)
    return control is not None and control.isdecimal() and bool(int(control) & ACCOUNT_IS_DISABLED)
