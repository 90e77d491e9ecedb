"""CSV is written as the csv module writes it, whatever the cells hold."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from crm.sheets.tables import write_csv

cells = st.text(st.sampled_from("a中,\"\n\r \u3000;'"), max_size=4)


@given(st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5))
def test_the_same_bytes_as_the_csv_module(rows: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    assert "".join(write_csv(rows)) == buffer.getvalue()


def test_a_mark_at_the_beginning_where_excel_wants_one() -> None:
    assert "".join(write_csv([["a", "b"]], bom=True)) == "\ufeffa,b\n"


def test_many_rows_come_in_pieces_and_all_of_them() -> None:
    pieces = list(write_csv([str(n), "x"] for n in range(12_001)))
    assert len(pieces) > 1 and "".join(pieces).count("\n") == 12_001
