"""An assistant that hears and speaks placeholders inside, and shows originals only to whom may see them.

Personal data in a question is replaced before anything is searched, recorded or given to a model; in the answer it is
put back at the very end, for viewers who may reveal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answer.audited import Asks
from assistant.answer.compose import Grounding
from assistant.answer.outcome import Answer, Event, Exchange, Found, rests_on
from assistant.search.question import Shown
from ingest.base.access import Viewer
from ingest.privacy.personal import Personal, put_back


class DiscreetAssistant:
    """The same `ask` as `Assistant`, without personal data for whoever may not see it."""

    def __init__(self, assistant: Asks, personal: Personal) -> None:
        self._assistant = assistant
        self._personal = personal

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Grounding = "hybrid",
        history: Sequence[Exchange] = (),
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        """See `assistant.answer.answer.Assistant.ask`. Drafts keep their placeholders; the `Answer` replaces them anyway."""
        said = [Exchange(self._personal.without(one.question), self._personal.without(one.answer)) for one in history]
        seen = replace(shown, words=self._personal.without(shown.words)) if shown else None
        asked = self._personal.without(question)
        for event in self._assistant.ask(asked, viewer, grounding=grounding, history=said, shown=seen):
            yield self._shown(event, question, viewer)

    def _shown(self, event: Event, question: str, viewer: Viewer) -> Event:
        """An event as this viewer may see it; the question is shown as it was asked."""
        if not isinstance(event, Answer | Found):
            return event
        ids = rests_on(event) | {one.id for hit in event.hits for one in hit.duplicates}
        revealed = put_back(event, self._personal.originals(ids, viewer))
        return replace(revealed, question=question) if isinstance(revealed, Answer) else revealed
