"""One field of a selection: how its resolver is called, and what becomes of its value."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import strawberry
from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_argument_values
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField

from server.graphql.plans.completion import completer
from server.graphql.plans.run import Place, Run, Waiting, is_awaitable, path_of

if TYPE_CHECKING:
    from server.graphql.plans.plan import Plan

BACKREF = "strawberry-definition"


class PlannedField:
    def __init__(
        self,
        plan: Plan,
        parent: GraphQLObjectType,
        key: str,
        details: list[FieldDetails],
        *,
        is_event: bool = False,
    ) -> None:
        """`is_event`: of a subscription; its value is the event itself."""
        self.key = key
        self.parent = parent
        self.details = details
        self.is_event = is_event
        self.name = details[0].node.name.value
        self.definition = plan.schema.get_field(parent, self.name)
        assert self.definition is not None, "The document is valid."
        self.type: GraphQLOutputType = self.definition.type
        self.strawberry: StrawberryField | None = self.definition.extensions.get(BACKREF)
        self._strawberry_schema = plan.strawberry
        self._complete = completer(self.type, self, plan)

    @property
    def is_nullable(self) -> bool:
        return not isinstance(self.type, GraphQLNonNull)

    @property
    def named_type(self) -> GraphQLOutputType:
        """Its type where null is left out of account; a list stays one."""
        return self.type.of_type if isinstance(self.type, GraphQLNonNull) else self.type

    @property
    def is_ours(self) -> bool:
        """Whether it is called here; else graphql-core does, as for introspection."""
        ours = self.strawberry
        plain_arguments = all(each.fragment_variable_values is None for each in self.details)
        return ours is not None and not ours.extensions and plain_arguments

    @property
    def is_shared(self) -> bool:
        """Of a subscription's field: whether it says so (`schema.fields`)."""
        return self.strawberry is not None and bool(self.strawberry.metadata.get("is_shared"))

    @property
    def column(self) -> str | None:
        """The attribute that it shows, where it shows just one."""
        ours = self.strawberry
        if ours is None or not ours.is_basic_field or ours.default_resolver is not getattr:
            return None
        return ours.python_name

    @property
    def root_parameter(self) -> str | None:
        """The resolver's parameter for the object around; "self" is the first one."""
        resolver = self.strawberry.base_resolver if self.strawberry else None
        if resolver is None:
            return None
        if resolver.self_parameter:
            return "self"
        named = resolver.root_parameter or resolver.parent_parameter
        return named.name if named else None

    def bind(self, executor: Executor[Any]) -> Callable[..., Any]:
        """The resolver with everything but the object around it.

        Raises: what the arguments' coercion raises, an error of the field.
        """
        ours, definition = self.strawberry, self.definition
        assert ours is not None and definition is not None
        if ours.base_resolver is None:
            return partial(ours.get_result, info=None, args=[], kwargs={})
        given: dict[str, Any] = {}
        if definition.args:
            node = self.details[0].node
            given = get_argument_values(definition, node, executor.variable_values)
        info: strawberry.Info = self._strawberry_schema.config.info_class(
            _raw_info=self.info(executor), _field=ours
        )
        converter = self._strawberry_schema.schema_converter
        _, named = get_arguments(
            field=ours,
            source=None,
            info=info,
            kwargs=given,
            config=converter.config,
            scalar_registry=converter.scalar_registry,
        )
        named.pop(self.root_parameter or "", None)
        function = ours.base_resolver.wrapped_func
        resolve = function if callable(function) else ours.base_resolver
        return partial(resolve, **named) if named else resolve

    def info(self, executor: Executor[Any], place: Place | None = None) -> GraphQLResolveInfo[Any]:
        """What a resolver may ask. The call is one for all objects: its path names none of them."""
        assert self.definition is not None
        nodes = [each.node for each in self.details]
        path = path_of(place or (None, self.key, self.parent.name))
        return executor.build_resolve_info(self.definition, nodes, self.parent, path)

    def finish(self, value: Any, run: Run, place: Place) -> Any:
        """What stands in the answer for a resolver's value, or Waiting."""
        if is_awaitable(value, run.executor):
            return run.later(self._await(value, run, place), value)
        done = self._complete(value, run, place)
        if done.__class__ is Waiting:
            return run.later(self._guard(done, run, place))
        return done

    def fail(self, error: Exception, run: Run, place: Place) -> None:
        """Null, with the error noted; where null is not allowed, raises it again, located."""
        run.executor.handle_field_error(error, self.type, self.details, path_of(place))

    def leave(self, root: Any, run: Run, place: Place) -> Any:
        """Let graphql-core answer the field, its errors included."""
        answer = run.executor.execute_field(self.parent, root, self.details, path_of(place), None)
        return run.later(_awaited(answer), answer) if is_awaitable(answer, run.executor) else answer

    async def _await(self, value: Any, run: Run, place: Place) -> Any:
        try:
            done = self._complete(await value, run, place)
            return await done.work if done.__class__ is Waiting else done
        except Exception as error:
            return self.fail(error, run, place)

    async def _guard(self, done: Waiting, run: Run, place: Place) -> Any:
        try:
            return await done.work
        except Exception as error:
            return self.fail(error, run, place)


async def _awaited(answer: Any) -> Any:
    return await answer
