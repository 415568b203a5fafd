"""From a question to an answer with its proof: search, quote, let the model speak, hold it against its sources.

What a user sees is one of four things and always says which: a figure computed from the rows of a table; the model's
words, where they are supported by what they cite and speak to the question; otherwise the best supporting quotation; or
that the sources do not hold the answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from assistant.answer import check, cite, quote
from assistant.answer.chain import follow
from assistant.answer.cite import Citation
from assistant.answer.compose import Composed, Grounding, LeftOut, compose
from assistant.compute.calculate import calculate
from assistant.compute.idiom import translated
from assistant.model.prompt import REFUSAL, parted
from ingest.base.access import Viewer, may_read
from ingest.base.errors import BadInput, ModelFault
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.space.entity import Entity
from ingest.space.space import Vectors, unpack
from ingest.text.terms import is_telling, terms

if TYPE_CHECKING:
    from assistant.model.reader import Reader
    from assistant.model.remote import Remote
    from assistant.model.writing import Usage
    from assistant.search.question import Shown
    from assistant.search.retrieve import Hit, Retriever
    from ingest.memory.memory import Memory

HITS = 5
"""Hits that are read; more cost time and rarely hold what the first five lack."""

CONFIDENT = 0.4
"""Below this probability that the sources answer at all, the answer is a refusal."""

TABULAR = ("row", "table")
MOST_ROWS = 50_000
"""Entities of a source up to which its tables are computed with while someone waits."""

LONGEST_ANSWER = 200
"""Tokens the model may write."""

REFUSALS = {"en": REFUSAL, "ja": "お手元の資料には見つかりませんでした。(Not in your sources.)"}
LEANING = re.compile(
    r"\b(?:it|its|they|them|their|he|she|him|her|his|these|those)\b|^(?:and|what about|how about)\b|"
    r"それ|その|これ|この|そこ|では",
    re.IGNORECASE,
)
"""A question that can only be understood after the one before."""

How = Literal["model", "quotation", "calculation", "refusal"]


@dataclass(frozen=True, slots=True)
class Found:
    """The hits are known; the answer is on its way."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Said before anything leaves this machine: the server, how many bytes, and of which entities in which scopes.

    It leaves when the next event is asked for, so whoever has to write it down does so in time.
    """

    host: str
    bytes: int
    entities: tuple[str, ...]
    scopes: tuple[str, ...]
    question: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Words of the model as they come, not yet held against the sources. The `Answer` may replace them."""

    text: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens read as words and as vectors, tokens written, and seconds since the question came."""

    text: int = 0
    soft: int = 0
    generated: int = 0
    retrieve: float = 0.0
    placed: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and everything that proves it.

    Attributes:
        answer: a mark [n] names the citation of that mark; in the model's and quoted words it is the n-th of `hits`.
        how: whose words these are.
        confidence: probability that the sources answer the question at all.
        notes: what was changed on the way, in plain words (a mark taken out, the model overruled and why).
        shown: the words of what was shown with the question.
    """

    question: str
    answer: str
    how: How
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    paths: Mapping[str, str]
    grounding: Grounding
    model: str
    confidence: float
    cost: Cost = field(default_factory=Cost)
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    shown: str = ""

    @property
    def refused(self) -> bool:
        return self.how == "refusal"

    def as_dict(self) -> dict[str, Any]:
        """The object that `kotonoha ask --json` prints."""
        cost = self.cost
        return {
            "question": self.question, "shown": self.shown, "answer": self.answer, "refused": self.refused, "how": self.how,
            "citations": [citation.as_dict() for citation in self.citations],
            "hits": [_hit_as_dict(hit, self.paths) for hit in self.hits],
            "grounding": self.grounding, "model": self.model, "confidence": round(self.confidence, 3),
            "tokens": {"text": cost.text, "soft": cost.soft, "generated": cost.generated},
            "seconds": {
                "retrieve": round(cost.retrieve, 4), "placed": round(cost.placed, 4),
                "first_token": round(cost.first_token, 4), "total": round(cost.total, 4),
            },
            "left_out": [{"entity": one.entity, "reason": one.reason} for one in self.left_out], "notes": list(self.notes),
        }  # fmt: skip


Event = Found | Leaving | Draft | Answer


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier question of the same conversation, and what was answered."""

    question: str
    answer: str


class Assistant:
    """Answers questions from one memory.

    Args:
        retriever: the only way to the sources; it asks the gate.
        load: makes the model on this machine; called when first needed.
        remote: a model on another server, for what may leave.
    """

    def __init__(
        self, retriever: Retriever, memory: Memory, load: Callable[[], Reader], remote: Remote | None = None
    ) -> None:
        self._retriever = retriever
        self._memory = memory
        self._load = load
        self._remote = remote

    @classmethod
    def open(cls, settings: Settings, memory: Memory, remote: Remote | None = None) -> Assistant:
        """The assistant with the parts that the settings name."""
        from assistant.model.reader import load
        from assistant.search.retrieve import Retriever

        retriever = Retriever(memory, memory.catalog, memory.space)
        return cls(retriever, memory, lambda: load(settings), remote)

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
            hits: what to answer from, already found for this viewer; None searches.

        Raises:
            BadInput: there is no question.
        """
        if not question.strip():
            raise BadInput("there is no question")
        case = self._found(question, viewer, grounding, standalone(question, history), hits, shown)
        yield Found(case.hits)
        if (computed := self._calculated(case, viewer, wider=hits is None)) is not None:
            yield computed
        elif case.confidence < CONFIDENT and grounding != "none":
            yield self._refusal(case)
        else:
            yield from self._speak(case)

    def _found(
        self, question: str, viewer: Viewer, grounding: Grounding, alone: str, hits: Sequence[Hit] | None,
        shown: Shown | None,
    ) -> _Case:  # fmt: skip
        """Searches, ranks sentences, and where no single source is enough follows what one of them names."""
        start = time.perf_counter()
        exact, vectors, words = (shown.exact(alone), shown.vectors, shown.words) if shown else (alone, None, "")
        alone = shown.named(alone) if shown else alone
        found = tuple(self._retriever.search(alone, viewer, HITS, vectors, shown=words) if hits is None else hits)
        asked = self._retriever.ask(alone, viewer, vectors)
        ranked = quote.rank(exact, asked, found, self._inside(found, viewer))
        sure = quote.confidence(ranked[0], asked.fluent) if ranked else 0.0
        chosen = quote.choose(ranked)
        fitting = [one for one in ranked if one.score >= 0.1 and quote.confidence(one, asked.fluent) >= CONFIDENT]
        linked = follow(exact, asked, viewer, self._retriever, found, ranked) if hits is None else None
        if linked is not None:
            sure, fitting = max(sure, linked.covered), list(linked.candidates)
            found = _first(linked.hits, found)
            ranked = quote.rank(exact, asked, found, self._inside(found, viewer))
            chosen = _first_said(linked.candidates, ranked[:1])
        spent = time.perf_counter() - start
        return _Case(question, alone, found, ranked, chosen, fitting, sure, grounding, start, spent, asked.fluent, words)

    def _inside(self, hits: Sequence[Hit], viewer: Viewer) -> quote.Inner:
        """The lines of the pictures and pages among the hits, as far as this viewer may read them."""
        found: dict[str, list[tuple[Entity, Vectors]]] = {}
        for hit in hits:
            if hit.entity.traits.lines:
                lines = around.inside(self._memory.catalog, hit.entity.id, ("line", "passage"))
                items = [item for item in lines if may_read(viewer, item.entity.scope)]
                found[hit.entity.id] = [(one.entity, unpack(one.slots, self._memory.space.dim)) for one in items]
        return found

    # -- the four kinds of answer ----------------------------------------------------------------------

    def _calculated(self, case: _Case, viewer: Viewer, wider: bool) -> Answer | None:
        """An exact answer from the tables that the hits are part of, if the question asks for one.

        Args:
            wider: whether tables may be looked for by the English words for the Japanese ones of the question as well.
        """
        if case.grounding == "none":
            return None
        hits = [hit for hit in case.hits if hit.entity.kind in TABULAR]
        if wider and (words := translated(case.alone)):
            hits += self._retriever.search(words, viewer, HITS, kinds=["table"])
        sources = dict.fromkeys(hit.entity.source for hit in hits)
        catalog = self._memory.catalog
        small = [source for source in sources if around.count_of(catalog, source) <= MOST_ROWS]
        found = [one.entity for source in small for one in catalog.entities_of(source)]
        rows = {one.id: one for one in found if one.kind in TABULAR and may_read(viewer, one.scope)}
        exact = calculate(case.alone, rows.values())
        if exact is None:
            return None
        citations = tuple(cite.whole(mark, rows[id], self._path) for mark, id in enumerate(exact.rows, 1) if id in rows)
        marks = "".join(f" [{citation.mark}]" for citation in citations)
        notes = [f"computed from {exact.count} rows of {exact.table or 'the table'}: {exact.query}"]
        if exact.skipped:
            notes.append(f"{exact.skipped} rows have no readable figure there")
        return self._answer(case, exact.text + marks, "calculation", citations, notes=tuple(notes))

    def _refusal(self, case: _Case) -> Answer:
        text = REFUSALS["ja" if re.search("[\u3041-\u30ff]", case.question) else "en"]
        return self._answer(case, text, "refusal", ())

    def _speak(self, case: _Case) -> Iterator[Event]:
        """Lets a model answer: the remote one from what may leave, else, or when it fails, the one on this machine.

        Where no sentence that fits may leave, nothing the remote model says could stand, so nothing is sent.
        """
        leaving = self._remote.leaving(case.hits) if self._remote and case.grounding != "none" else ()
        fitting = {case.hits[one.hit].entity.id for one in case.fitting}
        if self._remote and any(hit.entity.id in fitting for hit in leaving):
            try:
                yield from self._spoken(_led_by(case, leaving, self._remote.name), leaving, self._remote)
                return
            except ModelFault as error:
                case = replace(case, notes=(f"answered on this machine: {error}",))
        yield from self._spoken(case, case.hits, self._reader)

    def _spoken(self, case: _Case, hits: Sequence[Hit], reader: Reader | Remote) -> Iterator[Event]:
        """Shows the model's words as they come, and ends with what stands the check."""
        from assistant.model.remote import Sending

        composed = compose(case.alone, hits, case.grounding, reader.tokenize, reader.context)
        stream = reader.answer(case.alone, composed.texts, max_tokens=LONGEST_ANSWER)
        made = time.perf_counter() - case.start - case.retrieve
        if isinstance(stream, Sending):
            yield _leaving(stream.host, len(stream.body), composed.sources, case.alone)
        said = ""
        for piece in stream:
            known = len(parted(said)[1])
            said += piece
            if new := parted(said)[1][known:]:
                yield Draft(new)
        yield self._checked(case, parted(said)[1], composed, _cost(case, made, stream.usage))

    def _checked(self, case: _Case, draft: str, composed: Composed, cost: Cost) -> Answer:
        """The model's words if they stand; else the quotation, with the reason in the notes."""
        if case.grounding == "none":
            return self._answer(case, draft, "model", (), composed, cost, ("the model answered without sources",))
        text, strays = cite.without_strays(draft, len(composed.sources))
        notes = tuple(f"mark [{mark}] names no source and was taken out" for mark in strays)
        text, fault = self._marked(case, text, composed.sources)
        if not fault:
            citations = cite.from_marks(text, composed.sources, case.ranked, self._path)
            return self._answer(case, text, "model", tuple(citations), composed, cost, notes)
        return self._quotation(case, composed, cost, (*notes, f"quoted instead of the model's words: {fault}"))

    def _marked(self, case: _Case, text: str, sources: Sequence[Entity]) -> tuple[str, str]:
        """The model's words with a mark on every sentence, and why they cannot be shown, or ""."""
        if not text:
            return text, "the model found no answer"
        if not check.addresses(text, case.question):
            return text, "the model did not say what was asked for"
        spoken: list[str] = []
        for sentence in check.spoken(text):
            if any(check.repeats(sentence, other) for other in spoken):
                continue
            marks = check.cited(sentence)
            mark, verdict = self._support(sentence, marks or range(1, len(sources) + 1), sources)
            if not verdict.supported:
                lost = ", ".join(verdict.missing)
                return text, "the source does not carry what the model said" + (f" ({lost})" if lost else "")
            if check.names_field(sentence, sources[mark - 1].text):
                return text, "the model named a field instead of its value"
            if check.names_other_extent(sentence, case.alone, sources[mark - 1].text):
                return text, "the source calls that figure something else"
            if check.of_another_day(case.alone, sources[mark - 1].words):
                return text, "the source speaks of another day"
            if check.lacks_unit(sentence, case.alone, sources[mark - 1].text):
                return text, "the model left out the unit"
            if not any(check.rests_on(sentence, case.alone, one.text) for one in case.fitting):
                return text, "no sentence that fits the question holds what the model said"
            spoken.append(sentence if marks else f"{sentence} [{mark}]")
        return " ".join(spoken), ""

    def _support(self, sentence: str, marks: Sequence[int], sources: Sequence[Entity]) -> tuple[int, check.Verdict]:
        best, verdict = check.best_support(sentence, [sources[mark - 1].words for mark in marks], self._memory.space)
        return marks[best], verdict

    def _quotation(self, case: _Case, composed: Composed, cost: Cost, notes: tuple[str, ...]) -> Answer:
        text = " ".join(f"{_plain(one.text)} [{one.hit + 1}]" for one in case.chosen)
        citations = tuple(cite.from_candidate(one.hit + 1, one, self._path) for one in case.chosen)
        return self._answer(case, text, "quotation", citations, composed, cost, notes)

    def _answer(
        self, case: _Case, text: str, how: How, citations: tuple[Citation, ...], composed: Composed | None = None,
        cost: Cost | None = None, notes: tuple[str, ...] = (),
    ) -> Answer:  # fmt: skip
        paths = {hit.entity.source: self._path(hit.entity.source) for hit in case.hits}
        model = case.model or (self._reader.name if "_reader" in self.__dict__ else "")
        notes = (*notes, self._memory.impaired) if self._memory.impaired else notes
        return Answer(
            case.question, text, how, citations, case.hits, paths, case.grounding, model, case.confidence,
            cost or _cost(case, 0.0, None), composed.left_out if composed else (), (*case.notes, *notes), case.shown,
        )  # fmt: skip

    def _path(self, source: str) -> str:
        row = self._memory.catalog.source(source)
        return row.path if row else source


@dataclass(frozen=True, slots=True)
class _Case:
    """One question on its way.

    Attributes:
        alone: the question, understandable without what was said before or shown.
        ranked: every sentence of the hits, best first.
        chosen: those that would be quoted.
        fitting: those that the model's words may rest on.
        retrieve: seconds until here.
        fluent: whether the encoder knows the language of the question.
        shown: the words of what was shown.
        model: who answers, if it is not the model on this machine.
        notes: what the answer has to say about its way.
    """

    question: str
    alone: str
    hits: tuple[Hit, ...]
    ranked: Sequence[quote.Candidate]
    chosen: Sequence[quote.Candidate]
    fitting: Sequence[quote.Candidate]
    confidence: float
    grounding: Grounding
    start: float
    retrieve: float
    fluent: bool
    shown: str = ""
    model: str = ""
    notes: tuple[str, ...] = ()


def _led_by(case: _Case, hits: Sequence[Hit], model: str) -> _Case:
    """The same case with these of its hits at the head, as the marks of a model that is given no others count."""
    found = _first(hits, case.hits)
    places = {hit.entity.id: place for place, hit in enumerate(found)}

    def moved(candidates: Sequence[quote.Candidate]) -> list[quote.Candidate]:
        return [replace(one, hit=places[case.hits[one.hit].entity.id]) for one in candidates]

    ranked, chosen, fitting = map(moved, (case.ranked, case.chosen, case.fitting))
    return replace(case, hits=found, ranked=ranked, chosen=chosen, fitting=fitting, model=model)


def _leaving(host: str, size: int, sources: Sequence[Entity], question: str) -> Leaving:
    scopes = tuple(sorted({entity.scope for entity in sources}))
    return Leaving(host, size, tuple(entity.id for entity in sources), scopes, question)


def _first(first: Sequence[Hit], others: Sequence[Hit]) -> tuple[Hit, ...]:
    """Hits with these at the head, each entity once."""
    ids = {hit.entity.id for hit in first}
    return (*first, *(hit for hit in others if hit.entity.id not in ids))[:HITS]


def _first_said(first: Sequence[quote.Candidate], others: Sequence[quote.Candidate]) -> list[quote.Candidate]:
    """Sentences with these at the head, each once."""
    known = {(one.entity.id, one.start) for one in first}
    return [*first, *(one for one in others if (one.entity.id, one.start) not in known)]


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """A question that leans on the one before, joined with it; any other as it is."""
    telling = [term for term in terms(question) if is_telling(term)]
    if history and (LEANING.search(question) or len(telling) < 2):
        return f"{history[-1].question} {question}"
    return question


def _cost(case: _Case, placed: float, usage: Usage | None) -> Cost:
    total = time.perf_counter() - case.start
    if usage is None:
        return Cost(retrieve=case.retrieve, total=total)
    first = case.retrieve + placed + usage.first_token
    return Cost(usage.text, usage.soft, usage.generated, case.retrieve, placed, first, total)


def _plain(text: str) -> str:
    """A quotation on one line, closed by the mark that follows it."""
    return " ".join(text.split())


def _hit_as_dict(hit: Hit, paths: Mapping[str, str]) -> dict[str, Any]:
    entity = hit.entity
    return {
        "entity": entity.id, "score": round(float(hit.score), 4), "kind": entity.kind, "source": paths[entity.source],
        "locator": entity.locator.as_dict(), "title": entity.title, "text": entity.text,
    }  # fmt: skip
