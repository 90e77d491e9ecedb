"""What is known of an enterprise, in words: the names of its fields and marks."""

from __future__ import annotations

from dataclasses import dataclass

from crm.messages import N_

FLAG_NAMES = {
    "fortune_500": N_("500强"),
    "headquarters": N_("总部"),
    "listed": N_("上市"),
    "specialised": N_("专精特新"),
}

ORIGIN_NAMES = {
    "capital_increase": N_("增资"),
    "expansion": N_("扩产"),
    "relocation": N_("搬迁"),
}


@dataclass(frozen=True)
class Field:
    """A field of the form, and what it is called."""

    name: str
    label: str


FIELDS = {
    field.name: field
    for field in (
        Field("name", N_("企业名称")),
        Field("credit_code", N_("统一社会信用代码")),
        Field("parent", N_("上级企业")),
        Field("group_name", N_("所属集团")),
        *(Field(name, label) for name, label in FLAG_NAMES.items()),
        Field("note", N_("备注")),
    )
}
"""In the order of the form."""

YES = "1"


class Choices:
    """How a value of the form reads."""

    @staticmethod
    def text(field: Field, text: str) -> str:
        """The value in words; a mark is yes or nothing."""
        return "✓" if field.name in FLAG_NAMES and text == YES else text
