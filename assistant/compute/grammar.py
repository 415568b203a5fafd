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
root ::= select | minus | "NONE"
minus ::= "SELECT " sub " - " sub
select ::= "SELECT " ("DISTINCT ")? item (", " item){0,3} " FROM " from where? group? order? limit?
sub ::= "(SELECT " value " FROM " from where? order? limit? ")"
item ::= value | part
value ::= agg | "round(" agg ", " [0-6] ")" | col | figure | "count(*) FILTER (WHERE " cond ")"
agg ::= "count(*)" | "count(DISTINCT " col ")" | numeric "(" figure ")" | ("min" | "max") "(" (figure | moment | word) ")"
numeric ::= "sum" | "avg" | "median"
where ::= " WHERE " cond (" AND " cond){0,4}
cond ::= "(" test " OR " test (" OR " test){0,2} ")" | test
test ::= of-words | of-figures | of-times | col (" IS NULL" | " IS NOT NULL")
of-words ::= word (" = " | " <> ") (text | sub) | word " IN (" text (", " text){1,4} ")" | word (" LIKE " | " NOT LIKE ") like
of-figures ::= figure compare (number | sub) | figure " BETWEEN " number " AND " number
of-times ::= moment compare (day | sub) | moment " BETWEEN " day " AND " day | part compare whole
group ::= " GROUP BY " key (", " key)? having?
key ::= col | part
having ::= " HAVING " agg compare number
order ::= " ORDER BY " (agg | figure | moment | word | part) (" DESC" | " ASC")?
limit ::= " LIMIT " [1-9] [0-9]?
compare ::= " = " | " <> " | " < " | " <= " | " > " | " >= "
text ::= "'" ([^'\n] | "''"){1,60} "'"
like ::= "'" "%"? ([^'\n%] | "''"){1,40} "%"? "'"
number ::= "-"? [0-9]{1,12} ("." [0-9]{1,6})?
whole ::= [0-9]{1,4}
day ::= "'" [0-9]{4} "-" [0-9]{2} "-" [0-9]{2} (" " [0-9]{2} ":" [0-9]{2})? "'"
"""


def grammar(shown: Sequence[Shown]) -> str:
    """The grammar for these tables."""
    several = len(shown) > 1
    words = [*_columns(shown, "text"), *(_name(one, part_name(one.table), several) for one in shown if one.table.parts)]
    figures = [*_columns(shown, "number"), *(_name(one, row_of(one), several) for one in shown)]
    moments = _columns(shown, "date")
    rules = [
        _rule("word", [*words, *_columns(shown, "boolean"), *_columns(shown, "time")] or figures),
        _rule("number-column", figures),
        'figure ::= number-column ((" + " | " - " | " * " | " / ") number-column)?',
        _rule("moment", moments or figures),
        'part ::= ("year" | "month" | "day" | "hour" | "date") "(" moment ")"' if moments else "part ::= number-column",
        "col ::= word | number-column | moment",
        _from(shown),
    ]
    return _FIXED.strip() + "\n" + "\n".join(rules) + "\n"


def _columns(shown: Sequence[Shown], kind: str) -> list[str]:
    several = len(shown) > 1
    return [_name(one, column.name, several) for one in shown for column in one.columns if column.type == kind]


def _name(one: Shown, column: str, several: bool) -> str:
    return f"{one.alias}.{quoted(column)}" if several else quoted(column)


def _rule(name: str, choices: Sequence[str]) -> str:
    return f"{name} ::= " + " | ".join(dict.fromkeys(map(_literal, choices)))


def _from(shown: Sequence[Shown]) -> str:
    if len(shown) == 1:
        return 'from ::= "t"'
    names = " | ".join(_literal(one.alias) for one in shown)
    joined = " | ".join(_literal(f"{a.alias} JOIN {b.alias} ON ") for a in shown for b in shown if a is not b)
    return f'from ::= {names} | ({joined}) col " = " col'


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
