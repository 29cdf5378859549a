"""Names as people type them: what is kept, and what no name can be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actors import Actor
from domain.groups import Group, create_group
from domain.installation import Installed
from domain.names import fold_name, tidy_name
from domain.refusals import BadName, ItemsRefused
from domain.users import Newcomer, User, on_board

ADA = Actor(1, "ada")


@given(st.text())
def test_a_name_is_kept_tidy_and_stays_the_same_name(name: str) -> None:
    try:
        tidy = tidy_name(name, 63)
    except BadName as bad:
        assert bad.name.isprintable()
        return
    assert tidy_name(tidy, 63) == tidy
    assert fold_name(tidy) == fold_name(name)
    assert 0 < len(fold_name(tidy)) <= 63


@pytest.mark.spec("T-15")
@pytest.mark.parametrize("name", ["ß" * 32, "ﬃ" * 63, "ﷺ" * 4])
async def test_a_name_whose_key_is_too_long_is_refused(installed: Installed, name: str) -> None:
    with pytest.raises(BadName):
        await create_group(ADA, name)
    assert await Group.all().count() == 1


@pytest.mark.spec("USER-1")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Bob \u3000 B. ", "Bob B."), ("", None), (" ", None), (" " * 300 + "b", "b")],
)
async def test_a_display_name_is_kept_tidy(
    installed: Installed, typed: str, kept: str | None
) -> None:
    (bob,) = await on_board(ADA, [Newcomer("bob", typed)])
    assert (await User.get(id=bob.user_id)).display_name == kept


@pytest.mark.spec("USER-1")
async def test_each_person_is_told_what_is_wrong_with_the_names(installed: Installed) -> None:
    people = [
        Newcomer("a\x00b"),
        Newcomer("ADA", "x" * 201),
        Newcomer("bob"),
        Newcomer(" Ｂｏｂ"),
        Newcomer("cleo"),
    ]
    with pytest.raises(ItemsRefused) as refused:
        await on_board(ADA, people)
    assert [
        (item.name, [type(reason).__name__ for reason in item.reasons])
        for item in refused.value.items
    ] == [
        ("a\x00b", ["BadName"]),
        ("ADA", ["BadName", "NameTaken"]),
        (" Ｂｏｂ", ["NamedTwice"]),
    ]
    assert await User.all().count() == 1
