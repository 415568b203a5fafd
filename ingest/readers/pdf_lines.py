"""The lines of a PDF's page: PDFium gives characters with their boxes; here they become words, cells and lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING, TypeAlias

from .flow import Box, union
from .pdf_chars import SEEN, Characters, Mark
from .pdf_rules import rules_of
from .pdf_scripts import SMALL, scripted
from .printed import HYPHEN as WRITTEN_HYPHEN
from .printed import PrintedLine
from .ruled import Grid, grids
from .ruled_table import ruled_table

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_CHARS = 200_000
"""Characters read of one page; more is no page anybody reads."""
GAP, WIDE = 1.0, 4.0
"""A space wider than this times the size of the type parts cells: the second behind what may end a sentence, in a line that
has no other."""
ENDS = ".,;!?。、"
"""What may end a sentence or a clause, and may have a wide space behind it."""
SPACE = 0.2
"""The same for words, where PDFium does not say."""
ATTACHED = 0.35
"""Nearer than this stands what belongs to a word without a space."""
LEVEL = 0.1
"""By how much baselines of one line differ at most, in sizes of its type."""
OTHER = 0.9
"""From which difference on, in sizes of the type, they are those of two lines: what is centred in its row differs by less."""
SHORT = 4
"""Characters of a figure at most: what is longer and small is small print."""
TIGHT, WRITTEN = 0.15, 0.4
"""Nearer than this, in sizes of its type, stand the characters of one word, and words with a written space between."""
BREAKS = (10, 13)
HYPHEN = 2
"""What PDFium gives for a hyphen at the end of a line; it goes on with the next line without a break."""
_CJK_SPACE = re.compile(rf"(?<=[\u3041-\u30ff\u4e00-\u9fff]){SEEN}(?=[\u3041-\u30ff\u4e00-\u9fff])")
_NUMBER_GAP = re.compile(r"^((?:\(?\d{1,2}(?:\.\d{1,2})*[.)]?|[-–•●○■□▪◦・]) ?)\t(?!.*\t)")
"""The wide space after the number of a heading or the mark of an item."""
_FIGURES = frozenset("0123456789+-−")

Glyph: TypeAlias = tuple[str, int, Box | None]
"""What a character says, its number, and where its ink is; a space has none."""
Place: TypeAlias = tuple[int, int]
"""A grid and its cell."""
BETWEEN: Glyph = (SEEN, -1, None)


def page_of(document: PdfDocument, number: int) -> tuple[float, list[PrintedLine]]:
    """Height of a page in points, and its lines in the order of the file. A page that cannot be read has none."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return 792.0, []
    try:
        return page.get_height(), _lines(page)
    finally:
        page.close()


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that follow each other in one line, of which one at least has ink, and one of those on its baseline."""

    glyphs: list[Glyph]
    base: Mark

    @property
    def first(self) -> Box:
        return next(box for _, _, box in self.glyphs if box)

    @property
    def last(self) -> Box:
        return next(box for _, _, box in reversed(self.glyphs) if box)


Part: TypeAlias = tuple[Place | None, Run]
"""What of a line stands in a cell, or in none."""


def _lines(page: PdfPage) -> list[PrintedLine]:
    chars = Characters(page)
    try:
        return [*_with_tables(chars, [*_whole(_runs(chars))], grids(rules_of(page, chars.turn)))]
    finally:
        chars.close()


# -- ruled tables ------------------------------------------------------------------------------------------


def _with_tables(chars: Characters, runs: Sequence[Run], found: Sequence[Grid]) -> Iterator[PrintedLine]:
    """The lines of a page, every ruled table as one line where it begins."""
    parted = [[*_parted(run, found)] for run in runs] if found else []
    tables = [ruled_table(grid, _in_cells(chars, parted, number)) for number, grid in enumerate(found)]
    if not any(tables):
        yield from (_line(chars, run) for run in runs)
        return
    told: set[int] = set()
    for run, parts in zip(runs, parted, strict=True):
        if not any(place and tables[place[0]] for place, _ in parts):
            yield _line(chars, run)
            continue
        for place, part in parts:
            table = tables[place[0]] if place else None
            if place is None or table is None:
                yield _line(chars, part)
            elif place[0] not in told:
                told.add(place[0])
                yield table


def _in_cells(chars: Characters, parted: Iterable[Sequence[Part]], number: int) -> dict[int, list[PrintedLine]]:
    """The lines of every cell of one grid."""
    cells: dict[int, list[PrintedLine]] = {}
    for place, part in chain.from_iterable(parted):
        if place and place[0] == number:
            cells.setdefault(place[1], []).append(_line(chars, part))
    return cells


def _parted(run: Run, found: Sequence[Grid]) -> Iterator[Part]:
    """A line cut where rules cut it: between cells, not through words that are wider than theirs."""
    here: Place | None = None
    part: list[Glyph] = []
    end = float("-inf")
    for glyph in run.glyphs:
        box = glyph[2]
        near = WRITTEN if part and part[-1][0] == " " else TIGHT
        if box and (not part or box[0] - end > near * run.base.size):
            place = _place(box, found)
            if place != here and any(inked for *_, inked in part):
                yield here, Run(part, run.base)
                part = []
            here = place
        end = box[2] if box else end
        part.append(glyph)
    yield here, Run(part, run.base)


def _place(box: Box, found: Sequence[Grid]) -> Place | None:
    """Which cell of which grid is around the middle of a character."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    places = ((number, grid.cell(x, y)) for number, grid in enumerate(found))
    return next(((number, cell) for number, cell in places if cell is not None), None)


# -- runs --------------------------------------------------------------------------------------------------


def _runs(chars: Characters) -> Iterator[Run]:
    """What PDFium holds for lines, blank ones aside."""
    glyphs: list[Glyph] = []
    for index in range(min(len(chars), MAX_CHARS)):
        code = chars.code(index)
        if code not in BREAKS:
            letter = WRITTEN_HYPHEN if code == HYPHEN else chars.letter(index, code)
            glyphs.append((letter, index, chars.box(index) if letter.strip() else None))
        if code in BREAKS or code == HYPHEN:
            yield from _run(chars, glyphs)
            glyphs = []
    yield from _run(chars, glyphs)


def _run(chars: Characters, glyphs: list[Glyph]) -> Iterator[Run]:
    for part in _levels(chars, glyphs):
        inked = [(index, box, letter) for letter, index, box in part if box]
        if inked:
            (first, box, letter), (last, end, _) = inked[0], inked[-1]
            base = chars.mark(first, box)
            yield Run(part, _on_baseline(base, chars.mark(last, end)) if letter in _FIGURES else base)


def _levels(chars: Characters, glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    """Characters that PDFium holds for one line, cut where they go on elsewhere: it joins rows at cells of one character."""
    part: list[Glyph] = []
    before: Glyph | None = None
    for glyph in glyphs:
        if before and _elsewhere(chars, before, glyph):
            yield part
            part = []
        part.append(glyph)
        before = glyph if glyph[2] else before
    yield part


def _elsewhere(chars: Characters, before: Glyph, glyph: Glyph) -> bool:
    """Whether a character stands beside the one before it, with room between them (more than it is high), and on another
    baseline."""
    (_, index, box), (_, other, left) = glyph, before
    apart = max(box[0] - left[2], left[0] - box[2]) if box and left else 0.0
    if not box or apart <= box[3] - box[1]:
        return False
    mark = chars.mark(index, box)
    return apart > GAP * mark.size and abs(mark.foot - chars.foot(other)) > OTHER * mark.size


def _on_baseline(figure: Mark, other: Mark) -> Mark:
    """The one of two marks of a line that stands on its baseline: not a small figure at its beginning."""
    return other if figure.size < SMALL * other.size else figure


def _whole(runs: Iterable[Run]) -> Iterator[Run]:
    """Lines as a person sees them: PDFium breaks them before single characters too, and beside raised or lowered ones."""
    line: Run | None = None
    for run in runs:
        if line and _goes_on(line, run):
            between = [BETWEEN] if run.first[0] - line.last[2] > SPACE * line.base.size else []
            base = _on_baseline(line.base, run.base) if len(line.glyphs) < SHORT else line.base
            line = Run([*_unbroken(line.glyphs), *between, *run.glyphs], base)
            continue
        if line:
            yield line
        line = run
    if line:
        yield line


def _unbroken(glyphs: list[Glyph]) -> list[Glyph]:
    """Characters that do not end their line: the hyphen at their end is one that is meant."""
    letter, index, box = glyphs[-1]
    return [*glyphs[:-1], ("-", index, box)] if letter == WRITTEN_HYPHEN else glyphs


def _goes_on(line: Run, run: Run) -> bool:
    """Whether a run stands right of a line and on its baseline, or raised or lowered at its end."""
    small, large = sorted((line.base.size, run.base.size))
    gap, end = run.first[0] - line.last[2], abs(line.last[3] - run.base.foot)
    if gap < -ATTACHED * large or end > large:
        return False
    off = abs(line.base.foot - run.base.foot)
    return off < LEVEL * large or (off < large and small < SMALL * large and gap < ATTACHED * large)


# -- lines -------------------------------------------------------------------------------------------------


def _line(chars: Characters, run: Run) -> PrintedLine:
    inked = [(index, box, letter) for letter, index, box in run.glyphs if box]
    sides = [_side(chars, run.base, glyph) if glyph[0] in _FIGURES else 0 for glyph in run.glyphs]
    level = [(index, box) for (_, index, box), side in zip(run.glyphs, sides, strict=True) if box and not side]
    middle, box = level[len(level) // 2] if level else inked[0][:2]
    size = chars.mark(middle, box).size
    gaps = [(index, letter in ENDS, right[0] - left[2]) for (_, left, letter), (index, right, _) in pairwise(inked)]
    is_row = any(gap > GAP * size for _, ends, gap in gaps if not ends)
    starts = {index for index, ends, gap in gaps if gap > (WIDE if ends and not is_row else GAP) * size}
    said = _told(chars, run.glyphs, sides)
    words = "".join("\t" + one if index in starts else one for one, (_, index, _) in zip(said, run.glyphs, strict=True))
    words = _CJK_SPACE.sub("", words).replace(SEEN, " ")
    words = _NUMBER_GAP.sub(r"\1 ", re.sub(r" *\t *", "\t", re.sub(r" {2,}", " ", words)).strip())
    spans = _cells([(index, box) for index, box, _ in inked], starts if "\t" in words else set())
    around = union([box for _, box, _ in inked]) or box
    return PrintedLine(words, around, size, chars.is_bold(middle), run.base.foot, spans)


def _cells(inked: Sequence[tuple[int, Box]], starts: set[int]) -> tuple[tuple[float, float], ...]:
    """Left and right edge of every cell of a line; `starts` are the characters that begin one."""
    cells: list[list[Box]] = []
    for index, box in inked:
        if not cells or index in starts:
            cells.append([])
        cells[-1].append(box)
    return tuple((min(box[0] for box in cell), max(box[2] for box in cell)) for cell in cells)


# -- small figures -----------------------------------------------------------------------------------------


def _told(chars: Characters, glyphs: Sequence[Glyph], sides: Sequence[int]) -> list[str]:
    """What every character says, with small figures told by their height."""
    said = [letter for letter, _, _ in glyphs]
    end = 0
    for side, group in groupby(sides):
        start, end = end, end + len([*group])
        if side and (rise := _rise(chars, glyphs, sides, start, end)):
            said[start:end] = [
                scripted("".join(said[:start]), "".join(said[start:end]), rise),
                *[""] * (end - start - 1),
            ]
    return said


def _side(chars: Characters, base: Mark, glyph: Glyph) -> int:
    """Whether a figure stands above (1) or below (-1) the baseline; else 0."""
    _, index, box = glyph
    far = LEVEL * base.size
    if box is None or abs(box[3] - base.foot) < far:
        return 0
    foot = chars.foot(index)
    return (foot < base.foot - far) - (foot > base.foot + far)


def _rise(chars: Characters, glyphs: Sequence[Glyph], sides: Sequence[int], start: int, end: int) -> float:
    """How far small figures stand above what they stand at, in sizes of its type; 0 if that is nothing larger."""
    before = next((place for place in range(start - 1, -1, -1) if not sides[place]), -1)
    small = _mark(chars, glyphs[start])
    for beside, left, right in ((before, start - 1, start), (end, end - 1, end)):
        large = _mark(chars, glyphs[beside]) if 0 <= beside < len(glyphs) else None
        ends, begins = (glyphs[place][2] for place in (left, right)) if large else (None, None)
        if small and large and ends and begins and begins[0] - ends[2] < ATTACHED * large.size:
            return (large.foot - small.foot) / large.size if small.size < SMALL * large.size else 0.0
    return 0.0


def _mark(chars: Characters, glyph: Glyph) -> Mark | None:
    return chars.mark(glyph[1], glyph[2]) if glyph[2] else None
