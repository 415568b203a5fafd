"""Conversations and the answers on their way in them: what the chat, the API and a page loaded anew all go through.

Who asks is a person's name; the viewer is compiled when the answer is made, so a grant that was withdrawn meanwhile is
gone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.search.question import WHAT
from assistant.serve.desk import Answering, Desk
from assistant.serve.feedback import Feedback
from assistant.serve.parts import Parts, viewer_named, while_admitted
from assistant.serve.since import corrected
from assistant.serve.talks import KEY, TITLE, Attached, Talk, Talks, Turn, answered, may_show
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, NotAllowed
from ingest.privacy import keys
from ingest.privacy.vault import Vault

if TYPE_CHECKING:
    from assistant.answer.compose import Grounding
    from assistant.answer.outcome import Event as Step
    from assistant.answer.outcome import Exchange
    from assistant.search.question import Question

REMEMBERED = 6
"""Earlier exchanges of a conversation that a question is understood by."""
LONGEST = 4_000
"""Characters of a question."""
HEARD = "…"
"""What stands for a question that is still being listened to."""

Read = Callable[[], "Question"]
"""Reads what was shown or said with a question; called where the answer is made."""


class Busy(BadInput):
    """The answer before is still on its way in this conversation."""


class Conversing:
    """Every conversation of everybody, and what is on its way in them."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        vault = Vault(keys.of(parts.settings), KEY)
        self.talks = Talks(parts.memory.catalog, vault)
        self.feedback = Feedback(parts.memory.catalog, vault)
        self.desk = Desk()
        self._running: dict[tuple[str, str], Answering] = {}
        self._lock = threading.Lock()

    def viewer(self, person: str) -> Viewer:
        return viewer_named(self.parts, person)

    def running(self, person: str, talk: str) -> Answering | None:
        """The answer that is on its way in a conversation of this person."""
        found = self._running.get((person, talk))
        return found if found and not found.ended else None

    def found(self, person: str, search: str) -> list[Talk]:
        """A person's conversations; in answers that they may not be shown now nothing is found."""
        viewer = self.viewer(person)
        return self.talks.of(person, search, lambda turn: may_show(turn, viewer, self.parts.memory))

    def shown(self, person: str, talk: str) -> list[tuple[Turn, bool]]:
        """The turns of a conversation, each with whether it may be shown to this person now; in what is said `corrected` are
        the marks of the citations whose words were put right since."""
        viewer = self.viewer(person)
        return [self._today(turn, viewer) for turn in self.talks.turns(person, talk)]

    def _today(self, turn: Turn, viewer: Viewer) -> tuple[Turn, bool]:
        if not may_show(turn, viewer, self.parts.memory):
            return turn, False
        marks = corrected(turn, viewer, self.parts.memory, self.parts.personal)
        return (replace(turn, said={**turn.said, "corrected": marks}) if marks else turn), True

    def ask(
        self, person: str, question: str, grounding: Grounding = "hybrid", talk: str = "", read: Read | None = None,
        called: str = HEARD, attached: str = "",
    ) -> tuple[str, Answering]:  # fmt: skip
        """Asks in a conversation, or begins one; returns its name and the answer on its way.

        Args:
            read: reads a picture or a recording that came with the question.
            called: the name of a conversation that begins without words, until some are heard.
            attached: the name of that picture or recording.

        Raises:
            Busy: the answer before is still on its way.
            NotFound: there is no such conversation of this person.
            TooMany: too many questions of this person wait already.
        """
        question = question.strip()
        if not (question or read):
            raise BadInput("there is no question")
        with self._lock:
            self._may_ask(person, talk, question)
            if read and not (talk or question):
                talk = self.talks.begin(person, called)
                read = self._naming(person, talk, called, read)
            asked = Turn(0, "waiting", question, attached=Attached(attached) if read else None)
            return self._ask(person, asked, grounding, talk, read)

    def again(self, person: str, talk: str, number: int, question: str | None = None, later: int = 0) -> Answering:
        """Asks a question of a conversation again, in other words if given; it and all that came after it are taken back.

        What was shown with it is asked about again, by what was read from it.

        Args:
            later: how many questions after it may go; nobody loses more than they were told.

        Raises:
            BadInput: the other words are blank, more came after it than may go, or of what was shown nothing was read.
            Busy, NotFound, TooMany: as when it was asked. Nothing was taken back then.
        """
        if question is not None and not question.strip():
            raise BadInput("there is no question")
        with self._lock:
            self._may_ask(person, talk, question or "")
            before = self.talks.turn(person, talk, number)
            if before.lacks_its_file:
                raise BadInput("the file that was asked about is not kept", "attach it to a new question")
            asked = Turn(0, "waiting", (question or before.question).strip(), attached=before.attached)
            lost = sum(turn.number > number for turn in self.talks.turns(person, talk))
            if lost > later:
                raise BadInput(f"{lost} later questions would be deleted with it", "look at the conversation again")
            self.talks.take_back(person, talk, number)
            return self._ask(person, asked, "hybrid", talk, None)[1]

    def stop(self, person: str, talk: str) -> None:
        """Stops the answer on its way. The turn is kept as stopped before whoever watches is told."""
        if found := self.running(person, talk):
            self.talks.stop(talk)
            self.desk.stop(found)

    def forget(self, person: str, talk: str) -> None:
        """Deletes a conversation for good, with the answer that is on its way in it."""
        self.stop(person, talk)
        self.talks.delete(person, talk)

    # -- inside ------------------------------------------------------------------------------------------------

    def _may_ask(self, person: str, talk: str, question: str) -> None:
        """Everything a question can be refused for, before anything is written down."""
        if len(question) > LONGEST:
            raise BadInput(f"a question may have {LONGEST:,} characters")
        if talk and self.running(person, talk):
            raise Busy("the answer before is still on its way")
        self.desk.room(person)

    def _ask(
        self, person: str, asked: Turn, grounding: Grounding, talk: str, read: Read | None
    ) -> tuple[str, Answering]:
        talk = self.talks.talk(person, talk).id if talk else self.talks.begin(person, asked.question)
        name = asked.attached.name if asked.attached else ""
        called = asked.question or name or HEARD
        number = self.talks.ask(person, talk, called, asked.attached)
        work = self._work(person, talk, replace(asked, number=number), grounding, read)
        self._running[person, talk] = found = self.desk.take(person, called, work, name)
        return talk, found

    def _naming(self, person: str, talk: str, called: str, read: Read) -> Read:
        """Reads, and calls the conversation after what was heard, unless it was given a name meanwhile."""

        def naming() -> Question:
            heard = read()
            if heard.text != WHAT and self.talks.talk(person, talk).title == called:
                self.talks.rename(person, talk, heard.text[: TITLE + 1])
            return heard

        return naming

    # -- where the answer is made ------------------------------------------------------------------------------

    def _work(
        self, person: str, talk: str, turn: Turn, grounding: Grounding, read: Read | None
    ) -> Callable[[Answering], Iterator[None]]:
        def work(answering: Answering) -> Iterator[None]:
            became = replace(turn, state="stopped", question=answering.question)
            try:
                yield
                for one in self._steps(answering, person, talk, turn, grounding, read):
                    became = one or became
                    yield
            except Exception as error:
                became = replace(became, state="failed", said={"error": str(error)})
                raise
            finally:
                self.talks.end(talk, became)

        return work

    def _steps(
        self, answering: Answering, person: str, talk: str, turn: Turn, grounding: Grounding, read: Read | None
    ) -> Iterator[Turn | None]:
        """The steps of an answer; the last one gives what is kept of it."""
        from assistant.answer.outcome import Answer

        if read:
            heard = read()
            name = turn.attached.name if turn.attached else ""
            turn = replace(turn, question=heard.text, attached=Attached(name, True, heard.shown))
            answering.question = heard.text
            yield replace(turn, state="stopped")
        viewer = self.viewer(person)
        before = self._before(person, talk, turn.number)
        shown = turn.attached.shown if turn.attached else None
        steps = self.parts.assistant.ask(turn.question, viewer, grounding=grounding, history=before, shown=shown)
        for step in while_admitted(steps, lambda: self._admitted(person)):
            if isinstance(step, Answer):
                yield replace(answered(turn.number, step, viewer), question=turn.question, attached=turn.attached)
            else:
                told(answering, step)
                yield None

    def _admitted(self, person: str) -> None:
        if not self.parts.people.is_open(person):
            raise NotAllowed("what you may read has changed while this was being answered", "ask again")

    def _before(self, person: str, talk: str, number: int) -> list[Exchange]:
        from assistant.answer.outcome import Exchange

        earlier = [turn for turn, readable in self.shown(person, talk) if readable and turn.state == "done"]
        said = [(turn.question, str(turn.said.get("answer", ""))) for turn in earlier if turn.number < number]
        return [Exchange(question, answer) for question, answer in said[-REMEMBERED:]]


def told(answering: Answering, step: Step) -> None:
    """What a step before the answer says about how far it is."""
    from assistant.answer.outcome import Draft

    if isinstance(step, Draft):
        answering.move("writing", step.text)
    else:
        answering.move("reading")
