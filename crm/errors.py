"""What the program says when it will not do what it was asked; every edge knows how to show these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crm.messages import N_


class Refused(Exception):
    """A verb was refused: a Chinese message id, the values its %(name)s placeholders take, and the
    field it concerns.
    """

    def __init__(self, message: str, field: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class NotFound(Refused):
    """What was asked for is not in the books."""

    def __init__(self, message: str = N_("没有找到"), field: str | None = None, **values: object) -> None:
        super().__init__(message, field, **values)


class NotAllowed(Refused):
    """The person's role does not include this."""

    def __init__(
        self, message: str = N_("您的岗位没有此项权限"), field: str | None = None, **values: object
    ) -> None:
        super().__init__(message, field, **values)


class Stale(Refused):
    """Somebody else changed the row since it was read."""

    def __init__(
        self,
        message: str = N_("该记录已被他人修改，请刷新后重试"),
        field: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(message, field, **values)


class Refusals(Exception):
    """Several refusals at once, in the order they were found, so that a form or a sheet shows them all."""

    def __init__(self, refusals: Iterable[Refused]) -> None:
        self.refusals = tuple(refusals)
        super().__init__(*self.refusals)

    def __iter__(self) -> Iterator[Refused]:
        return iter(self.refusals)

    def __str__(self) -> str:
        return "\n".join(str(refusal) for refusal in self.refusals)
