"""From a question to an answer with its proof: understand, find, compute or read, check.

What a user sees says which of five things it is (`How`): the model's words, where every sentence stands the exact check
and the model's own judgement of what it cites; passages that possibly hold the answer; a figure computed by a query;
that nothing readable holds it; or talk, which claims nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from assistant.answer import about, cite, verify, versions
from assistant.answer import notes as remarks
from assistant.answer.case import Case, leading
from assistant.answer.cite import Citation
from assistant.answer.compose import Composed, Grounding
from assistant.answer.computed import Calculator
from assistant.answer.finding import EACH, SOUGHT, TOGETHER, Finder, fits
from assistant.answer.joined import apart, together
from assistant.answer.outcome import Answer, Cost, Draft, Event, Exchange, Found, How, Leaving
from assistant.answer.spoken import LONGEST, OPEN, Spoken, beside, best, meant, speak, told, worded
from assistant.answer.translated import translated
from assistant.answer.trust import Signs
from assistant.answer.understand import Understood, alone, each, left_open, parts, understand
from assistant.answer.wording import language, wording
from assistant.search import wants
from assistant.search.wants import Wants
from ingest.base.access import Viewer, may_read
from ingest.base.errors import BadInput, ModelFault
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.space.space import near_in

if TYPE_CHECKING:
    from assistant.model.reader import Reader
    from assistant.model.remote import Remote
    from assistant.search.question import Shown
    from assistant.search.retrieve import Hit, Retriever
    from ingest.memory.memory import Memory
    from ingest.space.entity import Entity

SHOWN = 2
"""Passages that are shown when an answer is only possible, and sources that are quoted under one that is stated."""
MARKED = 3
"""Marks of rows behind a figure; more rows are cited than that."""
PLAIN = 0.01
"""With at most this doubt one source holds the whole answer, whatever is named in the question."""


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
        self._finder = Finder(memory, retriever)
        self._wanted = wanted or partial(wants.wanted, space=memory.space)
        self._calculator = Calculator(memory, retriever)
        self._near = near_in(memory.space)

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
        case = self._finder.found(question, understood, viewer, grounding, start, hits, shown)
        yield Found(case.hits)
        computed = self._computed(case, viewer)
        if computed is not None and (computed.how == "calculation" or case.tabular):
            yield from self._beneath(case, computed, viewer)
        elif not case.hits and grounding != "none":
            yield computed or self._answer(case, wording(question).refusal, "refusal")
        else:  # a figure that is not sure gives way to what can be read
            for event in self._speak(case, viewer):
                yield computed if computed and isinstance(event, Answer) and event.refused else event

    # -- about the memory ------------------------------------------------------------------------------

    def _about(
        self, question: str, understood: Understood, viewer: Viewer, grounding: Grounding, start: float
    ) -> Answer:
        case = Case(question, understood, understood.whole, (), grounding, start, time.perf_counter() - start)
        held = self._memory.catalog.sources(viewer.readable(self._memory.scopes()))
        paths = [one.path for one in held]
        if understood.wants == "talk":
            return self._answer(case, about.talk(question, paths, self._reader), "talk")
        if len(held) > about.LISTED:
            hits = self._retriever.search(understood.whole, viewer, SOUGHT)
            found_in = {hit.entity.source for hit in hits}
            held = sorted(held, key=lambda one: one.id not in found_in)[: about.LISTED]
        listed = [about.Listed(one.path, one.reader, self._opening(one.id, viewer)) for one in held]
        found, clear = about.files(understood.whole, listed, self._near)
        return self._answer(case, about.told(found, clear, paths, language(question)), "talk")

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
        citations = tuple(cite.whole(mark, entity, self._finder.path) for mark, entity in enumerate(done.rows, 1))
        marks = "".join(f" [{citation.mark}]" for citation in citations[:MARKED])
        text = f"{done.text}{marks}"
        if done.agreed:
            return self._answer(case, text, "calculation", citations, notes=done.notes)
        return self._answer(case, text, "possibly", citations, notes=(*done.notes, remarks.DISAGREED))

    def _beneath(self, case: Case, computed: Answer, viewer: Viewer) -> Iterator[Event]:
        """A figure, and beneath it what else the question asks for: parts that it leaves open, or, of one that is not sure,
        the figures of parts by themselves. Each is a step that may lean on what was found before; it is computed where
        rows answer it, else read."""
        asked = parts(case.whole, self._reader) if case.sought else ()
        figures = self._figures(case, asked, viewer) if computed.how != "calculation" else {}
        told = [case.whole, computed.answer]  # a figure alone says little of what it answers
        left = [one for one in asked if one not in figures] if figures else self._left(asked, told)
        known = [*figures.values()] or [computed]
        found = together(known, case)
        if left:
            yield Draft(f"{found.answer}\n")
        for part in left:
            step = alone(part, [Exchange(found.question, found.answer)], self._reader)
            new = [step] if step not in asked or computed.how == "calculation" else []  # the others were tried above
            if figure := self._figures(case, new, viewer, known).get(step):
                known, found = [*known, figure], together([found, figure], case, step)
                continue
            for event in self._speak(self._finder.part(case, step, "text", viewer), viewer):
                if isinstance(event, Answer):
                    found = together([found, event], case, step)
                else:
                    yield event
        yield found

    def _figures(
        self, case: Case, asked: Sequence[str], viewer: Viewer, known: Sequence[Answer] = ()
    ) -> dict[str, Answer]:  # fmt: skip
        """The figures that surely answer parts of a question of which some are known."""
        cases = {part: self._finder.part(case, part, self._wanted(part), viewer) for part in asked}
        found = {part: self._computed(one, viewer) for part, one in cases.items()}
        return apart({part: one for part, one in found.items() if one and one.how == "calculation"}, known)

    # -- reading ---------------------------------------------------------------------------------------

    def _speak(self, case: Case, viewer: Viewer) -> Iterator[Event]:
        """Lets a model answer: the remote one from what may leave, else, or if it fails, the one on this machine."""
        leaving = self._remote.leaving(case.hits) if self._remote and case.grounding != "none" else ()
        if self._remote and fits(leaving, case.hits):
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

    def _sent(self, case: Case, hits: Sequence[Hit], remote: Remote, viewer: Viewer) -> Iterator[Event]:
        """Asks the model on the other server; what it says is checked here by what must be exact."""
        composed = self._finder.sources(case, hits, viewer, remote, TOGETHER)
        sending = remote.answer(case.whole, composed.texts, max_tokens=LONGEST)
        yield _leaving(sending.host, len(sending.body), composed.members, case.whole)
        said = ""
        for piece in sending:
            said += piece
            yield Draft(piece)
        lines = worded(said, composed.sources)
        spoken = told(case.whole, lines, case.understood.wants, composed.sources, Signs(0.0, 1.0), sending.usage)
        yield self._checked(case, [spoken], composed, case.cost(0.0, sending.usage))

    def _read(self, case: Case, viewer: Viewer) -> Iterator[Event]:
        """Shows the model's words as they come, and ends with what stands the check."""
        most = TOGETHER if case.grounding == "text" else EACH
        composed = self._finder.sources(case, case.hits, viewer, self._reader, most)
        if case.grounding == "text":
            led = {case.whole: tuple(range(1, len(composed.sources) + 1))}
        else:
            composed, led = self._led(case, composed, viewer)
        made, spoken = time.perf_counter() - case.start - case.retrieve, list[Spoken]()
        figures = self._figures(case, [*led] if len(led) > 1 else [], viewer)
        for part, numbers in led.items():
            if part not in figures:
                spoken.append((yield from self._spoken(part, case, composed, numbers)))
        if [*led] == [case.whole] and case.sought and case.grounding != "text" and spoken[0].doubt < OPEN:
            asked = parts(case.whole, self._reader) if spoken[0].lines else ()
            said = [one.text for one in spoken[0].lines] if spoken[0].likely else []
            left = self._left(asked, said) if said else asked
            figures = self._figures(case, left, viewer)
            for part in (one for one in left if one not in figures):
                step = alone(part, [Exchange(case.whole, "\n".join(said))], self._reader) if said else part
                case = replace(case, notes=(*case.notes, *[remarks.STEP.format(step)] * (step != part)))
                composed, spoken = self._widened(step, case, composed, spoken, viewer)
                (number, _) = best(self._reader, composed, step)
                spoken.append((yield from self._spoken(step, case, composed, (number,))))
            if left and not said:  # of the whole not even a likely word, so its parts, if there is anything to them
                found = figures or not all(one.refused for one in spoken[1:])
                spoken = spoken[1:] if found else spoken[:1]
        cost = case.cost(made, spoken[0].usage if spoken else None)
        rest = replace(case, whole=" ".join(one.question for one in spoken)) if figures else case
        read = [self._checked(rest, spoken, composed, cost)] if spoken else []
        yield together([*figures.values(), *read], case)

    def _left(self, asked: Sequence[str], said: Sequence[str]) -> Sequence[str]:
        """The parts of a question that an answer leaves open; none where it leaves all of them open: then they are not what
        the question is made of."""
        left = left_open(asked, said, self._reader)
        return left if len(left) < len(asked) else ()

    def _widened(
        self, part: str, case: Case, composed: Composed, spoken: list[Spoken], viewer: Viewer
    ) -> tuple[Composed, list[Spoken]]:
        """What is best for a part as well, and what was said under the numbers that its sources have now."""
        wider, places = self._finder.wider(part, case, composed, viewer, self._reader)
        if not all(places[mark - 1] for one in spoken for mark in cite.under(one.lines)):
            return composed, spoken
        return wider, [one.moved(places) for one in spoken]

    def _spoken(
        self, part: str, case: Case, composed: Composed, numbers: Sequence[int]
    ) -> Generator[Draft, None, Spoken]:  # fmt: skip
        wants = case.understood.wants if part == case.whole else self._wanted(part)
        spoken = yield from speak(self._reader, part, wants, composed, numbers)
        yield Draft("\n")
        return spoken

    def _led(self, case: Case, composed: Composed, viewer: Viewer) -> tuple[Composed, dict[str, tuple[int, ...]]]:
        """The source that the question is answered from, or, where it asks for several things, those of its parts."""
        number, doubt = best(self._reader, composed, case.whole)
        asked: tuple[str, ...] = ()
        if case.sought and doubt > PLAIN and (things := beside(composed, case.whole)):
            asked = each(case.whole, things, self._reader)
        elif case.sought and doubt >= OPEN:
            asked = parts(case.whole, self._reader)
        if not asked:
            return composed, {case.whole: (number,)}
        hits = self._finder.of_parts(asked, case, viewer)
        composed = self._finder.sources(case, hits, viewer, self._reader, EACH)
        return composed, {part: (best(self._reader, composed, part)[0],) for part in asked}

    def _checked(self, case: Case, spoken: Sequence[Spoken], composed: Composed, cost: Cost) -> Answer:
        """The model's words as far as every sentence stands; else what possibly holds the answer, or nothing."""
        case = replace(case, confidence=max(one.chance for one in spoken))
        about = any(verify.speaks_of(case.whole, one.words) for one in composed.sources)
        if not about or all(one.refused for one in spoken):
            return self._answer(case, wording(case.question).refusal, "refusal", (), composed, cost)
        if any(one.stands for one in spoken):
            return self._stated(case, spoken, composed, cost)
        return self._possibly(case, spoken, composed, cost)

    def _stated(self, case: Case, spoken: Sequence[Spoken], composed: Composed, cost: Cost) -> Answer:
        """What stands, with the words of its sources; of other parts of the question what may be right, and the part."""
        words, others = wording(case.question), [one for one in spoken if not one.stands]
        stands = dict.fromkeys(line for one in spoken if one.stands for line in one.lines)
        likely = dict.fromkeys(line for one in others if one.likely for line in one.lines if line not in stands)
        lines, named = cite.in_order([*stands, *likely], composed.sources)
        citations = cite.from_lines(lines, named, self._finder.path, case.whole, self._near)
        stated, unsure = lines[: len(stands)], [words.unsure.format(line) for line in lines[len(stands) :]]
        unfound = left_open(
            [one.question for one in others if not one.likely], [line.text for line in stated], self._reader
        )
        behind = [one for one in citations if any(one.mark in line.marks for line in stated)]
        text = [*map(str, stated), *cite.quotes(stated, behind, case.question)[:SHOWN], *unsure]
        left = {words.unfound.format(one.question): one for one in others if one.question in unfound}
        text, citations = self._with_passages(left, text, citations, composed, case)
        notes = [note for one in spoken for note in one.notes]
        notes += [remarks.LEFT] * any(one.stands and one.left_out for one in spoken)
        return self._answer(case, "\n".join(text), "model", tuple(citations), composed, cost, tuple(notes))

    def _possibly(self, case: Case, spoken: Sequence[Spoken], composed: Composed, cost: Cost) -> Answer:
        """What may be right, said to be no more than that, with what it rests on; of the rest the best passages, under the
        part of the question that they are about where it has several."""
        words = wording(case.question)
        likely = dict.fromkeys(line for one in spoken if one.likely for line in one.lines)
        lines, named = cite.in_order([*likely], composed.sources)
        citations = cite.from_lines(lines, named, self._finder.path, case.whole, self._near)
        text = [words.possibly if lines else words.passages, *map(str, lines), *cite.told(citations, case.question)]
        left = {one.question if len(spoken) > 1 else "": one for one in spoken if not one.likely}
        text, citations = self._with_passages(left, text, citations, composed, case)
        notes = dict.fromkeys(note for one in spoken for note in one.notes)
        return self._answer(case, "\n".join(text), "possibly", tuple(citations), composed, cost, tuple(notes))

    def _with_passages(
        self, left: Mapping[str, Spoken], text: list[str], citations: list[Citation], composed: Composed, case: Case
    ) -> tuple[list[str], list[Citation]]:
        """The text with the passage in which each part of a question possibly stands, under what it is named, and what it says
        in the language of the question if it is in another; of what stands there already the marks.

        Of a question without parts, which has no name, `SHOWN` passages.
        """
        for name, one in left.items():
            where = self._where(one, composed, citations, 1 if name else SHOWN)
            new = [cited for cited in where if cited.told(case.question) not in text]
            marks = "".join(f" [{cited.mark}]" for cited in where if cited not in new)
            about = f"{name}{marks}" if where else wording(case.question).unfound.format(one.question)
            text = [*text, about] if about else text
            for cited in new:
                said = translated(cited, case.question, lambda: self._reader)
                text += [cited.told(case.question), *[wording(case.question).translated.format(said)] * bool(said)]
            citations = [*citations, *(cited for cited in where if cited not in citations)]
        return text, citations

    def _where(
        self, one: Spoken, composed: Composed, known: Sequence[Citation], most: int
    ) -> list[Citation]:  # fmt: skip
        """Passages that possibly hold what was asked, marked behind those that are known; none where none seems to."""
        found = [] if one.refused else meant(one, composed.sources)[:most]
        cited = [
            cite.passage(number, source, words, one.question, self._finder.path, self._near, cite.BESIDE)
            for number, (source, words) in enumerate(found, len(known) + 1)
        ]
        before = {(other.entity, other.quote): other for other in known}
        return [before.get((other.entity, other.quote), other) for other in cited]

    # -- putting it together ---------------------------------------------------------------------------

    def _answer(
        self, case: Case, text: str, how: How, citations: tuple[Citation, ...] = (), composed: Composed | None = None,
        cost: Cost | None = None, notes: tuple[str, ...] = (),
    ) -> Answer:  # fmt: skip
        hits = leading([one.hit for one in reversed(composed.sources)], case.hits) if composed else case.hits
        paths = {hit.entity.source: self._finder.path(hit.entity.source) for hit in hits}
        other = versions.told(citations, [hit.entity for hit in hits], self._memory.catalog.source, case.question)
        notes = (*notes, *other, *filter(None, [self._memory.impaired]))
        model = case.model or (self._reader.name if "_reader" in self.__dict__ else "")
        return Answer(
            case.question, text, how, citations, tuple(hits), paths, case.grounding, model, case.confidence,
            cost or case.cost(0.0, None), composed.left_out if composed else (), (*case.notes, *notes), case.shown,
            case.whole, tuple(one.id for one in composed.members) if composed else (),
        )  # fmt: skip


def _leaving(host: str, size: int, entities: Sequence[Entity], question: str) -> Leaving:
    scopes = tuple(sorted({entity.scope for entity in entities}))
    return Leaving(host, size, tuple(entity.id for entity in entities), scopes, question)
