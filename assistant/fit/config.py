"""Everything a training run depends on, in one frozen value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FitConfig:
    """The configuration of `kotonoha fit`.

    Attributes:
        llm: the GGUF model the bridge is made for; it is not changed.
        data: a folder of QA files (`*.jsonl.gz`, rows `context, question, answer[, title]`).
        run: where checkpoints, the token cache and the log live; a run found there is continued.
        start: a folder with an exported bridge and adapter to begin from, such as `assistant/model/weights`.
        device: "cpu", "cuda" or "auto".
        format: "float32", "bfloat16" or "auto": the faster one; a run that is continued keeps what it began with.
        steps: optimiser steps in all.
        minutes: stop after this much time with a checkpoint (0: no limit); a later call goes on.
        seed: fixes data order and initial weights.
        lora: whether a LoRA of `rank`, scaled by `alpha / rank`, is trained; without one only the bridge is fitted.
        lora_rate: Adam's step size; it rises over `warmup` steps and falls over the last `decay_share`.
        clip: largest norm of the gradient.
        tokens: most tokens in one packed sequence.
        packs: packed sequences per optimiser step.
        relevance_steps: steps, before all others, of what chooses the soft tokens.
        text_steps: first steps, in which sources are given as text only.
        text_share, hybrid_share: how often all sources are text, or some are; otherwise all are soft.
        refuse_share, trap_share: questions whose source was left out, and changed questions that their source does not answer,
            for every question that is answered.
        altered_share: how often a passage has some of its names and figures replaced by others.
        invented: runs of made-up passages (tables, sensor events, minutes, ...) beside the given data.
        ratio_odds: how often a soft sequence is at 2, 4, 8 and 16 tokens per soft token.
    """

    llm: Path
    data: Path
    run: Path
    start: Path | None = None
    device: str = "auto"
    format: str = "auto"
    steps: int = 1000
    minutes: float = 0.0
    seed: int = 7
    lora: bool = True
    rank: int = 16
    alpha: float = 32.0
    lora_rate: float = 7e-4
    warmup: int = 20
    decay_share: float = 0.7
    clip: float = 1.0
    tokens: int = 800
    packs: int = 1
    relevance_steps: int = 1500
    text_steps: int = 40
    text_share: float = 0.45
    hybrid_share: float = 0.2
    refuse_share: float = 0.15
    trap_share: float = 0.25
    altered_share: float = 0.4
    invented: int = 1200
    ratio_odds: tuple[float, ...] = (0.15, 0.4, 0.3, 0.15)
    checkpoint_every: int = 25
    validate_every: int = 100

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON; paths as names only, so that no machine's folders are written down."""
        return {key: value.name if isinstance(value, Path) else value for key, value in asdict(self).items()}
