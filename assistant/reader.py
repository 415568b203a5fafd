"""The reader: the language model that the settings name, with the adapter and the bridge that were made for it.

Knows nothing about questions or sources.
"""

from __future__ import annotations

from pathlib import Path

from assistant.bridge import About, Bridge
from assistant.llm import Llm, default_model
from ingest import weights
from ingest.errors import MissingPart
from ingest.settings import Settings
from ingest.space import Space

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
