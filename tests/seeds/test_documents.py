"""The documents the program rests on are word for word what was collected."""

import csv
import hashlib

from crm.sheets.vocabulary import SEEDS, rows

DOCUMENTS = SEEDS / "documents"


def listed() -> dict[str, str]:
    """File → SHA-256, as SHA256SUMS has them."""
    lines = (DOCUMENTS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def test_every_document_is_byte_identical_to_its_sum() -> None:
    files = sorted(DOCUMENTS.glob("*.txt"))
    assert len(files) == 5
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == listed()


def test_the_readme_says_where_every_file_comes_from() -> None:
    readme = (SEEDS / "README.md").read_text(encoding="utf-8")
    for name in [*listed(), *(file.name for file in SEEDS.glob("*.csv"))]:
        assert f"`{name}`" in readme, f"seeds/README.md does not say where {name} comes from"
    for file in (SEEDS / "demonstration").glob("*.csv"):
        assert f"`{file.name}`" in readme


def test_every_source_that_a_seed_names_is_there() -> None:
    there = {*listed(), "streets.csv"}
    for name in ("units.csv", "targets_2021.csv"):
        for row in rows(name):
            assert set(row["source"].split("; ")) <= there, row


def test_what_is_quoted_of_the_notice_stands_in_it() -> None:
    notice = "".join((DOCUMENTS / "003_888dee326bb267d1.txt").read_text(encoding="utf-8").split())
    offices = [row["full_name"] for row in rows("units.csv") if row["kind"] == "office"]
    for text in [*offices, *(row["focus"] for row in rows("focus_industries.csv"))]:
        assert text in notice, text


def test_seeds_are_utf_8_with_lines_that_end_in_lf_and_full_rows() -> None:
    for file in [*SEEDS.glob("*.csv"), *(SEEDS / "demonstration").glob("*.csv")]:
        content = file.read_bytes()
        assert b"\r" not in content and not content.startswith(b"\xef\xbb\xbf"), file.name
        head, *table = csv.reader(content.decode("utf-8").splitlines(keepends=True))
        assert table and all(len(row) == len(head) for row in table), file.name
