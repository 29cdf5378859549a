"""A schema with one of everything that a plan has to answer as graphql-core does."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig

Moment = NewType("Moment", datetime)
MOMENT = strawberry.scalar(
    name="Moment", serialize=lambda value: value.isoformat(), parse_value=datetime.fromisoformat
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@strawberry.enum
class Mood(enum.Enum):
    CALM = "calm"
    WILD = "wild"


@strawberry.input
class Wish:
    text: str = "nothing"
    times: int = 1
    mood: Mood | None = None
    inner: list[int] | None = None


@strawberry.interface
class Named:
    name: str

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        return self.name.upper() * times


@strawberry.type
class Leaf(Named):
    whole: int
    real: float
    flag: bool
    maybe_text: str | None
    maybe_whole: int | None
    mood: Mood
    maybe_mood: Mood | None
    when: Moment
    key: strawberry.ID

    @strawberry.field
    def echo(self, wish: Wish | None = None, text: str = "x") -> str:
        return f"{self.name} {wish} {text}"

    @strawberry.field
    def broken(self) -> str:
        raise ValueError(f"{self.name} is broken")

    @strawberry.field
    def too_large(self) -> int | None:
        return 2**31

    @strawberry.field
    def not_a_number(self) -> float | None:
        return float("nan")

    @strawberry.field
    def raw_mood(self) -> Mood | None:
        return "wild"  # type: ignore[return-value]

    @strawberry.field
    def refused(self) -> int | None:
        raise GraphQLError("no", extensions={"code": "NO"})

    @strawberry.field
    def null_where_none_may_be(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def returned_error(self) -> str | None:
        return ValueError("returned")  # type: ignore[return-value]

    @strawberry.field
    async def late(self, text: str = "late") -> str:
        await asyncio.sleep(0)
        return f"{self.name} {text}"

    @strawberry.field
    async def late_and_broken(self) -> str:
        await asyncio.sleep(0)
        raise ValueError("late")

    @strawberry.field
    async def late_and_refused(self) -> int | None:
        raise GraphQLError("late no")

    @strawberry.field
    def tree(self) -> Tree:
        return tree(1)

    @strawberry.field
    def path(self, info: strawberry.Info[Any, Any]) -> str:
        return f"{info.field_name} {info.python_name} {info.path.typename} {info.context}"


@dataclass
class Stranger:
    """What is none of the schema's types."""

    name: str


class Herd(Sequence[Any]):
    """Leaves that can be read by columns."""

    def __init__(self, leaves: list[Leaf]) -> None:
        self.leaves = leaves

    def __len__(self) -> int:
        return len(self.leaves)

    def __getitem__(self, index: Any) -> Any:
        return self.leaves[index]

    def column(self, name: str) -> list[Any]:
        return [getattr(leaf, name) for leaf in self.leaves]


@strawberry.type
class Pair:
    left: Leaf
    right: Leaf | None
    size: int


@strawberry.type
class Tree(Named):
    depth: int
    numbers: list[int]
    holes: list[float | None]
    texts: list[str]
    moods: list[Mood]
    grid: list[list[int]]

    @strawberry.field
    def leaf(self) -> Leaf:
        return leaf(self.depth)

    @strawberry.field
    def maybe_leaf(self) -> Leaf | None:
        return leaf(self.depth) if self.depth % 2 else None

    @strawberry.field
    async def late_leaf(self) -> Leaf:
        await asyncio.sleep(0)
        return leaf(self.depth)

    @strawberry.field
    def leaves(self, count: int = 2) -> list[Leaf]:
        return [leaf(number) for number in range(count)]

    @strawberry.field
    def sparse_leaves(self) -> list[Leaf | None]:
        return [leaf(1), None, leaf(2)]

    @strawberry.field
    def late_items(self) -> list[Leaf]:
        async def later(number: int) -> Leaf:
            await asyncio.sleep(0)
            return leaf(number)

        return [later(1), leaf(2), later(3)]  # type: ignore[list-item]

    @strawberry.field
    def herd(self) -> list[Leaf]:
        return Herd([leaf(1), leaf(2), leaf(3)])

    @strawberry.field
    def sick_herd(self) -> list[Leaf | None]:
        sick = leaf(2)
        sick.whole, sick.real, sick.maybe_text = 2**40, 3, 5  # type: ignore[assignment]
        return Herd([leaf(1), sick, leaf(3)])

    @strawberry.field
    def pairs(self) -> list[Pair]:
        return Herd([Pair(leaf(1), None, 1), Pair(leaf(2), leaf(3), 2)])  # type: ignore[arg-type]

    @strawberry.field
    def iterable(self) -> list[int]:
        return (number for number in range(3))  # type: ignore[return-value]

    @strawberry.field
    def no_list(self) -> list[int] | None:
        return 7  # type: ignore[return-value]

    @strawberry.field
    def too_large(self) -> list[int | None]:
        return [1, 2**40, None]

    @strawberry.field
    def not_finite(self) -> list[float | None]:
        return [1.0, float("nan"), float("inf"), None, 2]

    @strawberry.field
    def unreal(self) -> list[float | None]:
        return [1.0, float("nan"), float("-inf")]

    @strawberry.field
    def odd_texts(self) -> list[str]:
        return ["a", 1, True, 1.5]  # type: ignore[list-item]

    @strawberry.field
    def odd_numbers(self) -> list[int]:
        return [True, 2.0, "3"]  # type: ignore[list-item]

    @strawberry.field
    def trees(self) -> list[Tree]:
        return [tree(self.depth + 1)] if self.depth < 3 else []

    @strawberry.field
    def named(self) -> Named:
        return leaf(5) if self.depth % 2 else tree(self.depth + 1)

    @strawberry.field
    def either(self) -> Annotated[Leaf | Tree, strawberry.union("Either")]:
        return tree(4) if self.depth % 2 else leaf(6)

    @strawberry.field
    def strangers(self) -> list[Named | None]:
        return [leaf(1), Stranger("who"), None]  # type: ignore[list-item]

    @strawberry.field
    def late_either(self) -> list[Annotated[Leaf | Tree, strawberry.union("Either")]] | None:
        async def later() -> Leaf:
            return leaf(8)

        return [later(), tree(9)]  # type: ignore[list-item]


def leaf(number: int) -> Leaf:
    return Leaf(
        name=f"leaf {number}",
        whole=number,
        real=number / 4,
        flag=number % 2 == 0,
        maybe_text=None if number % 2 else "text",
        maybe_whole=None if number % 3 else number,
        mood=Mood.CALM if number % 2 else Mood.WILD,
        maybe_mood=None if number % 2 else Mood.CALM,
        when=Moment(NOON),
        key=strawberry.ID(str(number)),
    )


def tree(depth: int) -> Tree:
    return Tree(
        name=f"tree {depth}",
        depth=depth,
        numbers=[1, 2, depth],
        holes=[0.5, None, 1.0],
        texts=["a", "b"],
        moods=[Mood.CALM, Mood.WILD],
        grid=[[1, 2], [], [3]],
    )


@strawberry.type
class Query:
    @strawberry.field
    def tree(self) -> Tree:
        return tree(0)

    @strawberry.field
    def maybe_tree(self) -> Tree | None:
        return tree(1)

    @strawberry.field
    async def late_tree(self) -> Tree | None:
        await asyncio.sleep(0)
        return tree(2)

    @strawberry.field
    def leaf(self, number: int = 1) -> Leaf:
        return leaf(number)

    @strawberry.field
    def wished(self, wish: Wish, wishes: list[Wish] | None = None) -> str:
        return f"{wish} {wishes}"


said: list[str] = []
"""What the mutations did, in their order."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def say(self, text: str) -> Leaf:
        await asyncio.sleep(0)
        said.append(text)
        return leaf(len(text))

    @strawberry.mutation
    def say_now(self, text: str) -> Leaf | None:
        said.append(text)
        return leaf(len(text))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def trees(self, count: int = 2) -> AsyncIterator[Tree]:
        for depth in range(count):
            yield tree(depth)

    @strawberry.subscription
    async def leaves(self) -> AsyncIterator[Leaf]:
        yield leaf(1)
        yield Stranger("nobody")  # type: ignore[misc]
        yield leaf(2)


schema = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    types=[Leaf, Tree],
    config=StrawberryConfig(scalar_map={Moment: MOMENT}),
)
