"""A conversation as a document to keep: Markdown, or PDF with the fonts every viewer of PDF has for Japanese.

Only what may still be shown is in it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from assistant.answer.retold import retold
from assistant.serve.talks import Turn
from assistant.serve.web.words import Language, place, seal, words
from ingest.source import is_gone
from ingest.space.entity import Locator
from ingest.text.paths import telling

Turns = Sequence[tuple[Turn, bool]]
FONT = "HeiseiKakuGo-W5"
"""One of the Japanese fonts that PDF viewers bring along (Adobe-Japan1); it has the Latin letters, too."""


def markdown(title: str, turns: Turns, language: Language) -> bytes:
    """The conversation as Markdown, UTF-8. What was said is quoted letter for letter, with markup made harmless."""
    lines = [f"# {_plain(title)}", ""]
    for turn, shown in turns:
        lines += [f"## {_plain(_asked(turn))}", ""]
        label, answer, sources = _told(turn, shown, language)
        lines += [f"*{label}*", "", *(_plain(line) for line in answer.splitlines()), ""]
        lines += [
            f"- [{mark}] **{_plain(name)}** {_plain(where)}: “{_plain(quote)}”" for mark, name, where, quote in sources
        ]
        lines.append("")
    return "\n".join(lines).encode()


def pdf(title: str, turns: Turns, language: Language) -> bytes:
    """The conversation as PDF."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    base = ParagraphStyle("base", fontName=FONT, fontSize=10, leading=16, wordWrap="CJK", spaceAfter=6)
    large = ParagraphStyle("large", base, fontSize=15, leading=22, spaceAfter=10)
    asked = ParagraphStyle("asked", base, fontSize=11, leading=17, spaceBefore=10, textColor="#2a6848")
    small = ParagraphStyle("small", base, fontSize=8.5, leading=13, textColor="#5f646b", leftIndent=10)

    def flow() -> Iterator[Paragraph]:
        yield Paragraph(escape(title), large)
        for turn, shown in turns:
            label, answer, sources = _told(turn, shown, language)
            yield Paragraph(escape(_asked(turn)), asked)
            yield Paragraph(escape(label), small)
            yield Paragraph(escape(answer).replace("\n", "<br/>"), base)
            for mark, name, where, quote in sources:
                yield Paragraph(escape(f"[{mark}] {name} {where} “{quote}”"), small)

    data = io.BytesIO()
    SimpleDocTemplate(data, pagesize=A4, title=title, author="Kotonoha").build(list(flow()))
    return data.getvalue()


FORMS: dict[str, tuple[str, Callable[[str, Turns, Language], bytes]]] = {
    "md": ("text/markdown; charset=utf-8", markdown),
    "pdf": ("application/pdf", pdf),
}


def _asked(turn: Turn) -> str:
    """The question, with the name of what it was about."""
    name = turn.attached.name if turn.attached else ""
    return f"{turn.question} ({name})" if name not in ("", turn.question) else turn.question


def _told(turn: Turn, shown: bool, language: Language) -> tuple[str, str, list[tuple[int, str, str, str]]]:
    """What kind of answer it is, its words, and (mark, file, place, quotation) of each source."""
    if not shown:
        return words(language)["gone"], "", []
    how = str(turn.said.get("how", "")) if turn.state == "done" else f"turn_{turn.state}"
    told = seal(how, language)
    cited = turn.said.get("citations", ())
    names = telling(one["source"] for one in cited)
    put_right = turn.said.get("corrected", ())
    sources = [
        (
            one["mark"],
            names[one["source"]],
            _where(one, one["mark"] in put_right, language),
            retold(one["quote"], one["kind"], language),
        )
        for one in cited
    ]
    return f"{told.label}: {told.about}", str(turn.said.get("answer", "")), sources


def _where(citation: Mapping[str, Any], corrected: bool, language: Language) -> str:
    """The place of a citation, that its words were corrected, and that its file is gone."""
    right = words(language)["corrected_since_then"] if corrected else ""
    gone = words(language)["file_gone"] if is_gone(citation["source"]) else ""
    return ", ".join(filter(None, (place(Locator.from_dict(citation["locator"]), language), right, gone)))


def _plain(text: str) -> str:
    """Text that stays text in Markdown: no tags, no pictures, no links, no headings of its own."""
    line = " ".join(text.split())
    return "".join(f"\\{one}" if one in "\\`*_{}<>#!|" else one for one in line).replace("](", "]\\(")
