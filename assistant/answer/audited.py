"""An assistant whose every answer is written into the audit before it is given, and which stops where its asker may not
read any more what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from assistant.answer.compose import Grounding
from assistant.answer.outcome import Answer, Draft, Event, Exchange, Found, Leaving, rests_on
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event as AuditEvent
from assistant.search.question import Shown
from ingest.base.access import Viewer
from ingest.base.errors import NotAllowed


class Asks(Protocol):
    """Whatever can be asked."""

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Grounding = "hybrid",
        history: Sequence[Exchange] = (),
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        """The steps of an answer; the last one is the `Answer`. See `assistant.answer.answer.Assistant.ask`."""


class AuditedAssistant:
    """The same `ask` as `Assistant`, with a record of who asked what, what was opened for it and what was answered.

    Args:
        may_see: whether the viewer, as compiled when the question came, may still read these entities at this moment.
    """

    def __init__(
        self,
        assistant: Asks,
        audit: Audit,
        may_see: Callable[[Viewer, Collection[str]], bool] = lambda viewer, ids: True,
    ) -> None:
        self._assistant, self._may_see = assistant, may_see
        self.audit = audit

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Grounding = "hybrid",
        history: Sequence[Exchange] = (),
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        """See `assistant.answer.answer.Assistant.ask`; what leaves and the `Answer` are recorded before they do, and what had
        been found and said where it ends before, whoever ends it.

        Raises:
            NotAllowed: what the answer rests on may not be read any more; nothing further of it is said.
        """
        needed: set[str] = set()
        found, said, recorded = Found(()), "", False
        try:
            for event in self._assistant.ask(question, viewer, grounding=grounding, history=history, shown=shown):
                if isinstance(event, Found | Answer):
                    needed |= rests_on(event)
                if not self._may_see(viewer, needed):
                    raise NotAllowed("what you may read has changed while this was being answered", "ask again")
                if isinstance(event, Found):
                    found = event
                if isinstance(event, Draft):
                    said += event.text
                if isinstance(event, Leaving):
                    self.audit.append(left(event, viewer))
                if isinstance(event, Answer):
                    self.audit.append(record(event, viewer))
                    recorded = True
                yield event
        finally:
            if not recorded:
                self.audit.append(stopped(question, found, said, viewer))


def left(event: Leaving, viewer: Viewer) -> AuditEvent:
    """What the audit keeps of what leaves this machine."""
    return AuditEvent(
        "egress", viewer.person, viewer.roles, viewer.policy, scopes=event.scopes,
        details={"host": event.host, "bytes": event.bytes, "entities": list(event.entities)},
        content={"question": event.question},
    )  # fmt: skip


def stopped(question: str, found: Found, said: str, viewer: Viewer) -> AuditEvent:
    """What the audit keeps of a question that was not answered to its end."""
    return AuditEvent(
        "ask stopped", viewer.person, viewer.roles, viewer.policy,
        scopes=tuple(sorted({hit.entity.scope for hit in found.hits})),
        details={"open": sorted(viewer.scopes), "entities": [hit.entity.id for hit in found.hits]},
        content={"question": question, "answer": said},
    )  # fmt: skip


def record(answer: Answer, viewer: Viewer) -> AuditEvent:
    """What the audit keeps of an answer: identities for all who govern, words for those who may read their scopes."""
    return AuditEvent(
        "ask", viewer.person, viewer.roles, viewer.policy,
        scopes=tuple(sorted({hit.entity.scope for hit in answer.hits})),
        details={
            "how": answer.how, "grounding": answer.grounding, "model": answer.model, "open": sorted(viewer.scopes),
            "entities": [hit.entity.id for hit in answer.hits], "cited": [citation.entity for citation in answer.citations],
        },
        content={
            "question": answer.question, "shown": answer.shown, "answer": answer.answer,
            "quotes": [c.quote for c in answer.citations],
        },
    )  # fmt: skip
