"""What training leaves behind: a bridge file and a GGUF adapter."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.fit.config import FitConfig
from assistant.fit.model import Model
from assistant.fit.network import file_hash
from assistant.model.bridge import About, save


def paths(llm: Path, folder: Path) -> tuple[Path, Path]:
    """Where bridge and adapter of a model lie in a folder."""
    stem = file_hash(llm)[:16]
    return folder / f"{stem}.safetensors", folder / f"{stem}.gguf"


def take_over(model: Model, llm: Path, folder: Path) -> None:
    """Begin from the adapter that was exported into `folder`, if there is one."""
    _, adapter = paths(llm, folder)
    if model.lora is not None and adapter.is_file():
        model.lora.read_gguf(adapter)


def export(model: Model, config: FitConfig, folder: Path, trained: str, space: str = "") -> tuple[Path, Path | None]:
    """Write `<hash>.safetensors` and `<hash>.gguf`, named by the first 16 digits of the model's sha256.

    Under these names `assistant/model/weights` is searched for them.

    Returns:
        the paths; the second is None when no LoRA was trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bridge, adapter = paths(config.llm, folder)
    about = About(
        llm_name=model.network.shape.name,
        llm_sha256=file_hash(config.llm),
        n_embd=model.network.shape.width,
        space=space,
        trained=trained,
        config=json.dumps(config.as_dict()),
    )
    save(about, model.selector.tables, bridge)
    if model.lora is None:
        return bridge, None
    model.lora.write_gguf(adapter)
    return bridge, adapter
