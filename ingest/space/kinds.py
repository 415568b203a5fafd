"""What an entity can be, and what belongs to each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "passage",
    "page",
    "picture",
    "region",
    "line",
    "utterance",
    "sound",
    "series",
    "event",
    "table",
    "row",
    "column",
    "concept",
]
"""What an entity is. `page` is a page without text of its own, waiting for OCR."""

Look = Literal["text", "table", "chart", "sound"]


@dataclass(frozen=True, slots=True)
class Traits:
    """What belongs to a kind.

    Attributes:
        look: how it is shown when its source is opened, unless the source itself is a page or a picture.
        whole: it is quoted as a whole, not sentence by sentence.
        labelled: its words are values with their names, or stand where such stand.
        about: it sums up what others say.
        wordless: what it means is not in its words.
        flows: it is read with those of its kind that stand before and after it.
        lines: what is written in it are entities of their own.
        phrases: its words are sentences, in which key phrases can be looked for.
        perceived: a machine heard or saw it and may be wrong, so that a person can put its words right.
    """

    look: Look = "text"
    whole: bool = False
    labelled: bool = False
    about: bool = False
    wordless: bool = False
    flows: bool = False
    lines: bool = False
    phrases: bool = True
    perceived: bool = False


TRAITS: Mapping[Kind, Traits] = {
    "passage": Traits(flows=True),
    "page": Traits(about=True, lines=True),
    "picture": Traits(whole=True, about=True, wordless=True, lines=True, perceived=True),
    "region": Traits(whole=True, perceived=True),
    "line": Traits(whole=True, labelled=True, flows=True, perceived=True),
    "utterance": Traits(flows=True, perceived=True),
    "sound": Traits(look="sound", whole=True, about=True, wordless=True, perceived=True),
    "series": Traits(look="chart", whole=True, phrases=False),
    "event": Traits(look="chart", whole=True),
    "table": Traits(look="table", whole=True, about=True, phrases=False),
    "row": Traits(look="table", whole=True, labelled=True, phrases=False),
    "column": Traits(look="table", whole=True, about=True, phrases=False),
    "concept": Traits(whole=True),
}
