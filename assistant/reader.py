"""The reader: the language model that the settings name, with the adapter and the bridge that were made for it.

Says also what an adapted model may answer. Knows nothing about where sources come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from assistant.bridge import About, Bridge
from assistant.llm import Llm, Rule, default_model
from assistant.prompt import REFUSAL
from assistant.verbatim import Verbatim
from ingest import weights
from ingest.errors import MissingPart
from ingest.settings import Settings
from ingest.space import Space, Vectors

WEIGHTS = Path(__file__).parent / "weights"
"""Adapters and bridges that come with the product, named by the first 16 digits of their model's sha256."""


def load(settings: Settings, space: Space) -> tuple[Llm, Bridge | None]:
    """The model with its adapter, and its bridge; None where the model cannot read vectors at all.

    What was named in the settings has to fit; of what is shipped, only what fits is taken.

    Raises:
        MissingPart: a file that was named is not there.
        BridgeMismatch: it was made for another model or space.
    """
    path = Path(settings.llm).expanduser() if settings.llm else default_model()
    if not path.is_file():
        raise MissingPart(f"there is no model file at {path}", "see KOTONOHA_LLM")
    llm = Llm(path, _file(settings.adapter, path, ".gguf"), settings.context, settings.threads)
    if llm.vector_fault:
        return llm, None
    file = _file(settings.bridge, path, ".safetensors")
    return llm, Bridge.load(file, llm.sha256, llm, space.fingerprint) if file else untrained(llm)


def allowed(
    llm: Llm, bridge: Bridge | None, sources: Sequence[str], question: str
) -> Callable[[Vectors], Rule] | None:
    """What an adapted model may answer, once the scores of its first token are known: the sources' own words, or, where they
    are more likely than not to hold no answer, the refusal. A model without an adapter was never taught to quote: None.
    """
    if llm.adapter is None:
        return None
    refusal = llm.tokenize(REFUSAL)[0]

    def rule(scores: Vectors) -> Rule:
        return Verbatim(sources, doubt(bridge, odds(scores, refusal), llm, sources, question) >= DOUBTFUL)

    return rule


DOUBTFUL = 0.5
"""Probability, from which on an answer is refused, that the sources do not hold it."""


def odds(scores: Vectors, token: int) -> float:
    """The logarithm of the odds of a token."""
    powers = np.exp(scores.astype(np.float64) - scores.max())
    chance = float(powers[token] / powers.sum())
    return float(np.log(max(chance, 1e-30)) - np.log1p(-min(chance, 1 - 1e-9)))


def doubt(bridge: Bridge | None, refusing: float, llm: Llm, sources: Sequence[str], question: str) -> float:
    """The probability that sources do not answer a question, where the model begins a refusal with these log-odds."""
    if bridge is None:
        return float(1 / (1 + np.exp(-refusing)))
    given = [llm.tokenize(f" {source.strip()}") for source in sources if source.strip()]
    return bridge.doubt(refusing, given, llm.tokenize(f" {question.strip()}"))


def untrained(llm: Llm) -> Bridge:
    """The bridge that needs no training: rare words, and those near the question's words."""
    from assistant.fit.tokens import Tokens

    return Bridge.untrained(About(llm.name, llm.sha256, llm.n_embd), Tokens(llm.path).names(), llm)


def _file(setting: str, llm: Path, suffix: str) -> Path | None:
    """The file that was named, else the one shipped for this model, else none."""
    if setting == "none":
        return None
    if setting:
        return Path(setting).expanduser()
    shipped = WEIGHTS / (weights.digest_of(llm)[:16] + suffix)
    return shipped if shipped.is_file() else None
