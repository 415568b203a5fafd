"""What is trained on: packed sequences that hold what they claim, drawn by number, with nothing held out in them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.fit.config import FitConfig
from assistant.fit.data import INVENTED, TEXT, Corpus, Packer, Source, _asked_about, prepare, verbalise
from assistant.fit.meaning import fit_meaning, told
from assistant.fit.synthetic import invent
from assistant.model.prompt import REFUSAL
from assistant.model.tokens import Tokens
from tests.conftest import WordSpace
from tests.tiny_gguf import write_model


@pytest.fixture
def config(tmp_path: Path) -> FitConfig:
    data = tmp_path / "data"
    data.mkdir()
    with gzip.open(data / "squad_train_part.jsonl.gz", "wt") as file:
        for number in range(40):
            row = {"context": f"Box {number} holds nails.", "question": f"What holds nails, {number}?"}
            file.write(json.dumps({**row, "answer": f"Box {number}"}) + "\n")
    table = {"header": ["Item", "Price"], "rows": [["nut", "5"], ["bolt", "7"]], "row": 1}
    with gzip.open(data / "wikitables.jsonl.gz", "wt") as file:
        for number in range(6):
            file.write(json.dumps({**table, "question": f"Which costs 7, {number}?", "answer": "bolt"}) + "\n")
    model = write_model(tmp_path / "tiny.gguf")
    return FitConfig(model, data, tmp_path / "run", text_steps=0, invented=6, tokens=600)


@pytest.fixture
def corpus(config: FitConfig) -> Corpus:
    return prepare(config, Tokens(config.llm))


def test_every_set_keeps_a_part_for_validation(corpus: Corpus) -> None:
    assert set(corpus.training) == {"squad_train_part", "wikitables", INVENTED}
    for name, rows in corpus.training.items():
        assert not {passage.ids for passage in corpus.validation[name]} & {p.ids for p in rows if name != "wikitables"}
        assert corpus.validation[name]


def test_the_tokens_are_kept(config: FitConfig, corpus: Corpus) -> None:
    again = prepare(config, corpus.tokens)
    assert again.training == corpus.training


def test_the_same_number_gives_the_same_sequence(config: FitConfig, corpus: Corpus) -> None:
    one, two = Packer(corpus, config), Packer(corpus, config)
    assert [one.draw(number) for number in range(6)] == [two.draw(number) for number in range(6)]
    assert one.draw(1) != one.draw(2)


@pytest.mark.parametrize("mode", ["text", "4"])
def test_answers_cite_the_source_that_holds_them_and_absent_ones_are_refused(
    config: FitConfig, corpus: Corpus, mode: str
) -> None:
    tokens = corpus.tokens
    packer = Packer(corpus, config)
    packer.specs = {"squad_train_part": packer.specs["squad_train_part"]}
    refused = 0
    for number in range(20):
        pack = packer.draw(number, mode)
        flat = [i for item in pack.context for i in (item.ids if isinstance(item, Source) else (item,))]
        given = tokens.text(tuple(flat))
        assert {item.ratio for item in pack.context if isinstance(item, Source)} == {TEXT if mode == "text" else 4}
        for branch in pack.branches:
            target = tokens.text(branch.target[:-1])
            asked = tokens.text(branch.prompt)
            assert tokens.text(branch.question) in asked
            box = asked.split("nails, ")[1].split("?")[0]
            if target == REFUSAL:
                refused += 1
                assert f"Box {box} holds" not in given
            else:
                answer, mark = target[:-1].split(" [")
                assert answer == f" Box {box}"
                assert f"[{mark}]{answer} holds nails." in given
    assert refused


def test_hybrid_mixes_text_and_soft_tokens(config: FitConfig, corpus: Corpus) -> None:
    packs = [Packer(corpus, config).draw(number, "hybrid") for number in range(20)]
    ratios = {item.ratio for pack in packs for item in pack.context if isinstance(item, Source)}
    assert ratios == {TEXT, 4, 8}


def test_a_row_is_its_cells_with_their_headers() -> None:
    assert verbalise(["Item", "Price", "Note"], ["nut", "5", ""]) == "Item: nut; Price: 5"


def test_invented_answers_stand_in_their_passage_and_nowhere_else_in_the_family() -> None:
    made = list(invent(60, seed=1))
    assert made == list(invent(60, seed=1))
    for text, asks in made:
        for _, answer in asks:
            words = answer.removeprefix("about ").removeprefix("at least ").removesuffix(" before").lower()
            assert words in text.lower()


def test_injected_instructions_are_never_the_answer() -> None:
    injected = [asks for text, asks in invent(300, seed=2) if "ignore your instructions" in text]
    assert injected
    assert not any(answer == "1 yen" for asks in injected for _, answer in asks)


def test_a_known_word_becomes_its_own_token(config: FitConfig) -> None:
    tokens = Tokens(config.llm)
    space = WordSpace()
    named = [(name, space.place([name])[0].address) for name in ("q", "z", "K", "7")]
    embedding = torch.randn(len(tokens.names()), 32, generator=torch.Generator().manual_seed(0))
    tensors = fit_meaning(space, named, tokens, embedding, seed=1)
    places = np.stack([place for _, place in named])
    nearest = told(tensors, places, embedding, count=2)
    assert all(set(found) & set(tokens.ids(f" {name}")) for found, (name, _) in zip(nearest, named, strict=True))


def test_an_answer_is_learned_as_its_passage_writes_it(config: FitConfig, corpus: Corpus) -> None:
    """It begins with a space, so that its tokens are those of the passage; what the passage does not say is not learned."""
    asked = [("What holds it?", "the nails"), ("Why?", "out of grief"), ("Does it rust?", "")]
    passage = _asked_about("Box 7 holds it. The nails hold.", asked, corpus.tokens)
    assert [corpus.tokens.text(ask.answer) for ask in passage.asks] == [" The nails", ""]
    (answer,) = [ask.answer for ask in passage.answered]
    assert any(passage.ids[at : at + len(answer)] == answer for at in range(len(passage.ids)))
