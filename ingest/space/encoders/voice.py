"""Where somebody speaks: silero-vad, the only file that knows it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.base import weights
from ingest.base.errors import MissingPart

RATE = 16_000
"""Samples per second of all sound inside Kotonoha: one channel, float32 between -1 and 1."""

FRAME = 512
"""Samples the detector looks at, 32 ms."""

LONGEST = 28.0
"""Seconds of one utterance at most; speech recognisers hear 30."""

PAUSE = 400
"""Milliseconds of silence that end an utterance."""

Samples = NDArray[np.float32]


class VoiceActivity:
    """Says for each frame how likely it holds speech. Streaming: feed frames in order, `reset` before another sound.

    Raises:
        MissingPart: silero-vad is not installed.
    """

    def reset(self) -> None:
        self._model.reset_states()

    def hear(self, frame: Samples) -> float:
        """Probability of speech in the next `FRAME` samples."""
        import torch

        return float(self._model(torch.from_numpy(frame[None]), RATE))

    @cached_property
    def _model(self) -> Any:
        import torch

        threads = torch.get_num_threads()
        try:
            from silero_vad import load_silero_vad  # type: ignore[import-untyped]

            weights.find("silero-vad")
            return load_silero_vad(onnx=True)
        except ImportError as error:
            hint = "pip install silero-vad onnxruntime"
            raise MissingPart(f"speech cannot be told from noise: {error.name} is not installed", hint) from error
        finally:
            torch.set_num_threads(threads)  # importing silero_vad sets it to 1 for the whole process


def utterances(chances: Sequence[float]) -> list[tuple[float, float]]:
    """Start and end in seconds of what is spoken without a pause, from the chances of each frame."""
    from silero_vad import get_speech_timestamps_from_probs

    spans = get_speech_timestamps_from_probs(
        list(chances), RATE, max_speech_duration_s=LONGEST, min_silence_duration_ms=PAUSE, speech_pad_ms=60
    )
    return [(span["start"] / RATE, span["end"] / RATE) for span in spans]
