"""A passage that is shown instead of an answer, in the language of whoever asks, where it is written in the other one.

The translation is the language model's and said to be so: a sentence of it stands only if its figures, codes and names are
those of the passage and the reader holds it to be carried by it. What a reader of ours said of a picture, a sound, a
series or a table is told in Japanese without a model (`retold`), in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.answer import cite, verify
from assistant.answer.cite import Citation
from assistant.answer.retold import retold
from assistant.model import prompt
from assistant.model.prompt import Text
from ingest.text.codes import spelled
from ingest.text.language import language_of

if TYPE_CHECKING:
    from assistant.model.reader import Reader

LONGEST = 320
"""Tokens of a translation."""
HOLDS = 0.5
"""How well a sentence has to be carried by its passage, 0 to 1."""


def translated(cited: Citation, question: str, load: Callable[[], Reader]) -> str:
    """What a passage says in the language of the question; "" where it is in that language, or nothing of it holds.

    Args:
        load: makes the model; called only where there is something to translate.
    """
    wanted, passage = language_of(question), cited.quote
    if {wanted, language_of(passage)} != set(prompt.INTO):
        return ""
    if wanted == "ja" and retold(passage, cited.kind, wanted) != passage:
        return ""
    reader = load()
    told = passage if wanted == "ja" else spelled(passage)
    said = reader.llm.complete(prompt.INTO[wanted], told, prompt.FORMS[wanted], LONGEST)
    exact = [one.text for one in cite.lines(said, 0) if not verify.missing(one.text, question, passage)]
    if not exact:
        return ""
    with reader.reading([Text("", passage, kept=False)]) as reading:
        judged = reading.judge([(one, 1) for one in exact])
    between = "" if wanted == "ja" else " "
    return between.join(one for one, chance in zip(exact, judged, strict=True) if chance >= HOLDS)
