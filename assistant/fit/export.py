"""What training leaves behind: a bridge file and a GGUF adapter. Knows nothing about how they were trained."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.bridge import About, Bridge
from assistant.fit.config import FitConfig
from assistant.fit.model import Model
from assistant.fit.reader import file_hash


def export(model: Model, config: FitConfig, folder: Path, trained: str, space: str = "") -> tuple[Path, Path | None]:
    """Write `<hash>.safetensors` and `<hash>.gguf`, named by the first 16 digits of the model's sha256.

    Under these names `assistant/weights` is searched for them.

    Returns:
        the paths; the second is None when no LoRA was trained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = file_hash(config.llm)
    about = About(
        llm_name=model.reader.shape.name,
        llm_sha256=digest,
        n_embd=model.reader.shape.width,
        space=space,
        trained=trained,
        config=json.dumps(config.as_dict()),
    )
    bridge = folder / f"{digest[:16]}.safetensors"
    Bridge(about, model.writer.tensors(), rows=model.writer.rows).save(bridge)
    if model.lora is None:
        return bridge, None
    adapter = folder / f"{digest[:16]}.gguf"
    model.lora.write_gguf(adapter)
    return bridge, adapter

