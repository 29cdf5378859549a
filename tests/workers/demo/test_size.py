"""Sizes of a demo fleet, as people write them."""

from __future__ import annotations

import pytest

from workers.demo import BadSize, Size, parse_size


@pytest.mark.parametrize("text", ["125x8", " 125 X 8 ", "125×8"])
def test_nodes_times_devices_is_a_size(text: str) -> None:
    assert parse_size(text) == Size(125, 8)


@pytest.mark.parametrize("text", ["", "125", "x8", "-1x8", "1.5x8", "125x8x2", "nine x two"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadSize, match="125x8"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("0x8", "1 to"), ("8x0", "1 to 16"), ("8x17", "1 to 16"), ("9999x8", "79,992")],
)
def test_a_size_out_of_bounds_is_refused_with_the_bounds(text: str, said: str) -> None:
    with pytest.raises(BadSize, match=said):
        parse_size(text)
