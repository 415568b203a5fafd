"""The language model that the settings name, with the adapter and the bridge that were made for it.

Says also what an adapted model may answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.model.bridge import About, Bridge
from assistant.model.llm import Llm
from assistant.model.parts import Rule
from assistant.model.prompt import REFUSAL
from assistant.model.verbatim import Verbatim
from ingest.base import verdicts, weights
from ingest.base.settings import Settings
from ingest.space.space import Space, Vectors

WEIGHTS = Path(__file__).parent / "weights"
"""Adapters and bridges that come with the product, named by the first 16 digits of their model's sha256."""


def load(settings: Settings, space: Space) -> tuple[Llm, Bridge | None]:
    """The model with its adapter, and its bridge; None where the model cannot read vectors at all.

    What was named in the settings has to fit; of what is shipped, only what fits is taken.

    Raises:
        MissingPart: a file that was named is not there.
        BridgeMismatch: it was made for another model or space.
    """
    path = weights.language_model(settings.llm, "smollm2-135m")
    llm = Llm(path, _file(settings.adapter, path, ".gguf"), settings.context, settings.threads)
    if llm.vector_fault:
        return llm, None
    file = _file(settings.bridge, path, ".safetensors")
    if file is None:
        return llm, untrained(llm)
    bridge = Bridge.load(file, llm.sha256, llm, space.fingerprint if settings.bridge else "")
    return llm, bridge if bridge.about.space in ("", space.fingerprint) else bridge.of_words()


DOUBTFUL = 0.9
"""From this doubt on the answer is a refusal. `Bridge.doubt` takes both sorts of questions for equally frequent; who asks mostly
asks for what the sources hold, about nine times of ten."""


def allowed(llm: Llm, bridge: Bridge | None, sources: Sequence[str]) -> Callable[[Vectors], Rule] | None:
    """What an adapted model may answer, once the scores of its first token are known: the sources' own words, or, where it
    is too doubtful that they hold the answer, the refusal. A model without an adapter was never taught to quote: None.
    """
    if llm.adapter is None:
        return None
    return lambda scores: Verbatim(sources, refused=doubt(llm, bridge, scores) >= DOUBTFUL)


def doubt(llm: Llm, bridge: Bridge | None, scores: Vectors) -> float:
    """The probability that the sources hold no answer, by the scores of its first token."""
    found = odds(scores, llm.tokenize(REFUSAL)[0])
    return bridge.doubt(found) if bridge else float(1 / (1 + np.exp(-found)))


def odds(scores: Vectors, token: int) -> float:
    """The logarithm of the odds of a token."""
    powers = np.exp(scores.astype(np.float64) - scores.max())
    chance = float(powers[token] / powers.sum())
    return float(np.log(max(chance, 1e-30)) - np.log1p(-min(chance, 1 - 1e-9)))


def untrained(llm: Llm) -> Bridge:
    """The bridge that needs no training: rare words, and those near the question's words."""
    from assistant.model.tokens import Tokens

    return Bridge.untrained(About(llm.name, llm.sha256, llm.n_embd), Tokens(llm.path).names(), llm)


def _file(setting: str, llm: Path, suffix: str) -> Path | None:
    """The file that was named, else the one shipped for this model, else none."""
    if setting == "none":
        return None
    if setting:
        return Path(setting).expanduser()
    shipped = WEIGHTS / (verdicts.digest(llm)[:16] + suffix)
    return shipped if shipped.is_file() else None
