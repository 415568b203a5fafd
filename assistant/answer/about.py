"""Talk, and questions about the memory itself: answered from what the viewer may see of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from statistics import fmean
from typing import TYPE_CHECKING

from ingest.space.space import Near
from prompts import fill

if TYPE_CHECKING:
    from assistant.model.reader import Reader

LISTED = 200
"""Files that are looked at, the likeliest ones of a larger memory."""
KIND = 0.12
"""What a question has in common with one that asks for a kind of file, above the mean of all kinds, from which on it asks
for that kind; as much as with the nearest file, which is its topic otherwise ("safety data sheets" are no spreadsheets)."""
SHARE = 0.6
"""A file is meant that lies so far from what any file has of a question to what the nearest one has."""
CLEAR = 0.13
"""What the nearest file has above any file from which on it is meant for sure."""
SPOKEN = 120
"""Tokens of small talk."""
EXAMPLES, OPENING = 6, 70
"""Files named as examples, and characters of what a file begins with."""

DOCUMENT = "document"
KINDS = {
    "audio": "sound recording", "transcript": "sound recording", "image": "picture, photo", "sensor": "sensor record",
    "table": "table, spreadsheet", "mail": "mail", "pptx": "slides",
}  # fmt: skip
"""What a reader's files are called, the others documents."""
ASKED = {
    "sound recording": "which sound recordings are there", "picture, photo": "which pictures, photos are there",
    "sensor record": "which sensor records, measurements are there", "mail": "which mails, e-mails are there",
    "table, spreadsheet": "which tables, spreadsheets are there", "slides": "which slides, presentations are there",
    DOCUMENT: "which documents, texts are there",
}  # fmt: skip
"""How one asks for each kind."""
ANY = (
    "notes.txt (document): Notes", "report.pdf (document): Report", "資料.docx (document): 資料",
    "お知らせ.pdf (document): お知らせ",
    "IMG_0412.jpg (picture, photo): IMG_0412", "REC001.wav (sound recording): REC001", "Re_ hello.eml (mail): Re: hello",
    "一覧.xlsx (table, spreadsheet): 一覧", "data.csv (table, spreadsheet): data", "slides.pptx (slides): Slides",
)  # fmt: skip
"""Files that say nothing but that they are files: what a question has in common with them it has with any."""
WORDS = {
    "en": (
        "{found} of {count} files fit:",
        "Files here: {count} ({kinds}). Nearest to the question:",
        "There are no files yet.",
    ),
    "ja": (
        "{count}件のうち、該当するファイルは{found}件です。",
        "全部で{count}件あります（{kinds}）。質問に近いものはこちらです。",
        "ファイルはまだありません。",
    ),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that may be meant: its path, the name of its reader, what it begins with."""

    path: str
    reader: str
    opening: str

    @property
    def kind(self) -> str:
        return KINDS.get(self.reader, DOCUMENT)

    @property
    def line(self) -> str:
        return f"{PurePath(self.path).name} ({self.kind}): {' '.join(self.opening.split())[:OPENING]}"


def talk(question: str, held: Sequence[str], reader: Reader) -> str:
    """A short friendly reply.

    Args:
        held: paths of what the viewer may read.
    """
    told = (
        f"{kinds(held)}. For example: {', '.join(PurePath(one).name for one in held[:EXAMPLES])}"
        if held
        else "nothing yet"
    )
    return reader.llm.complete(fill("talk", held=told), question, max_tokens=SPOKEN)


def files(question: str, held: Sequence[Listed], near: Near) -> tuple[list[str], bool]:
    """The paths that a question about files means, the nearest first, and whether it clearly means them.

    All of a kind where it asks for one; else judged by the names of files and what they begin with. A small language model
    that was shown the same list chose worse (docs/LOG.md, 2026-11-27).
    """
    if not held:
        return [], False
    cosines = near(question, [*(one.line for one in held), *ANY, *ASKED.values()])
    own, plain = cosines[: len(held)], fmean(cosines[len(held) : -len(ASKED)])
    ranked = sorted(zip(own, held, strict=True), key=lambda one: (-one[0], one[1].path))
    above = max(own) - plain
    kind = _kind(cosines[-len(ASKED) :], max(KIND, above))
    if same := [one.path for _, one in ranked if one.kind == kind != DOCUMENT]:
        return same, True
    least = min(max(own), plain + SHARE * above)
    return [one.path for cosine, one in ranked if cosine >= least], above >= CLEAR


def _kind(cosines: Sequence[float], least: float) -> str:
    """The kind of file that a question asks for; a document where it names none as clearly as it does a topic."""
    best, kind = max(zip(cosines, ASKED, strict=True))
    return kind if best - fmean(cosines) >= least else DOCUMENT


def kinds(paths: Sequence[str]) -> str:
    """How many files of each ending: "12 pdf, 3 xlsx"."""
    counted = Counter(PurePath(path).suffix.removeprefix(".").lower() or "file" for path in paths)
    return ", ".join(f"{count} {kind}" for kind, count in counted.most_common())


def told(found: Sequence[str], clear: bool, held: Sequence[str], language: str) -> str:
    """The list of what was found, in the language of the question."""
    fit, unclear, nothing = WORDS[language]
    if not found:
        return nothing
    said = fit if clear else unclear
    names = found if clear else found[:EXAMPLES]
    first = said.format(found=len(found), count=len(held), kinds=kinds(held))
    return "\n".join([first, *(f"- {PurePath(path).name}" for path in names)])
