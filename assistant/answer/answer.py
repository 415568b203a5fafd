"""From a question to an answer with its proof: understand, find, compute or read, check.

What a user sees says which of five things it is (`How`): the model's words, where every sentence stands the exact check
and the model's own judgement of what it cites; passages that possibly hold the answer; a figure computed by a query;
that nothing readable holds it; or talk, which claims nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from assistant.answer import about, cite, evidence, verify, versions
from assistant.answer import notes as remarks
from assistant.answer.case import Case, leading
from assistant.answer.cite import Citation
from assistant.answer.compose import Composed, Grounding, compose
from assistant.answer.computed import Calculator
from assistant.answer.evidence import Evidence
from assistant.answer.outcome import Answer, Cost, Draft, Event, Exchange, Found, How, Leaving
from assistant.answer.spoken import LONGEST, OPEN, SURE, Spoken, beside, best, meant, speak, told, worded
from assistant.answer.trust import Signs
from assistant.answer.understand import Understood, each, left_open, parts, unanswered, understand
from assistant.answer.wording import language, wording
from assistant.search import wants
from assistant.search.wants import Wants
from ingest.base.access import Viewer, may_read
from ingest.base.errors import BadInput, ModelFault
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.space.entity import Entity

if TYPE_CHECKING:
    from assistant.model.reader import Reader
    from assistant.model.remote import Remote
    from assistant.search.question import Shown
    from assistant.search.retrieve import Hit, Retriever
    from ingest.memory.memory import Memory

HITS = 8
"""Stretches that may be asked; the later ones only where none of the first holds an answer."""
TOGETHER = 4
"""Of these are read where all are read in one prompt."""
LEADING = 2
"""Of what is found for a part of a question, so many come before what was found for the whole."""
SOUGHT = 20
"""Hits among which they are found: several may lie in one stretch."""
SHOWN = 2
"""Passages that are shown when an answer is only possible, and sources that are quoted under one that is stated."""
MARKED = 3
"""Marks of rows behind a figure; more rows are cited than that."""
LEAVING = 0.8
"""Share of the best coverage of the question that a hit has from which on a model elsewhere is asked about it."""


class Assistant:
    """Answers questions from one memory.

    Args:
        retriever: the only way to the sources; it asks the gate.
        load: makes the model on this machine; called when first needed.
        remote: a model on another server, for what may leave.
        wanted: says what a question wants; None judges it by its place in the memory's space.
    """

    def __init__(
        self, retriever: Retriever, memory: Memory, load: Callable[[], Reader], remote: Remote | None = None,
        wanted: Callable[[str], Wants] | None = None,
    ) -> None:  # fmt: skip
        self._retriever, self._memory, self._load, self._remote = retriever, memory, load, remote
        self._wanted = wanted or partial(wants.wanted, space=memory.space)
        self._calculator = Calculator(memory, retriever)

    @classmethod
    def open(
        cls, settings: Settings, memory: Memory, remote: Remote | None = None,
        reader: Callable[[], Reader] | None = None,
    ) -> Assistant:  # fmt: skip
        """The assistant with the parts that the settings name; `reader` gives one that is shared."""
        from assistant.model.reader import load
        from assistant.search.retrieve import Retriever

        retriever = Retriever(memory, memory.catalog, memory.space)
        return cls(retriever, memory, reader or (lambda: load(settings)), remote)

    @cached_property
    def _reader(self) -> Reader:
        return self._load()

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Grounding = "hybrid",
        history: Sequence[Exchange] = (),
        hits: Sequence[Hit] | None = None,
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        """Finds, drafts, checks; the last event is the `Answer`.

        Args:
            shown: what is shown with the question, see `assistant.search.question`.
            hits: what to answer from, already found for this viewer; None understands the question and searches.

        Raises:
            BadInput: there is no question.
        """
        if not question.strip():
            raise BadInput("there is no question")
        start = time.perf_counter()
        if hits is not None or grounding == "none":
            understood = Understood("text", question)
        else:
            understood = understand(question, history, lambda: self._reader, self._wanted)
        if understood.wants in ("talk", "files") and shown is None:
            yield self._about(question, understood, viewer, grounding, start)
            return
        case = self._found(question, understood, viewer, grounding, hits, shown, start)
        yield Found(case.hits)
        computed = self._computed(case, viewer)
        if computed is not None and (computed.how == "calculation" or case.tabular):
            yield computed
        elif not case.hits and grounding != "none":
            yield computed or self._answer(case, wording(question).refusal, "refusal")
        else:  # a figure that is not sure gives way to what can be read
            for event in self._speak(case, viewer):
                yield computed if computed and isinstance(event, Answer) and event.refused else event

    # -- finding ---------------------------------------------------------------------------------------

    def _found(
        self, question: str, understood: Understood, viewer: Viewer, grounding: Grounding,
        hits: Sequence[Hit] | None, shown: Shown | None, start: float,
    ) -> Case:  # fmt: skip
        vectors, words = (shown.vectors, shown.words) if shown else (None, "")
        whole = shown.named(understood.whole) if shown else understood.whole
        sought = hits is None
        if hits is None:
            found = self._retriever.search(whole, viewer, SOUGHT, vectors, shown=words)
            hits = [one.hit for one in self._evidence(found, viewer, HITS)]
        spent = time.perf_counter() - start
        return Case(question, understood, whole, tuple(hits), grounding, start, spent, words, sought=sought)

    def _evidence(self, hits: Sequence[Hit], viewer: Viewer, most: int | None = None) -> list[Evidence]:
        """The stretches that the hits stand in, as far as this viewer may read them, at most so many."""
        catalog = self._memory.catalog

        def readable(found: Sequence[Entity]) -> list[Entity]:
            return [one for one in found if may_read(viewer, one.scope)]

        return evidence.gather(
            hits,
            self._path,
            lambda entity: readable(around.inside(catalog, entity.id, ("line", "passage"))),
            lambda entity: readable(around.flow(catalog, entity)),
            most,
        )

    # -- about the memory ------------------------------------------------------------------------------

    def _about(
        self, question: str, understood: Understood, viewer: Viewer, grounding: Grounding, start: float
    ) -> Answer:
        case = Case(question, understood, understood.whole, (), grounding, start, time.perf_counter() - start)
        held = self._memory.catalog.sources(viewer.readable(self._memory.scopes()))
        paths = [one.path for one in held]
        if understood.wants == "talk":
            return self._answer(case, about.talk(question, paths, self._reader), "talk")
        hits = self._retriever.search(understood.whole, viewer, SOUGHT)
        first = dict.fromkeys(self._path(hit.entity.source) for hit in hits)
        order = [*first, *(path for path in paths if path not in first)]
        opening = {one.path: self._opening(one.id, viewer) for one in held if one.path in order[: about.LISTED]}
        found = about.files(understood.whole, [(path, opening.get(path, "")) for path in order], self._reader)
        return self._answer(case, about.told(found, paths, language(question)), "talk")

    def _opening(self, source: str, viewer: Viewer) -> str:
        entity = around.opening(self._memory.catalog, source)
        return (entity.title or entity.text) if entity and may_read(viewer, entity.scope) else ""

    # -- computing -------------------------------------------------------------------------------------

    def _computed(self, case: Case, viewer: Viewer) -> Answer | None:
        if case.grounding == "none" or (case.understood.wants != "rows" and not case.tabular):
            return None
        done = self._calculator.compute(case.whole, case.hits, viewer, self._reader, language(case.question))
        if done is None or not (done.named or case.tabular):
            return None
        citations = tuple(cite.whole(mark, entity, self._path) for mark, entity in enumerate(done.rows, 1))
        marks = "".join(f" [{citation.mark}]" for citation in citations[:MARKED])
        text = f"{done.text}{marks}"
        if done.agreed:
            return self._answer(case, text, "calculation", citations, notes=done.notes)
        return self._answer(case, text, "possibly", citations, notes=(*done.notes, remarks.DISAGREED))

    # -- reading ---------------------------------------------------------------------------------------

    def _speak(self, case: Case, viewer: Viewer) -> Iterator[Event]:
        """Lets a model answer: the remote one from what may leave, else, or if it fails, the one on this machine."""
        leaving = self._remote.leaving(case.hits) if self._remote and case.grounding != "none" else ()
        if self._remote and _fits(leaving, case.hits):
            led = replace(case, hits=leading(leaving, case.hits), model=self._remote.name)
            try:
                yield from self._sent(led, leaving, self._remote, viewer)
                return
            except ModelFault as error:
                case = replace(case, notes=(remarks.HERE.format(error),))
        yield from self._freely(case) if case.grounding == "none" else self._read(case, viewer)

    def _freely(self, case: Case) -> Iterator[Event]:
        stream, said = self._reader.answer(case.whole, (), max_tokens=LONGEST), ""
        for piece in stream:
            said += piece
            yield Draft(piece)
        cost = case.cost(0.0, stream.usage)
        yield self._answer(case, said.strip(), "model", cost=cost, notes=(remarks.FREE,))

    def _sources(self, case: Case, hits: Sequence[Hit], viewer: Viewer, reader: Reader | Remote) -> Composed:
        most = TOGETHER if case.grounding == "text" or reader is self._remote else HITS + TOGETHER
        given = self._evidence(hits, viewer, most)
        return compose(case.whole, given, case.grounding, reader.tokenize, reader.context)

    def _sent(self, case: Case, hits: Sequence[Hit], remote: Remote, viewer: Viewer) -> Iterator[Event]:
        """Asks the model on the other server; what it says is checked here by what must be exact."""
        composed = self._sources(case, hits, viewer, remote)
        sending = remote.answer(case.whole, composed.texts, max_tokens=LONGEST)
        yield _leaving(sending.host, len(sending.body), composed.sources, case.whole)
        said = ""
        for piece in sending:
            said += piece
            yield Draft(piece)
        lines = worded(said, composed.sources)
        spoken = told(case.whole, lines, case.understood.wants, composed.sources, Signs(0.0, 1.0), sending.usage)
        yield self._checked(case, [spoken], composed, case.cost(0.0, sending.usage))

    def _read(self, case: Case, viewer: Viewer) -> Iterator[Event]:
        """Shows the model's words as they come, and ends with what stands the check."""
        composed = self._sources(case, case.hits, viewer, self._reader)
        if case.grounding == "text":
            led = {case.whole: tuple(range(1, len(composed.sources) + 1))}
        else:
            composed, led = self._led(case, composed, viewer)
        made, spoken = time.perf_counter() - case.start - case.retrieve, []
        for part, numbers in led.items():
            spoken.append((yield from speak(self._reader, part, case.understood.wants, composed, numbers)))
            yield Draft("\n")
        if len(led) == 1 and case.sought and case.grounding != "text" and spoken[0].doubt < OPEN:
            for part in unanswered(case.whole, [one.text for one in spoken[0].lines], self._reader):
                composed, spoken = self._with(part, case, composed, spoken, viewer)
                (number, _) = best(self._reader, composed, part)
                spoken.append((yield from speak(self._reader, part, case.understood.wants, composed, (number,))))
                yield Draft("\n")
        yield self._checked(case, spoken, composed, case.cost(made, spoken[0].usage))

    def _led(self, case: Case, composed: Composed, viewer: Viewer) -> tuple[Composed, dict[str, tuple[int, ...]]]:
        """The source that the question is answered from, or, where it asks for several things, those of its parts."""
        number, doubt = best(self._reader, composed, case.whole)
        asked: tuple[str, ...] = ()
        if case.sought and doubt > SURE and (things := beside(composed, case.whole)):
            asked = each(case.whole, things, self._reader)
        elif case.sought and doubt >= OPEN:
            asked = parts(case.whole, self._reader)
        if not asked:
            return composed, {case.whole: (number,)}
        composed = self._sources(case, self._sought(asked, case, viewer), viewer, self._reader)
        return composed, {part: (best(self._reader, composed, part)[0],) for part in asked}

    def _with(
        self, part: str, case: Case, composed: Composed, spoken: Sequence[Spoken], viewer: Viewer
    ) -> tuple[Composed, list[Spoken]]:
        """The best for a part of the question before what was given, and what was said with the marks of its sources now."""
        best_first = self._evidence(self._retriever.search(part, viewer, SOUGHT), viewer, LEADING)
        hits = leading([one.hit for one in best_first], [one.hit for one in reversed(composed.sources)])
        wider = self._sources(case, hits, viewer, self._reader)
        place = {one.words: number for number, one in enumerate(wider.sources, 1)}
        moved = [place.get(one.words, 0) for one in composed.sources]
        if any(not moved[mark - 1] for one in spoken for line in one.lines for mark in line.marks):
            return composed, [*spoken]
        return wider, [one.moved(moved) for one in spoken]

    def _sought(self, asked: Sequence[str], case: Case, viewer: Viewer) -> tuple[Hit, ...]:
        """The best of each part, what was found for the whole question, and more of each."""
        found = [self._evidence(self._retriever.search(part, viewer, SOUGHT), viewer, TOGETHER) for part in asked]
        turns = [[one.hit for one in turn if one] for turn in zip_longest(*found)]
        order = [*chain(*turns[:LEADING], case.hits, *turns[LEADING:])]
        return tuple(one.hit for one in self._evidence(order, viewer, HITS + TOGETHER))

    def _checked(self, case: Case, spoken: Sequence[Spoken], composed: Composed, cost: Cost) -> Answer:
        """The model's words as far as every sentence stands; else what possibly holds the answer, or nothing."""
        case = replace(case, confidence=max(one.chance for one in spoken))
        best_first = range(len(composed.sources), 0, -1)
        about = [n for n in best_first if verify.speaks_of(case.whole, composed.sources[n - 1].words)]
        if not about or all(one.refused for one in spoken):
            return self._answer(case, wording(case.question).refusal, "refusal", (), composed, cost)
        if any(one.stands for one in spoken):
            return self._stated(case, spoken, composed, cost)
        return self._possibly(case, spoken, composed, about, cost)

    def _stated(self, case: Case, spoken: Sequence[Spoken], composed: Composed, cost: Cost) -> Answer:
        """What stands, with the words of its sources; of other parts of the question what may be right, and the part."""
        words, others = wording(case.question), [one for one in spoken if not one.stands]
        stands = dict.fromkeys(line for one in spoken if one.stands for line in one.lines)
        likely = dict.fromkeys(line for one in others if one.likely for line in one.lines if line not in stands)
        lines, named = cite.in_order([*stands, *likely], composed.sources)
        citations = cite.from_lines(lines, named, self._path, case.whole, self._near)
        stated, unsure = lines[: len(stands)], [words.unsure.format(line) for line in lines[len(stands) :]]
        unfound = left_open(
            [one.question for one in others if not one.likely], [line.text for line in stated], self._reader
        )
        behind = [one for one in citations if any(one.mark in line.marks for line in stated)]
        text = [*map(str, stated), *cite.quotes(stated, behind)[:SHOWN], *unsure, *map(words.unfound.format, unfound)]
        notes = [note for one in spoken for note in one.notes]
        notes += [remarks.LEFT] * any(one.stands and one.left_out for one in spoken)
        return self._answer(case, "\n".join(text), "model", tuple(citations), composed, cost, tuple(notes))

    def _near(self, about: str, texts: Sequence[str]) -> list[float]:
        """By meaning, also across languages: cosines in the memory's space."""
        space = self._memory.space
        (asked,) = space.place([about], question=True)
        return [float(asked.address @ one.address) for one in space.place(texts)]

    def _possibly(
        self, case: Case, spoken: Sequence[Spoken], composed: Composed, about: Sequence[int], cost: Cost
    ) -> Answer:
        """What may be right, said to be no more than that, with what it rests on; else the best passages."""
        likely = [line for one in spoken if one.likely for line in one.lines]
        lines, named = cite.in_order(list(dict.fromkeys(likely)), composed.sources)
        citations = cite.from_lines(lines, named, self._path, case.whole, self._near) or [
            cite.passage(number, composed.sources[mark - 1], words, case.whole, self._path, self._near)
            for number, (mark, words) in enumerate(meant(spoken, about)[:SHOWN], 1)
        ]
        said = [wording(case.question).possibly, *map(str, lines)] if lines else [wording(case.question).passages]
        notes = dict.fromkeys(note for one in spoken for note in one.notes)
        text = "\n".join([*said, *map(str, citations)])
        return self._answer(case, text, "possibly", tuple(citations), composed, cost, tuple(notes))

    # -- putting it together ---------------------------------------------------------------------------

    def _answer(
        self, case: Case, text: str, how: How, citations: tuple[Citation, ...] = (), composed: Composed | None = None,
        cost: Cost | None = None, notes: tuple[str, ...] = (),
    ) -> Answer:  # fmt: skip
        hits = leading([one.hit for one in reversed(composed.sources)], case.hits) if composed else case.hits
        paths = {hit.entity.source: self._path(hit.entity.source) for hit in hits}
        other = versions.told(citations, [hit.entity for hit in hits], self._memory.catalog.source)
        notes = (*notes, *other, *filter(None, [self._memory.impaired]))
        model = case.model or (self._reader.name if "_reader" in self.__dict__ else "")
        return Answer(
            case.question, text, how, citations, tuple(hits), paths, case.grounding, model, case.confidence,
            cost or case.cost(0.0, None), composed.left_out if composed else (), (*case.notes, *notes), case.shown,
            case.whole,
        )  # fmt: skip

    def _path(self, source: str) -> str:
        row = self._memory.catalog.source(source)
        return row.path if row else source


def _fits(leaving: Sequence[Hit], hits: Sequence[Hit]) -> bool:
    """Whether what may leave answers about as well as all that was found; else not even the question leaves."""
    best = max((hit.coverage for hit in hits), default=0.0)
    return any(hit.coverage >= LEAVING * best for hit in leaving)


def _leaving(host: str, size: int, sources: Sequence[Evidence], question: str) -> Leaving:
    entities = [member for one in sources for member in one.members]
    scopes = tuple(sorted({entity.scope for entity in entities}))
    return Leaving(host, size, tuple(entity.id for entity in entities), scopes, question)
