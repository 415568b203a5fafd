"""Which queries a model may write: one SELECT over the columns there are, as a grammar (GBNF) of llama.cpp.

It holds the names of columns and the form of the query, by the type of each column; which words and figures a query
compares with is free here and is judged afterwards (`check`). `NONE` says that the table cannot answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingest.memory.tables import part_name, quoted

from .schema import Shown, row_of

NONE = "NONE"

_FIXED = r"""
root ::= figures | rows | extreme | groups | minus | "NONE"
figures ::= "SELECT " agg (", " agg){0,3} source
rows ::= "SELECT " ("DISTINCT ")? item (", " item){0,3} source order? limit?
extreme ::= "SELECT " col (", " col){0,2} ", " ("max" | "min") "(" number-column ")" source
groups ::= "SELECT " key (", " key)? (", " agg){1,3} source group order? limit?
minus ::= "SELECT " sub " - " sub
sub ::= "(SELECT " (agg source | item source order? limit?) ")"
source ::= " FROM " from (" WHERE " cond (" AND " cond){0,4})?
item ::= col | part | product
key ::= col | part
agg ::= fold | "round(" fold ", " [0-6] ")" | "count(*) FILTER (WHERE " cond ")"
fold ::= "count(*)" | "count(DISTINCT " col ")" | numeric "(" figure ")" | ("min" | "max") "(" col ")"
numeric ::= "sum" | "avg" | "median" | "min" | "max"
cond ::= "(" test " OR " test (" OR " test){0,2} ")" | test
test ::= of-words | of-figures | of-times | of-clocks | col (" IS NULL" | " IS NOT NULL")
of-words ::= word (" = " | " <> ") (text | sub) | word " IN (" text (", " text){1,4} ")" | word likeness like
likeness ::= " LIKE " | " NOT LIKE "
of-figures ::= figure compare (number | sub) | figure " BETWEEN " number " AND " number
group ::= " GROUP BY " key (", " key)? (" HAVING " agg compare number)?
order ::= " ORDER BY " (agg | figure | col | part) (" DESC" | " ASC")?
limit ::= " LIMIT " [1-9] [0-9]?
compare ::= " = " | " <> " | " < " | " <= " | " > " | " >= "
text ::= "'" ([^'\n] | "''"){1,60} "'"
like ::= "'" "%"? ([^'\n%] | "''"){1,40} "%"? "'"
number ::= "-"? [0-9]{1,12} ("." [0-9]{1,6})?
whole ::= [0-9]{1,4}
day ::= "'" [0-9]{4} "-" [0-9]{2} "-" [0-9]{2} (" " [0-9]{2} ":" [0-9]{2})? "'"
figure ::= number-column | product
product ::= number-column (" + " | " - " | " * " | " / ") number-column
"""
_NEVER = "[^\\x00-\\U0010FFFF]"
"""A rule that nothing fits, for a type that no column has."""


def grammar(shown: Sequence[Shown]) -> str:
    """The grammar for these tables."""
    several = len(shown) > 1
    parts = [_name(one, part_name(one.table), several) for one in shown if one.table.parts]
    numbers = [_name(one, row_of(one), several) for one in shown]
    rules = [
        _rule("word", [*_columns(shown, "text"), *_columns(shown, "boolean"), *parts]),
        _rule("number-column", [*_columns(shown, "number"), *numbers]),
        *_of_times(_columns(shown, "date")),
        *_of_clocks(_columns(shown, "time")),
        "col ::= word | number-column | moment | clock",
        _from(shown),
    ]
    return _FIXED.strip() + "\n" + "\n".join(rules) + "\n"


def _of_times(moments: Sequence[str]) -> list[str]:
    """Comparisons of moments and of their parts."""
    return [
        _rule("moment", moments),
        'part ::= ("year" | "month" | "day" | "hour" | "date") "(" moment ")"',
        'of-times ::= moment compare (day | sub) | moment " BETWEEN " day " AND " day | part compare whole',
    ]


def _of_clocks(clocks: Sequence[str]) -> list[str]:
    """Comparisons of times of day."""
    return [_rule("clock", clocks), 'of-clocks ::= clock compare "\'" [0-9]{2} ":" [0-9]{2} "\'"']


def _columns(shown: Sequence[Shown], kind: str) -> list[str]:
    several = len(shown) > 1
    return [_name(one, column.name, several) for one in shown for column in one.columns if column.type == kind]


def _name(one: Shown, column: str, several: bool) -> str:
    return f"{one.alias}.{quoted(column)}" if several else quoted(column)


def _rule(name: str, choices: Sequence[str]) -> str:
    return f"{name} ::= " + (" | ".join(dict.fromkeys(map(_literal, choices))) or _NEVER)


def _from(shown: Sequence[Shown]) -> str:
    if len(shown) == 1:
        return 'from ::= "t"'
    names = " | ".join(_literal(one.alias) for one in shown)
    joined = " | ".join(_literal(f"{a.alias} JOIN {b.alias} ON ") for a in shown for b in shown if a is not b)
    return f'from ::= {names} | ({joined}) col " = " col'


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
