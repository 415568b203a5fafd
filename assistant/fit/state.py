"""Where a training stands: the adapter, its optimiser's moments and what was done, in one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ingest.base import verdicts
from ingest.base.errors import AdapterMismatch, BadWeights

FORMAT = "kotonoha-adapter-state-1"
MEAN, SQUARE = "mean.", "square."


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Tensors by the adapter's names. `mean` and `square` are AdamW's moments, empty before the first step."""

    adapter: Mapping[str, Tensor]
    mean: Mapping[str, Tensor] = field(default_factory=dict)
    square: Mapping[str, Tensor] = field(default_factory=dict)
    step: int = 0
    seconds: float = 0.0


def save(path: Path, llm: Path, state: State) -> None:
    """Writes beside the old file and takes its place in one go."""
    tensors = dict(state.adapter)
    tensors |= {f"{MEAN}{name}": one for name, one in state.mean.items()}
    tensors |= {f"{SQUARE}{name}": one for name, one in state.square.items()}
    header = {"format": FORMAT, "llm": verdicts.digest(llm), "step": str(state.step), "seconds": f"{state.seconds:.3f}"}
    new = path.with_suffix(".new")
    save_file({name: one.detach().cpu().contiguous() for name, one in tensors.items()}, new, header)
    new.replace(path)


def load(path: Path, llm: Path) -> State:
    """The state in a file, of an adapter for that model.

    Raises:
        BadWeights: the file is none.
        AdapterMismatch: it is for another model.
    """
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{path} is no state of a training: {error}") from error
    if header.get("format") != FORMAT:
        raise BadWeights(f"{path} is no state of the form {FORMAT}")
    if header["llm"] != verdicts.digest(llm):
        raise AdapterMismatch(f"{path.name} was made for another model", "name its model with --llm")
    mean, square = (_behind(prefix, tensors) for prefix in (MEAN, SQUARE))
    adapter = {name: one for name, one in tensors.items() if not name.startswith((MEAN, SQUARE))}
    return State(adapter, mean, square, int(header["step"]), float(header["seconds"]))


def _behind(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)}
