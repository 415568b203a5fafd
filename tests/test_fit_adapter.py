"""The adapter: the model in torch reads as llama.cpp does, forks see what they see in serving, a stopped training goes on."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.fit import state as states
from assistant.fit.adapter import Plan, held_out, train
from assistant.fit.lora import Qwen2, exported, fastest, multiplied
from assistant.fit.packs import NOTHING, Fork, Source, Step, packed
from assistant.fit.state import State
from assistant.model import prompt
from assistant.model.llm import Llm, Part
from assistant.model.vocabulary import Told, Vocabulary
from ingest.base.errors import AdapterMismatch, BadWeights, ModelFault

from .naive import Naive
from .tiny_gguf import write_model

TOKYO = Source("cities.md", "Tokyo lies in Japan.", kept=False)
FIRM = Source("firm.md", "The firm was founded in 1962.", kept=True)
WHERE = Fork("read", prompt.ask("Where is Tokyo?"), "Tokyo lies in Japan. [1]")
WHEN = Fork("read", prompt.ask("When was it founded?"), "In 1962. [2]")
WHO = Fork("none", prompt.ask("Who founded it?"), prompt.NONE)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", "qwen2", context=2048)


@pytest.fixture(scope="module")
def tokens(path: Path) -> Vocabulary:
    return Vocabulary.of(path)


def tiny(path: Path, seed: int = 0) -> Qwen2:
    return Qwen2(path, torch.float32, seed, threads=1)


def stirred(path: Path) -> Qwen2:
    """With an adapter that changes what is said."""
    model, chance = tiny(path), torch.Generator().manual_seed(1)
    for name, one in model.adapter.items():
        if name.endswith("lora_b"):
            one.data += 0.1 * torch.randn(one.shape, generator=chance)
    return model


def step(*forks: Fork, sources: tuple[Source, ...] = (TOKYO, FIRM), told: Told = "Read.") -> Step:
    return Step(told, sources, forks)


def scores(model: Qwen2, tokens: Vocabulary, of: Step) -> np.ndarray:
    with torch.no_grad():
        return model.scores(packed(of, tokens)).numpy()


def last(llm: Llm, of: Step) -> np.ndarray:
    """What follows the first fork of a step in llama.cpp, as logarithms of chances."""
    parts: list[Part] = []
    for number, source in enumerate(of.sources, 1):
        block = llm.tokenize(prompt.block(source.title, source.text))
        parts += [llm.tokenize(prompt.tag(number)), *(llm.read(of.told, [block]) if source.kept else [block])]
    with llm.given(of.told, parts) as given:
        asked = llm.tokenize(of.forks[0].asked) + llm.vocabulary.closing()
        return np.log(given.score([asked], range(len(llm.vocabulary)))[0])


def test_on_a_plain_prompt_torch_says_what_llama_cpp_says(path: Path, tokens: Vocabulary) -> None:
    plain = step(WHERE, sources=(TOKYO,), told=prompt.READ)
    ours = torch.tensor(scores(tiny(path), tokens, plain)[0]).log_softmax(-1).numpy()
    assert np.abs(ours - last(Llm(path, context=1024, threads=1), plain)).max() < 0.1


def test_a_source_read_by_itself_gives_what_the_formulas_give(path: Path, tokens: Vocabulary) -> None:
    """Against numpy; it is read right behind the head and then moved."""
    one, other, fork = Source("", "Tokyo", kept=False), Source("", "1962", kept=True), Fork("read", "When?", "1962")
    ours = scores(tiny(path), tokens, step(fork, sources=(one, other)))[0]
    ids = [tokens.tokenize(text) for text in ("[1]\n", "Tokyo\n", "[2]\n", "1962\n")]
    asked = tokens.tokenize(fork.asked) + tokens.closing()
    parts = [*((one, False) for one in ids[:3]), (ids[3], True), (asked, False)]
    assert np.allclose(ours, Naive(path).scores(tokens.head("Read."), parts), atol=0.005)


@pytest.mark.parametrize("kept", [False, True])
def test_the_exported_adapter_says_in_llama_cpp_what_it_says_in_torch(
    path: Path, tokens: Vocabulary, tmp_path: Path, kept: bool
) -> None:
    sources = (TOKYO, Source(FIRM.title, FIRM.text, kept))
    model, plain = stirred(path), step(WHERE, sources=sources, told=prompt.READ)
    model.export(tmp_path / "adapter.gguf", "for this test")
    ours = torch.tensor(scores(model, tokens, plain)[0]).log_softmax(-1).numpy()
    without = torch.tensor(scores(tiny(path), tokens, plain)[0]).log_softmax(-1).numpy()
    theirs = last(Llm(path, tmp_path / "adapter.gguf", context=1024, threads=1), plain)
    assert np.abs(ours - theirs).max() < 0.1 * np.abs(without - theirs).max()


def test_an_exported_adapter_can_be_gone_on_with(path: Path, tmp_path: Path) -> None:
    model = stirred(path)
    model.export(tmp_path / "adapter.gguf", "for this test")
    read = exported(tmp_path / "adapter.gguf")
    assert set(read) == set(model.adapter)
    assert all(torch.allclose(one, model.adapter[name], atol=1e-3) for name, one in read.items())
    tiny(path).take(read)
    (tmp_path / "other.gguf").write_bytes(b"no adapter")
    with pytest.raises(BadWeights, match="no adapter"):
        exported(tmp_path / "other.gguf")


def test_a_fork_sees_the_sources_and_itself_only(path: Path, tokens: Vocabulary) -> None:
    """All asked together are answered as each asked alone, and not as if the second source were not there."""
    model, forks = stirred(path), (WHERE, WHEN, WHO)
    together = scores(model, tokens, step(*forks))
    alone = [scores(model, tokens, step(one)) for one in forks]
    assert np.allclose(together, np.concatenate(alone), atol=1e-4)
    assert not np.allclose(alone[0], scores(model, tokens, step(WHERE, sources=(TOKYO,))), atol=0.1)


def test_labels_are_the_answers_and_their_ends(tokens: Vocabulary) -> None:
    pack = packed(step(WHERE, WHO), tokens)
    wanted = [one for fork in (WHERE, WHO) for one in [*tokens.tokenize(fork.answer), tokens.end]]
    assert pack.labels[pack.labels != NOTHING].tolist() == wanted
    assert pack.places.max() < len(pack.ids) - len(tokens.tokenize(WHO.answer))  # forks stand at the same places


def numbers(tokens: Vocabulary, number: int):  # type: ignore[no-untyped-def]
    """A tiny corpus: a firm and the year in which it was founded."""
    chance = random.Random(number)
    year, letter = chance.randint(10, 99), chance.choice("ABCDEFG")
    source = Source("", f"{letter} {year}", kept=number % 2 == 0)
    return packed(Step("Read.", (source,), (Fork("read", f"{letter}?", str(year)),)), tokens)


def fitted(
    path: Path, tokens: Vocabulary, folder: Path, steps: int, stop: int = 0, begun: State | None = None
) -> Qwen2:
    model = tiny(path, seed=3)

    def stopping(now: State, loss: float) -> None:
        if now.step == stop:
            raise KeyboardInterrupt

    train(model, lambda n: numbers(tokens, n), folder / "state.safetensors", path, Plan(steps), begun, stopping)
    return model


def test_a_stopped_and_continued_training_ends_as_an_undisturbed_one(
    path: Path, tokens: Vocabulary, tmp_path: Path
) -> None:
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    for folder in (whole, parted):
        folder.mkdir()
    undisturbed = fitted(path, tokens, whole, 24)
    with pytest.raises(KeyboardInterrupt):
        fitted(path, tokens, parted, 24, stop=13)
    begun = states.load(parted / "state.safetensors", path)
    assert begun.step == 10
    continued = fitted(path, tokens, parted, 24, begun=begun)
    for name, one in undisturbed.adapter.items():
        assert torch.equal(one, continued.adapter[name]), name
    ends = [states.load(folder / "state.safetensors", path) for folder in (whole, parted)]
    assert all(torch.equal(ends[0].square[name], ends[1].square[name]) for name in ends[0].square)


def test_packs_together_are_learned_from_as_their_mean(path: Path, tokens: Vocabulary, tmp_path: Path) -> None:
    packs = [numbers(tokens, number) for number in range(3)]
    ours, theirs = tiny(path, seed=3), tiny(path, seed=3)
    plan = Plan(1, together=3)
    train(ours, lambda n: packs[n], tmp_path / "state.safetensors", path, plan)
    torch.stack([theirs.loss(pack) for pack in packs]).mean().backward()
    moments = states.load(tmp_path / "state.safetensors", path).mean
    gradients = {name: one.grad for name, one in theirs.adapter.items() if one.grad is not None}
    ours_all = torch.cat([moments[name].flatten() for name in gradients])
    theirs_all = torch.cat([one.flatten() for one in gradients.values()])
    assert torch.cosine_similarity(ours_all, theirs_all, 0) > 0.999


def test_the_loss_falls_on_a_tiny_corpus_also_on_what_was_not_trained_on(
    path: Path, tokens: Vocabulary, tmp_path: Path
) -> None:
    held = [numbers(tokens, 1000 + n) for n in range(20)]
    before = held_out(tiny(path), held)
    assert held_out(fitted(path, tokens, tmp_path, 100), held) < 0.8 * before


def test_a_state_is_for_its_model_alone(path: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other.gguf", "qwen2", seed=1)
    states.save(tmp_path / "state.safetensors", path, State(tiny(path).adapter))
    with pytest.raises(AdapterMismatch):
        states.load(tmp_path / "state.safetensors", other)
    (tmp_path / "state.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadWeights):
        states.load(tmp_path / "state.safetensors", path)
    with pytest.raises(ModelFault):
        tiny(path).take({"blk.0.attn_q.weight.lora_a": torch.zeros(1, 1)})


def test_a_processor_slow_at_half_numbers_trains_with_whole_ones() -> None:
    seconds = {torch.bfloat16: 50.0, torch.float32: 1.0}
    assert fastest(torch.device("cpu"), lambda kind, device: seconds[kind]) == torch.float32
    assert fastest(torch.device("cpu"), lambda kind, device: 1 / seconds[kind]) == torch.bfloat16
    assert fastest(torch.device("cuda"), lambda kind, device: seconds[kind]) == torch.bfloat16
    assert multiplied(torch.float32, torch.device("cpu")) > 0


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFault, match="qwen2"):
        Qwen2(write_model(tmp_path / "other.gguf", "llama"))
