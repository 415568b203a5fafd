"""Everything that other parts say in plain English, and a page can show, is said in Japanese, too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
import ingest
from assistant.answer.notes import NOTES
from assistant.serve.talks import Turn
from assistant.serve.web import pieces
from assistant.serve.web.told import sentences, told
from assistant.serve.web.words import Language
from ingest.base import weights
from ingest.readers import package
from ingest.source import LEADS_OUT, UNREAD

ROOT = Path(str(assistant.__file__)).parent.parent
SAYING = {
    "Note", "Problem", "UnreadableSource", "BadInput", "BadPolicy", "NotFound", "NotAllowed", "TooMany", "Busy",
    "HTTPException", "LeftOut", "NoRoom",
}  # fmt: skip
"""What is given words for a person."""
WHERE = (
    "ingest/base/room.py",
    "ingest/readers", "ingest/reading", "ingest/media.py", "ingest/source.py", "ingest/work", "ingest/memory/amending.py",
    "assistant/answer", "assistant/search", "assistant/serve", "assistant/govern/policy_file.py",
    "assistant/govern/changes.py",
    "assistant/govern/audit.py", "assistant/govern/audit_row.py",
)  # fmt: skip
"""Where what pages show is said."""
YIELDING = ("separated.py", "sensor.py", "slides.py", "word.py", "table.py", "policy_file.py", "html.py")
"""Files in which words for notes are given one by one."""
AT_THE_START = {"api.py", "listening.py"}
"""Said where a server does not even start."""
OF_FIXED_WORDS = {
    "there is no {} '{}'", "{} {} in it were not read", "{}: not {} ({})",
    "{}: {} cells are no {}s (the first: '{}') and count in no figure",
}  # fmt: skip
"""Filled from a few words of our own; told once for each of these (below)."""
JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")


def test_an_address_of_this_server_in_a_sentence_of_ours_is_no_path_of_a_machine() -> None:
    described = next(one for one in sentences() if "/api/openapi.json" in one)
    assert "/api/openapi.json" in told(described, "en") and "/api/openapi.json" in told(described, "ja")
    assert told("/home/who/offer.pdf: not a picture (text/plain)", "en") == "offer.pdf: not a picture (text/plain)"


def said(node: ast.AST) -> Iterator[str]:
    """The words of an argument, {} for what is filled in; nothing for what is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    elif isinstance(node, ast.IfExp):
        yield from said(node.body)
        yield from said(node.orelse)
    elif isinstance(node, ast.Tuple):
        for one in node.elts:
            yield from said(one)


def every_sentence() -> Iterator[str]:
    for place in WHERE:
        for file in [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and file.name not in AT_THE_START:
                    name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                    given = node.args[1:2] if name == "Problem" else node.args
                    for argument in given if name in SAYING else ():
                        yield from said(argument)
                if isinstance(node, ast.Yield) and node.value is not None and file.name in YIELDING:
                    yield from said(node.value)


def spoken() -> list[str]:
    """Sentences, rather than names of roles, settings or keys: words with a space between them."""
    return sorted(
        {one for one in every_sentence() if " " in one.replace("{}", "").strip() and not one.startswith("[")}
        - OF_FIXED_WORDS
    )


@pytest.mark.parametrize("sentence", spoken())
def test_what_a_page_can_show_is_told_in_japanese(sentence: str) -> None:
    filled = re.sub(r"\{\}", "7", sentence)
    assert JAPANESE.search(told(filled, "ja")), filled
    assert told(filled, "en") == filled


def test_the_sentences_are_really_found() -> None:
    assert {
        "there is nothing here that you may read",
        "page {} has no text of its own",
        "'{}' could be two days",
    } - set(spoken()) == {"'{}' could be two days"}


@pytest.mark.parametrize("note", NOTES)
def test_every_note_of_an_answer_is_shown_in_the_language_of_the_page(note: str) -> None:
    filled = note.replace("{}", "7")
    turn = Turn(1, "done", "How often?", {"answer": "Every 500 hours.", "how": "possibly", "notes": [filled]})
    assert filled in pieces.turn("talk", turn, "en")
    shown = pieces.turn("talk", turn, "ja")
    assert filled not in shown and told(filled, "ja") in shown


def test_what_is_said_of_parts_kinds_and_models_is_told() -> None:
    parts = [f"3 {what} in it were not read" for what in package.UNREAD.values()]
    kinds = [f"{what}; {hint}" if hint else what for what, hint in UNREAD.values()]
    cells = [f"Orders: 3 cells are no {kind}s (the first: 'x') and count in no figure" for kind in ("number", "date")]
    names = [f"there is no {noun} 'x'" for noun in ("scope", "role", "group", "person")]
    shown = [f"x.txt: not {what} (text/plain)" for what in ("a picture", "a recording")]
    roles = [model.role for model in weights.models().values()]
    for one in (
        *parts,
        *kinds,
        *cells,
        *names,
        *shown,
        *roles,
        LEADS_OUT,
        "added",
        "copy",
        "correct undone",
        "people revoke",
    ):
        assert JAPANESE.search(told(one, "ja")), one


def test_values_stay_and_sentences_within_sentences_are_told() -> None:
    said = told("attachment a.zip: not read: an archive; unpack it and give the folder", "ja")
    assert "a.zip" in said and "archive" not in said
    refused = told("you may not bring files into 'hr' (ask whoever governs this memory)", "ja")
    assert "'hr'" not in refused and "hr" in refused and "管理者" in refused
    assert told("computed from 3 rows: SELECT sum(a) FROM t WHERE b = '{}'", "ja").endswith(
        "SELECT sum(a) FROM t WHERE b = '{}'"
    )
    for kept in ("SELECT a FROM t WHERE b IN (1, 2)", "SELECT max(c) FROM t GROUP BY d (EUR)"):
        assert told(f"computed from 3 rows: {kept}", "ja").endswith(kept)
    assert told("nobody has words for this", "ja") == "nobody has words for this"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_of_a_file_of_the_server_only_its_name_is_told(language: Language) -> None:
    for said, name in (
        ("the same file as /srv/our files/uploads/sales/hangar june.txt", "hangar june.txt"),
        ("stays in sales; to hr it goes by: kotonoha policy move /srv/home/a b/x.txt hr", "policy move x.txt hr"),
        ("/tmp/kotonoha-asked-1/shown.png: not a picture (text/plain)", "shown.png"),
        ("x.txt: cannot be used (/srv/x.txt and /srv/y.txt)", "x.txt and y.txt"),
    ):
        shown = told(said, language)
        assert name in shown and "/srv" not in shown and "/tmp" not in shown, shown
    query = """computed from 3 rows: SELECT "a"/"b"/"c", d / e / f FROM t WHERE p = '/x/y' AND q = 'see /x and/or z'"""
    assert told(query, language).endswith(query.split(": ")[1]), "a query is told as it was run"


def test_the_values_of_every_sentence_are_all_kept() -> None:
    for english, japanese in sentences().items():
        values = [f"v{at}" for at in range(english.count("{}"))]
        kept = re.findall(r"v\d", japanese.format(*values))
        assert sorted(set(kept)) == values, english


def test_ingest_is_where_it_is_looked_for() -> None:
    assert Path(str(ingest.__file__)).parent.parent == ROOT
