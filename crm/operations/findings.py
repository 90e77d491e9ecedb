"""What a check finds: a sentence, what to do about it, and whether it must be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from flask import Flask


@dataclass(frozen=True)
class Finding:
    """What is wrong and what to do: Chinese message ids and the values of both. A remark is not serious."""

    message: str
    remedy: str
    values: dict[str, object] = field(default_factory=dict)
    serious: bool = True


@dataclass(frozen=True)
class Check:
    """One question about the installation: its code, its name (a message id), and who answers it.

    `of_books` are those a new schema must pass; `slow` are those no page waits for; `needs` is what must be well
    before it makes sense to ask.
    """

    code: str
    name: str
    look: Callable[[Flask], Iterator[Finding]]
    of_books: bool = False
    slow: bool = False
    needs: str | None = None


def wrong(message: str, remedy: str, **values: object) -> Finding:
    """Something that must be put right."""
    return Finding(message, remedy, values)


def remark(message: str, remedy: str, **values: object) -> Finding:
    """Something worth knowing."""
    return Finding(message, remedy, values, serious=False)
