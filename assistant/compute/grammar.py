"""Which queries a model may write: one SELECT over the columns there are, as a grammar (GBNF) of llama.cpp.

It holds the names of columns and the form of the query, by the type of each column; which words and figures a query
compares with is free here and is judged afterwards (`check`). `NONE` says that the table cannot answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from ingest.memory.tables import part_name, quoted

from .schema import Shown, row_of, share_key

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
item ::= key | product
agg ::= fold | "round(" fold ", " [0-6] ")" | "count(*) FILTER (WHERE " cond ")"
fold ::= "count(*)" | "count(DISTINCT " col ")" | numeric "(" figure ")" | ("min" | "max") "(" col ")"
numeric ::= "sum" | "avg" | "median" | "min" | "max"
cond ::= "(" test " OR " test (" OR " test){0,2} ")" | test
group ::= " GROUP BY " key (", " key)? (" HAVING " agg compare number)?
order ::= " ORDER BY " (agg | figure | key) (" DESC" | " ASC")?
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
_TESTS = {
    "word": """of-words ::= word (" = " | " <> ") (text | sub) | word " IN (" text (", " text){1,4} ")" | word likeness like
likeness ::= " LIKE " | " NOT LIKE \"""",
    "number-column": 'of-figures ::= figure compare (number | sub) | figure " BETWEEN " number " AND " number',
    "moment": """of-times ::= moment compare (day | sub) | moment " BETWEEN " day " AND " day | part compare whole
part ::= ("year" | "month" | "day" | "hour" | "date") "(" moment ")\"""",
    "clock": """of-clocks ::= clock compare "'" [0-9]{2} ":" [0-9]{2} "'\"""",
}
"""How columns of each kind are compared."""


def grammar(shown: Sequence[Shown]) -> str:
    """The grammar for these tables; it knows only the kinds of columns that they have."""
    several = len(shown) > 1
    parts = [_name(one, part_name(one.table), several) for one in shown if one.table.parts]
    columns = {
        "word": [*_columns(shown, "text"), *_columns(shown, "boolean"), *parts],
        "number-column": [*_columns(shown, "number"), *(_name(one, row_of(one), several) for one in shown)],
        "moment": _columns(shown, "date"),
        "clock": _columns(shown, "time"),
    }
    kinds = [kind for kind, names in columns.items() if names]
    tests = [_TESTS[kind].partition(" ")[0] for kind in kinds]
    rules = [
        *(_rule(kind, columns[kind]) for kind in kinds),
        *(_TESTS[kind] for kind in kinds),
        "col ::= " + " | ".join(kinds),
        "key ::= col" + (" | part" if "moment" in kinds else ""),
        "test ::= " + " | ".join([*tests, 'col (" IS NULL" | " IS NOT NULL")']),
        _from(shown),
    ]
    return _FIXED.strip() + "\n" + "\n".join(rules) + "\n"


def which(shown: Sequence[Shown]) -> str:
    """The grammar of a query that only says which of these tables it asks."""
    return f'root ::= "SELECT * FROM " from\n{_rule("from", [one.alias for one in shown])}\n'


def _columns(shown: Sequence[Shown], kind: str) -> list[str]:
    several = len(shown) > 1
    return [_name(one, column.name, several) for one in shown for column in one.columns if column.type == kind]


def _name(one: Shown, column: str, several: bool) -> str:
    return f"{one.alias}.{quoted(column)}" if several else quoted(column)


def _rule(name: str, choices: Sequence[str]) -> str:
    return f"{name} ::= " + " | ".join(dict.fromkeys(map(_literal, choices)))


def _from(shown: Sequence[Shown]) -> str:
    names = " | ".join(_literal(one.alias) for one in shown)
    pairs = [(a, b) for a, b in permutations(shown, 2) if share_key(a.table, b.table)]
    joined = " | ".join(_literal(f"{a.alias} JOIN {b.alias} ON ") for a, b in pairs)
    return f"from ::= {names}" + (f' | ({joined}) col " = " col' if pairs else "")


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
