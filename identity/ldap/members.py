"""Who is in a group of a directory, those in the groups within it included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ldap3
from ldap3.utils.conv import escape_filter_chars

from identity.backend import Failed
from identity.ldap.entries import People, like_group
from identity.ldap.link import Cut, Entry, Link
from identity.settings import LdapSettings

IN_CHAIN = "1.2.840.113556.1.4.1941"  # LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS 3.1.1.3.4.4.3)
ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"  # LDAP_CAP_ACTIVE_DIRECTORY_OID
MOST_GROUPS = 2_000
"""Within one group, in however many levels; a ring of groups ends by being known already."""
AT_ONCE = 100
STEP = "search groups"


def knows_chains(link: Link) -> bool:
    """Whether the server finds members of members itself, as Active Directory does."""
    root = link.search(
        "", "(objectClass=*)", ["supportedCapabilities"], scope=ldap3.BASE, most=1, step=STEP
    )
    return any(ACTIVE_DIRECTORY in entry.texts("supportedCapabilities") for entry in root)


def members(link: Link, settings: LdapSettings, group: str, most: int) -> Iterator[Entry]:
    """People of the group with this DN. Raises: Failed, Cut."""
    people = People(settings)
    if knows_chains(link):
        sought = people.within(f"memberOf:{IN_CHAIN}:", [group])
        yield from link.search(settings.base_dn, sought, people.attributes, most=most, step=STEP)
        return
    match settings.member_attribute.lower():
        case "memberof":
            yield from _by_member_of(link, settings, people, group, most)
        case "memberuid":
            (names, _) = _listed(link, settings, [group])
            yield from _named(link, settings, people, names, most)
        case _:
            yield from _by_dn(link, settings, people, group, most)


def _by_member_of(
    link: Link, settings: LdapSettings, people: People, group: str, most: int
) -> Iterator[Entry]:
    known, level = {group.lower()}, [group]
    seen = set[str]()
    while level:
        for part in _parts(level):
            sought = people.within("memberOf", part)
            for entry in link.search(
                settings.base_dn, sought, people.attributes, most=most, step=STEP
            ):
                if entry.dn.lower() not in seen:
                    seen.add(entry.dn.lower())
                    yield entry
        inner = list[str]()
        for part in _parts(level):
            each = "".join(f"(memberOf={escape_filter_chars(dn)})" for dn in part)
            sought = f"(&{like_group(settings, None)}(|{each}))"
            found = link.search(settings.base_dn, sought, ["cn"], most=MOST_GROUPS, step=STEP)
            inner += [entry.dn for entry in found]
        level = _new(inner, known)


def _by_dn(
    link: Link, settings: LdapSettings, people: People, group: str, most: int
) -> Iterator[Entry]:
    """Each member is read by its DN: the filter tells a person from a group."""
    known, level = {group.lower()}, [group]
    seen, count = set[str](), 0
    while level:
        listed, _ = _listed(link, settings, level)
        others = list[str]()
        for dn in listed:
            if dn.lower() in seen:
                continue
            seen.add(dn.lower())
            entry = _at(link, dn, people.all(), people.attributes)
            if entry is None:
                others.append(dn)
                continue
            count += 1
            if count > most:
                raise Cut
            yield entry
        level = _new(
            (dn for dn in others if _at(link, dn, like_group(settings, None), ["cn"])), known
        )


def _listed(link: Link, settings: LdapSettings, groups: Iterable[str]) -> tuple[list[str], bool]:
    """What the groups' entries name, in their order, and whether there is such a group."""
    named, is_there = list[str](), False
    for group in groups:
        attribute = settings.member_attribute
        entry = _at(link, group, like_group(settings, None), [attribute])
        if entry is not None:
            named += entry.texts(attribute)
            is_there = True
    return named, is_there


def _named(
    link: Link, settings: LdapSettings, people: People, names: list[str], most: int
) -> Iterator[Entry]:
    for part in _parts(names):
        sought = people.within(settings.user_attribute, part)
        yield from link.search(settings.base_dn, sought, people.attributes, most=most, step=STEP)


def _at(link: Link, dn: str, filter: str, attributes: Iterable[str]) -> Entry | None:
    """The entry with this DN where the filter lets it through. Raises: Failed."""
    try:
        found = link.search(dn, filter, list(attributes), scope=ldap3.BASE, most=1, step=STEP)
        return next(found, None)
    except Failed as failed:
        if failed.is_missing:
            return None  # a member that was deleted without leaving its groups
        raise


def _new(dns: Iterable[str], known: set[str]) -> list[str]:
    """Raises: Failed, where there are more groups than anybody has meant."""
    fresh = list[str]()
    for dn in dns:
        if dn.lower() not in known:
            known.add(dn.lower())
            fresh.append(dn)
    if len(known) > MOST_GROUPS:
        raise Failed(STEP, f"More than {MOST_GROUPS} groups are within this one.")
    return fresh


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
