"""What tests do more cheaply than the program, and prove no less: what every application in one process would
make alike is made once, passwords are hashed lightly, and a name is spelt once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from crm.services import industries, passwords

LIGHT = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
"""Hashes as the program does, with the least of work."""

STATEMENTS: LRUCache[Any, Any] = LRUCache(5_000)
"""The SQL of statements, for the engines of all applications; found again where the dialect is of the same class."""


class CompiledTemplates(BytecodeCache):
    """The code of templates, found again where the source is the same."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives what was kept."""
        if (kept := self.kept.get(f"{bucket.key} {bucket.checksum}")) is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps the code."""
        self.kept[f"{bucket.key} {bucket.checksum}"] = bucket.bytecode_to_string()


def once_a_rule(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """How addresses are built from a rule, compiled once for rules that are alike."""
    made: dict[tuple[object, ...], Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    return compiled


@contextmanager
def economy() -> Iterator[None]:
    """Holds for this process; processes of their own, which tests start, do all of the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": CompiledTemplates()})
        patch.setattr(Rule, "_compile_builder", once_a_rule(Rule._compile_builder))
        patch.setattr(DefaultDialect, "__eq__", lambda one, other: type(one) is type(other))
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        patch.setattr(industries, "spelt", cache(industries.spelt))
        patch.setattr(passwords, "_hasher", LIGHT)
        patch.setattr(passwords, "_nobody", LIGHT.hash("nobody has this password"))
        yield
