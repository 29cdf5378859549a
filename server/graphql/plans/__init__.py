"""Selections of validated documents, compiled: what graphql-core works out for each object anew.

A plan runs on graphql-core's own `Executor`, which keeps its say on variables, arguments, errors
and abstract types; what a plan does not know it leaves to it, field by field. Answers are the same.
"""

from __future__ import annotations

from server.graphql.plans.plan import Plan

__all__ = ["Plan"]
