"""Presidio, where it is installed (`make extras`), finds what has the form of another country; else nothing asks for it."""

from __future__ import annotations

import importlib.util
import socket
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.base.errors import MissingPart
from ingest.base.settings import Settings
from ingest.privacy.personal import Personal, finder
from ingest.privacy.redact import find

installed = importlib.util.find_spec("presidio_analyzer") is not None
needed = pytest.mark.extra
ON = Settings(home=Path(), presidio=True)


@pytest.mark.skipif(installed, reason="Presidio is installed")
def test_a_missing_presidio_is_one_clear_line() -> None:
    with pytest.raises(MissingPart, match=r"pip install presidio-analyzer"):
        finder(ON)


def test_by_default_only_the_rules_here_look() -> None:
    assert finder(Settings(home=Path())) is find


@needed
@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Her social security number is 536-90-4399.", "my_number", "536-90-4399"),
        ("The NHS number of the patient: 943 476 5919", "health_insurance", "943 476 5919"),
        ("passport number 912803456 of Ms. Dale", "passport", "912803456"),
        ("driver license: H12234567", "driving_licence", "H12234567"),
    ],
)
def test_what_has_the_form_of_another_country_is_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in [(span.kind, text[span.start : span.end]) for span in finder(ON)(text)]
    assert value not in [text[span.start : span.end] for span in find(text)]


@needed
@pytest.mark.parametrize(
    "text", ["order 123456789 shipped", "part HS-40-1234567, 12 kg, lot 20260315", "2026-06-09 14:00, 318,000 yen"]
)
def test_bare_numbers_are_none(text: str) -> None:
    assert finder(ON)(text) == ()


@needed
def test_the_rules_here_come_first_and_nothing_overlaps() -> None:
    text = (
        "連絡先 090-0000-4417、マイナンバー 000000010146, card 4111 1111 1111 1111, social security number 536-90-4399"
    )
    spans = finder(ON)(text)
    assert set(find(text)) < set(spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@needed
def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presidio's own recogniser of mail addresses asks the web for a list of domains; it is not among those used."""
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: asked.append(args))
    finder(ON)("mail a@example.com, https://www.example.co.jp, social security number 536-90-4399")
    assert asked == []


@needed
def test_a_question_and_its_placeholder_know_them_too(memory: object, settings: Settings) -> None:
    from ingest.memory.memory import Memory

    assert isinstance(memory, Memory)
    personal = Personal(memory.catalog, Settings(home=settings.home, presidio=True))
    assert "[MY-NUMBER-" in personal.without("Whose social security number is 536-90-4399?")
