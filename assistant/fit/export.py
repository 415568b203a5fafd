"""What training leaves behind: a bridge file and a GGUF adapter. Knows nothing about how they were trained."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.bridge import About, Bridge
from assistant.fit.config import FitConfig
from assistant.fit.model import Model
from assistant.fit.reader import file_hash


def export(model: Model, config: FitConfig, folder: Path, trained: str, space: str = "") -> tuple[Path, Path | None]:
    """Write `<model>.bridge.safetensors` and `<model>.lora.gguf`, named after the model's hash.

    Returns:
        the paths; the second is None when no LoRA was trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = file_hash(config.llm)
    stem = f"{_slug(model.reader.shape.name)}-{digest[:12]}"
    about = About(
        llm_name=model.reader.shape.name,
        llm_sha256=digest,
        n_embd=model.reader.shape.width,
        space=space,
        trained=trained,
        config=json.dumps(config.as_dict()),
    )
    bridge = folder / f"{stem}.bridge.safetensors"
    Bridge(about, model.writer.tensors(), rows=model.writer.rows).save(bridge)
    if model.lora is None:
        return bridge, None
    adapter = folder / f"{stem}.lora.gguf"
    model.lora.write_gguf(adapter)
    return bridge, adapter


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())[:40]
