"""The trainable bridge and the serving one are the same function."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from assistant.bridge import BLANK, CONTINUES_WORD, RATIOS, STARTS_WORD, About, Bridge
from assistant.fit.writer import Writer

WIDTH, VOCABULARY = 24, 60


def make() -> Writer:
    """A writer as after some training: nothing in it is zero."""
    generator = torch.Generator().manual_seed(3)
    chance = np.random.default_rng(3)
    embedding = torch.randn(VOCABULARY, WIDTH, generator=generator)
    table = {
        "probe": chance.standard_normal((3, WIDTH)).astype(np.float32),
        "probe_weights": np.array([1.0, -0.5], np.float32),
        "rarity": chance.random(VOCABULARY).astype(np.float32),
        "shape": np.resize(np.array([BLANK, STARTS_WORD, CONTINUES_WORD, STARTS_WORD], np.uint8), VOCABULARY),
    }
    writer = Writer(embedding, table, generator)
    with torch.no_grad():
        for parameter in writer.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return writer


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("length", [1, 2, 7, 40, 90])
def test_slots_agree_with_the_serving_twin(ratio: int, length: int) -> None:
    writer = make()
    bridge = Bridge(About("tiny", "abc", WIDTH), writer.tensors(), writer.rows)
    ids = np.random.default_rng(length).integers(0, VOCABULARY, length)
    ours = writer(ids, ratio).detach().numpy()
    assert np.allclose(ours, bridge.slots(ids.tolist(), ratio), atol=1e-5)


def test_training_begins_from_the_telegram() -> None:
    """A fresh writer gives the anchors' embeddings themselves, and its residual can learn from the first step."""
    table = make().table
    embedding = torch.randn(VOCABULARY, WIDTH, generator=torch.Generator().manual_seed(1))
    writer = Writer(embedding, table, torch.Generator().manual_seed(2))
    slots = writer(np.arange(20), 4)
    assert all(any(torch.equal(slot, row) for row in embedding) for slot in slots)
    slots.square().sum().backward()
    assert writer.out.grad is not None
    assert writer.out.grad.abs().sum() > 0
