"""Labels and their values by turns, as in the lines of a form: "Device | P-7 | Checked on | 3 June"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.text.cells import blank, cell, shown

from .rows import Row

LABEL = 20
"""Characters of a label at most, where labels and values stand by turns."""
MOST_PAIRS = 15
"""Rows of these."""
_CODE = re.compile(r"\d{4}|\d-|-\d")
_DIGITS = re.compile(r"\d[\d.,]*")


def in_pairs(rows: Sequence[Row]) -> bool:
    """Whether each row is labels and their values by turns, told by a first row that holds a day or a code where names of
    columns would stand."""
    if not rows or len(rows[0]) % 2 or not 2 <= len(rows) <= MOST_PAIRS:
        return False
    labels = [label for row in rows for label, _ in of(row)]
    first = rows[0][1::2]
    return _are_labels(labels) and any(map(is_value, first)) and not any(map(blank, first))


def in_turns(row: Row) -> bool:
    """Whether what a row says is labels and their values by turns, a day or a code among the values."""
    said = [value for value in row if not blank(value)]
    return len(said) > 2 and len(said) % 2 == 0 and _are_labels(said[::2]) and any(map(is_value, said[1::2]))


def above_table(rows: Sequence[Row]) -> int:
    """How many rows of labels and values by turns stand above the header of a table in words: names without a digit, and
    digits below one of them, written alike in each row. 0 where all is pairs, or several days name what stands below."""
    if len(rows[0]) % 2 or any(map(blank, rows[0])) or not in_turns(rows[0]) or in_pairs(rows):
        return 0
    count = 1
    while count < len(rows) and _is_said(rows[count]):
        count += 1
    headed = count < len(rows) and _are_labels(rows[count])
    below = zip(rows[0], *rows[count + 1 :], strict=True)
    dated = [is_value(said) for said, *column in below if headed and _alike(column)]
    return count if len(dated) == 1 or (dated and not all(dated)) else 0


def of(row: Row) -> Iterator[tuple[object, object]]:
    """The labels and values of a row; one value may reach over all of it."""
    wide = len(row) > 2 and len(set(map(shown, row[1:]))) == 1
    for label, value in [(row[0], row[1])] if wide else zip(row[::2], row[1::2], strict=True):
        if not blank(label) or not blank(value):
            yield label, value


def is_value(value: object) -> bool:
    """Whether it is a day or a code, which names no column below which there are no figures."""
    return cell(value).type == "date" or (cell(value).type == "text" and bool(_CODE.search(shown(value))))


def _are_labels(values: Sequence[object]) -> bool:
    """Whether these are different words, short and without a digit."""
    said = list(map(shown, values))
    plain = all(text and len(text) <= LABEL and not any(map(str.isdigit, text)) for text in said)
    return plain and len(set(said)) == len(said)


def _is_said(row: Row) -> bool:
    """Whether a row goes on with labels and values: digits among the values, none in the labels."""
    return not any(map(blank, row)) and _are_labels(row[::2]) and any(map(str.isdigit, "".join(map(shown, row[1::2]))))


def _alike(column: Sequence[object]) -> bool:
    """Whether several cells of a column are written alike, with digits: 6/30, 7/15."""
    said = [shown(value) for value in column if not blank(value)]
    forms = {_DIGITS.sub("0", text) for text in said}
    return len(said) > 1 and len(forms) == 1 and "0" in forms.pop()
