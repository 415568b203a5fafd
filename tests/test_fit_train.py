"""Training goes on after a kill as if nothing had happened, learns, and leaves files that llama.cpp serves."""

from __future__ import annotations

import dataclasses
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from assistant.cli import main
from assistant.fit.config import FitConfig
from assistant.fit.data import Branch, Pack, Source
from assistant.fit.lora import Lora
from assistant.fit.model import Model
from assistant.fit.network import Network
from assistant.fit.train import rate, run
from assistant.model import prompt
from assistant.model.bridge import Bridge
from assistant.model.llm import Llm
from assistant.model.parts import Turn
from assistant.model.relevance import Selector, token_shapes, token_stems
from assistant.model.tokens import Tokens
from ingest.base.errors import BadInput
from tests.conftest import WordSpace
from tests.tiny_gguf import write_model


@pytest.fixture
def config(tmp_path: Path) -> FitConfig:
    """A tiny model and a few passages with questions."""
    data = tmp_path / "data"
    data.mkdir()
    with gzip.open(data / "squad_train_part.jsonl.gz", "wt") as file:
        for number in range(30):
            row = {"context": f"Box {number} holds {number * 7} nails.", "question": f"What is in box {number}?"}
            file.write(json.dumps({**row, "answer": f"{number * 7} nails"}) + "\n")
    return FitConfig(
        write_model(tmp_path / "tiny.gguf"), data, tmp_path / "run", device="cpu", format="float32", steps=4,
        text_steps=1, tokens=250, warmup=1, rank=2, alpha=4, checkpoint_every=1, validate_every=100, invented=20, relevance_steps=3,
    )  # fmt: skip


@pytest.mark.slow
def test_a_run_that_stopped_ends_as_one_that_did_not(config: FitConfig, tmp_path: Path) -> None:
    whole = run(dataclasses.replace(config, run=tmp_path / "whole"))
    first = run(dataclasses.replace(config, minutes=1e-9))
    assert (first.step, first.finished) == (1, False)
    second = run(config)
    assert (second.step, second.finished) == (4, True)
    ours, theirs = load_file(second.bridge), load_file(whole.bridge)
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    assert second.adapter and whole.adapter and second.adapter.read_bytes() == whole.adapter.read_bytes()
    assert second.validation == whole.validation
    assert set(whole.validation) == {"text", "2", "4", "8", "16"}


@pytest.mark.slow
def test_a_run_keeps_the_number_format_it_began_with(config: FitConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one is faster may come out otherwise the second time, on a machine that does other work."""
    automatic = dataclasses.replace(config, format="auto", minutes=1e-9)
    monkeypatch.setattr("assistant.fit.train._seconds", {torch.float32: 1.0, torch.bfloat16: 2.0}.get)
    run(automatic)
    monkeypatch.setattr("assistant.fit.train._seconds", {torch.float32: 2.0, torch.bfloat16: 1.0}.get)
    run(automatic)
    assert json.loads((config.run / "config.json").read_text("utf-8"))["format"] == "float32"


@pytest.mark.slow
def test_what_was_trained_is_served(config: FitConfig) -> None:
    """Bridge and adapter load for this model, and the bridge maps vectors of the space it was given."""
    space = WordSpace()
    forklift = space.place(["forklift"])[0].address
    report = run(dataclasses.replace(config, steps=2), space, lambda: [("forklift", forklift)])
    llm = Llm(config.llm, adapter=report.adapter, context=256)
    bridge = Bridge.load(report.bridge, llm.sha256, llm, space.fingerprint)
    assert "2 steps" in bridge.about.trained
    assert load_file(report.bridge)["doubt"].shape == (2,)
    assert bridge.meant(forklift).shape == (1, llm.n_embd)
    assert json.loads(bridge.about.config)["seed"] == config.seed


@pytest.mark.slow
def test_a_run_may_begin_from_exported_files(config: FitConfig, tmp_path: Path) -> None:
    first = run(dataclasses.replace(config, steps=3, text_steps=0))
    second = run(dataclasses.replace(config, steps=0, run=tmp_path / "second", start=config.run))
    ours, theirs = load_file(second.bridge), load_file(first.bridge)
    assert ours.pop("doubt").shape == theirs.pop("doubt").shape  # weighed anew, by an adapter in half precision
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    assert second.adapter is not None
    assert first.adapter is not None
    assert second.adapter.read_bytes() == first.adapter.read_bytes()


@pytest.mark.slow
def test_loss_falls(config: FitConfig) -> None:
    lines: list[str] = []
    fast = dataclasses.replace(config, steps=40, lora_rate=1e-2, text_steps=40, checkpoint_every=50)
    run(fast, progress=lines.append)
    losses = [json.loads(line)["loss"] for line in lines]
    assert np.mean(losses[-8:]) < 0.8 * np.mean(losses[:8])


@pytest.mark.slow
def test_without_lora_only_the_bridge_is_fitted(config: FitConfig) -> None:
    report = run(dataclasses.replace(config, lora=False))
    assert report.finished
    assert report.adapter is None
    assert np.abs(load_file(report.bridge)["relevance.out.weight"]).sum() > 0


@pytest.mark.slow
def test_the_command_says_how_far_it_is_and_where_the_files_are(
    config: FitConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--llm", str(config.llm), "--data", str(config.data), "--run", str(config.run), "--device", "cpu"]
    assert main(["fit", *where, "--steps", "1", "--relevance-steps", "2"]) == 0
    said = capsys.readouterr().out
    assert "step 1/1" in said and "left" in said
    assert str(config.run) in said.split("bridge")[1]


@pytest.mark.slow
def test_another_seed_does_not_go_on_with_a_run(config: FitConfig) -> None:
    run(dataclasses.replace(config, steps=1))
    with pytest.raises(BadInput, match="seed"):
        run(dataclasses.replace(config, seed=8))


def test_a_folder_without_data_is_refused(config: FitConfig, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="--data"):
        run(dataclasses.replace(config, data=tmp_path / "empty"))


def test_the_learning_rate_rises_stays_and_falls(config: FitConfig) -> None:
    config = dataclasses.replace(config, steps=100, warmup=10, decay_share=0.4)
    rates = [rate(step, config) for step in range(100)]
    assert rates[:10] == sorted(rates[:10])
    assert set(rates[10:60]) == {1.0}
    assert rates[60:] == sorted(rates[60:], reverse=True)
    assert min(rates[60:]) == pytest.approx(0.05)


@pytest.mark.parametrize("arch", ["llama", "qwen2"])
def test_a_soft_prompt_scores_in_llama_cpp_as_in_training(tmp_path: Path, arch: str) -> None:
    """The sequence training built and the one serving builds are the same, soft tokens, words, adapter and all."""
    path = write_model(tmp_path / "tiny.gguf", arch)
    network, tokens = Network(path), Tokens(path)
    generator = torch.Generator().manual_seed(0)
    names = tokens.names()
    rarity = np.arange(len(names), dtype=np.float32) / len(names)
    table = {"rarity": rarity, "shape": token_shapes(names), "stem": token_stems(names)}
    lora = Lora(network, 4, 8, generator)
    selector = Selector(lambda ids: network.embedding[torch.tensor(ids)].numpy(), table)
    model = Model(network, selector, lora)
    with torch.no_grad():
        for value in lora.pairs.values():
            value.copy_((value + 0.05 * torch.randn(value.shape, generator=generator)).half())
    lora.write_gguf(tmp_path / "lora.gguf")
    said, question = (
        ("The spindle runs hot at noon", "It is oiled at night", "Paper lies in hall B"),
        "When does it run hot?",
    )
    first, second, third = (tuple(tokens.ids(f" {text}")) for text in said)
    asked = tuple(tokens.ids(f" {question}"))
    branch = Branch((*tokens.asking, *asked, *tokens.closing), (tokens.end,), asked)
    marks = [tokens.fixed("[1]"), tokens.fixed("\n[2]"), tokens.fixed("\n[3]")]
    context = (*tokens.opening, *marks[0], Source(first, 4), *marks[1], *second, *marks[2], Source(third, 2))
    with torch.no_grad():
        ours = model.scores(model.lay(Pack(context, (branch,))))[0].numpy()
    llm = Llm(path, adapter=tmp_path / "lora.gguf", context=512)
    chosen = selector.anchors([(first, 4), (third, 2)], asked)
    kept = [llm.remember(ids).only(places) for ids, places in zip((first, third), chosen, strict=True)]
    bodies = [kept[0], said[1], kept[1]]
    turns = [Turn("system", (prompt.system(),)), Turn("user", tuple(prompt.user(bodies, question)))]
    theirs = llm.logits(llm.chat(turns))
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.9999
