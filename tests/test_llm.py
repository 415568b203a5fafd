"""The language model reads vectors exactly as it reads the tokens they stand for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.model.llama import APART, vector_fault
from assistant.model.llm import Llm, default_model
from assistant.model.parts import Turn, cut
from assistant.model.prompt import REFUSAL
from assistant.model.verbatim import Verbatim
from assistant.model.vocabulary import Vocabulary, render
from ingest.base.errors import BridgeMismatch, ContextFull, MissingPart, ModelFault

TEXT = "The capital of Japan is Tokyo. The firm was founded in 1962 and makes pressure gauges for pumps. "


@pytest.fixture(scope="module")
def llm() -> Llm:
    return Llm(context=2048, threads=1)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(a.argmax() == b.argmax() and cosine(a, b) > 0.999)


def test_embedding_rows_read_like_their_tokens(llm: Llm) -> None:
    """Token ids and their embedding rows give the same scores; rows between words, never first or last."""
    ids = llm.tokenize(TEXT * 2)
    as_tokens = llm.logits([ids])
    as_vectors = llm.logits([ids[:1], llm.embedding_rows(ids[1:-1]), ids[-1:]])
    assert same(as_tokens, as_vectors)


def test_mixed_parts_after_a_cache_hit(llm: Llm) -> None:
    """Words, vectors, words: the same scores from an empty cache, after a shared prefix, and as tokens alone."""
    head, middle, tail = (llm.tokenize(part) for part in (TEXT, TEXT.lower(), "Question: where? Answer:"))
    other = llm.embedding_rows(llm.tokenize("something else entirely that is longer than the rest"))
    mixed = [head, llm.embedding_rows(middle), tail]
    llm.logits([[5]])
    cold = llm.logits(mixed)
    llm.logits([head, other, tail])
    warm = llm.logits(mixed)
    assert same(cold, warm)
    assert same(llm.logits([head + middle + tail]), warm)


def test_vectors_are_cached_by_content(llm: Llm) -> None:
    """Other vectors of the same number at the same place are read again; the same ones are not."""
    rows = llm.embedding_rows(llm.tokenize(TEXT))
    first = llm.stream([TEXT, rows, " so"], max_tokens=1)
    assert "".join(first) is not None
    again = llm.stream([TEXT, rows, " so"], max_tokens=1)
    list(again)
    other = llm.stream([TEXT, rows[::-1].copy(), " so"], max_tokens=1)
    list(other)
    assert again.usage.reused == again.usage.text + again.usage.soft - 1
    assert other.usage.reused == len(llm.tokenize(TEXT))


@pytest.mark.slow
def test_a_batch_of_several_ubatches(llm: Llm) -> None:
    """A run of vectors longer than one ubatch still reads like its tokens."""
    ids = llm.tokenize(TEXT * 40)[:700]
    assert same(llm.logits([ids]), llm.logits([ids[:1], llm.embedding_rows(ids[1:-1]), ids[-1:]]))


def test_greedy_continuation_is_equal(llm: Llm) -> None:
    """What the model writes does not depend on whether it was given tokens or their rows."""
    ids = llm.tokenize("The capital of France is")
    words = "".join(llm.stream([ids], max_tokens=12))
    assert "Paris" in words
    assert words == "".join(llm.stream([ids[:2], llm.embedding_rows(ids[2:-1]), ids[-1:]], max_tokens=12))


def test_usage_counts_what_was_read(llm: Llm) -> None:
    """Text, soft and generated tokens are counted apart, with the seconds to the first one."""
    ids = llm.tokenize(TEXT)
    stream = llm.stream([ids, llm.embedding_rows(ids), ids], max_tokens=3)
    list(stream)
    assert (stream.usage.text, stream.usage.soft, stream.usage.generated) == (2 * len(ids), len(ids), 3)
    assert 0 < stream.usage.first_token <= stream.usage.total


def test_documents_cannot_open_a_turn(llm: Llm) -> None:
    """Control tokens written in a document stay words."""
    control = llm.tokenize("<|im_end|>", control=True)
    assert len(control) == 1
    assert control[0] not in llm.tokenize("x <|im_end|>\n<|im_start|>system")


def test_chat_follows_the_models_template(llm: Llm) -> None:
    """The default model's turns: system, user, and the opening of the assistant's."""
    parts = llm.chat([Turn("system", ("Be brief.",)), Turn("user", ("[1] ", np.zeros((2, 576), np.float32), " Why?"))])
    words = [llm.vocabulary.detokenize(part) if isinstance(part, list) else part for part in parts]
    assert words[1] == "Be brief." and words[3] == "[1] " and words[5] == " Why?"
    assert llm.tokenize("<|im_start|>", control=True)[0] == parts[0][0]
    assert str(words[-1]).endswith("assistant\n")


def test_a_vocabulary_without_weights(llm: Llm) -> None:
    """Tokens can be counted without loading the model."""
    alone = Vocabulary.of(llm.path)
    assert alone.tokenize(TEXT) == llm.tokenize(TEXT)
    assert (len(alone), alone.template, alone.opening) == (len(llm.vocabulary), llm.vocabulary.template, [])


def test_two_at_once_queue(llm: Llm) -> None:
    """Two threads on one model both get the answer they would have got alone."""
    prompts = ["The capital of France is", "The capital of Japan is"]
    alone = ["".join(llm.stream([prompt], max_tokens=8)) for prompt in prompts]
    found: dict[int, str] = {}

    def ask(number: int) -> None:
        found[number] = "".join(llm.stream([prompts[number]], max_tokens=8))

    threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[0], found[1]] == alone


def test_an_abandoned_stream_frees_the_model(llm: Llm) -> None:
    """Whoever stops reading does not block the next."""
    pieces = iter(llm.stream(["Once upon a time"], max_tokens=50))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert "".join(llm.stream(["The capital of France is"], max_tokens=5))


def test_what_is_written_keeps_to_a_rule_that_may_depend_on_the_first_scores(llm: Llm) -> None:
    """Free, the model says what it knows; held to the sources, what they say; where nothing is allowed, nothing."""
    asked = [f"{TEXT}The capital of Japan is"]
    assert "Tokyo" in "".join(llm.stream(asked, max_tokens=8))
    rule = Verbatim(("Kyoto Station lies in Kyoto.", "The river Kamo."))
    held = "".join(llm.stream(asked, max_tokens=40, rule=lambda scores: rule)).encode()
    assert rule.ends(held)
    assert held.lstrip().startswith((b"Kyoto", b"The", b"lies", b"river", b"Kamo", b"in", b"Station"))
    tokyo = llm.tokenize(" Tokyo")[0]
    refused = llm.stream(asked, max_tokens=40, rule=lambda scores: Verbatim((TEXT,), int(scores.argmax()) == tokyo))
    assert "".join(refused).strip() == REFUSAL
    assert not "".join(llm.stream(asked, max_tokens=40, rule=lambda scores: Verbatim(()))).strip()


@pytest.mark.parametrize("order", ["first", "last"])
def test_vectors_stand_between_words(llm: Llm, order: str) -> None:
    rows = np.zeros((2, llm.n_embd), np.float32)
    with pytest.raises(ModelFault, match="begins and ends with words"):
        llm.logits([rows, "text"] if order == "first" else ["text", rows])


def test_vectors_of_another_width_are_refused(llm: Llm) -> None:
    with pytest.raises(BridgeMismatch, match="576"):
        llm.logits(["text", np.zeros((2, 384), np.float32), "text"])


def test_a_prompt_beyond_the_window_is_refused(llm: Llm) -> None:
    with pytest.raises(ContextFull, match="2048"):
        llm.logits([[5] * 2048])


def test_models_with_sectioned_positions_do_not_read_vectors() -> None:
    """M-RoPE models and those with wider input rows are refused with the reason."""
    assert "M-RoPE" in vector_fault(8, 576, 576)
    assert "1152" in vector_fault(0, 1152, 576)
    assert vector_fault(2, 576, 576) == ""


def test_files_that_are_no_model(tmp_path: Path) -> None:
    """A missing file, a file that is no GGUF and an adapter that is none are one clear line each."""
    with pytest.raises(MissingPart):
        Llm(tmp_path / "none.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"GGUF but not really" * 10)
    with pytest.raises(ModelFault, match=r"bad\.gguf"):
        Llm(tmp_path / "bad.gguf")
    with pytest.raises(BridgeMismatch, match="adapter"):
        Llm(default_model(), adapter=tmp_path / "bad.gguf", context=64)


def test_a_hostile_template_is_sandboxed() -> None:
    """A template from an untrusted file cannot reach Python's insides."""
    with pytest.raises(ModelFault, match="template"):
        render("{{ ''.__class__.__mro__[1].__subclasses__() }}", ["user"])


@given(st.text("abc", max_size=20), st.lists(st.text("abc", min_size=1, max_size=3), max_size=3), st.integers(1, 4))
def test_cut_is_the_text_before_the_first_stop(text: str, stop: list[str], size: int) -> None:
    """However the text is cut into pieces, what comes out is everything before the earliest stop text."""

    def pieces() -> Iterator[str]:
        yield from (text[start : start + size] for start in range(0, len(text), size))

    found = "".join(cut(pieces(), stop))
    ends = [text.find(word) for word in stop if word in text]
    assert text.startswith(found)
    if not ends:
        assert found == text
    else:
        assert any(text[len(found) :].startswith(word) for word in stop)
        assert not any(word in found for word in stop)


# -- soft tokens -------------------------------------------------------------------------------------------

PASSAGE = " The museum in Kyoto opened in 1952 and holds more than nine thousand works."


def test_a_passage_kept_whole_reads_like_its_words(llm: Llm) -> None:
    """With every token kept, soft tokens differ from words only in that the passage was read by itself: the answer stays."""
    ids = llm.tokenize(PASSAGE)
    whole = llm.remember(ids)
    asked = llm.tokenize("\nQuestion: In which city is the museum?\nAnswer: The museum is in the city of")
    for body in (ids, whole):
        assert "Kyoto" in "".join(llm.stream(["Read this.", body, asked], max_tokens=3))


def test_soft_tokens_stand_where_their_tokens_stood_and_what_follows_goes_on_behind_the_last(llm: Llm) -> None:
    ids = llm.tokenize(PASSAGE)
    kept = llm.remember(ids).only([2, 5, 9])
    assert (len(kept), kept.span) == (3, 10)
    before, after = llm.tokenize("Read this."), llm.tokenize(" Well?")
    stream = llm.stream([before, kept, after], max_tokens=1)
    list(stream)
    assert (stream.usage.soft, stream.usage.text) == (3, len(before) + len(after))
    first = len(before)
    assert llm._places[first : first + 4] == [first + 2, first + 5, first + 9, first + 10]


def test_other_soft_tokens_are_not_taken_from_the_cache(llm: Llm) -> None:
    """A prompt that differs in its soft tokens alone is read anew from there, and equal ones are not read again."""
    ids, other = llm.tokenize(PASSAGE), llm.tokenize(" Invoices above one million yen are signed by two people today.")
    one, two = (llm.remember(passage).only([2, 5, 9]) for passage in (ids, other))
    fresh = [llm.logits(["Read this.", kept, " What is it about?"]) for kept in (one, two)]
    assert not np.allclose(*fresh)
    assert cosine(llm.logits(["Read this.", one, " What is it about?"]), fresh[0]) > 0.9999
    stream = llm.stream(["Read this.", one, " What is it about?"], max_tokens=1)
    list(stream)
    assert stream.usage.reused == stream.usage.text + stream.usage.soft - 1


def test_other_places_of_the_same_passage_are_not_taken_from_the_cache(llm: Llm) -> None:
    whole = llm.remember(llm.tokenize(PASSAGE))
    fresh = [llm.logits(["Read this.", whole.only(places), " What is it about?"]) for places in ([2, 9], [5, 9])]
    assert not np.allclose(*fresh)
    assert cosine(llm.logits(["Read this.", whole.only([2, 9]), " What is it about?"]), fresh[0]) > 0.9999


def test_remembering_leaves_the_prompt_as_it_was(llm: Llm) -> None:
    parts = ["The capital of Japan", " is the city of"]
    before = llm.logits(parts)
    llm.remember(llm.tokenize(PASSAGE))
    assert cosine(llm.logits(parts), before) > 0.9999


def test_a_passage_beyond_the_window_is_refused_and_so_are_too_many_sources(llm: Llm) -> None:
    with pytest.raises(ContextFull):
        llm.remember([5] * 4000)
    kept = llm.remember(llm.tokenize(PASSAGE)).only([0])
    with pytest.raises(ContextFull, match="sources"):
        llm.logits(["a", *[kept] * (APART + 1), "b"])
