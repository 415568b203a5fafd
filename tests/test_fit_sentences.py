"""What the adapter learns from: only sentences with the known answer are kept, passages held out stay out, writing goes on."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli import main
from assistant.fit import checks, sections, taught
from assistant.fit.forks import Asker, named_question
from assistant.fit.near import Near
from assistant.fit.packs import Step
from assistant.fit.passages import HELD, Ask, Passage, held, passages
from assistant.fit.sentences import said_of, write
from assistant.fit.steps import Course
from assistant.fit.taught import Said, Section, Taught
from assistant.fit.written import OTHER, made, worked
from assistant.model.vocabulary import Told
from ingest.base.errors import BadInput
from ingest.text.language import Language

from .tiny_gguf import write_model

PUMP = Passage(
    "plant", "en", "Pump P-101", "The pump was overhauled in May 2019 by Lindner, who replaced the seal and the impeller.",
    (Ask("1", "When was the pump overhauled?", "May 2019"), Ask("2", "Who replaced the seal?", "Lindner"),
     Ask("3", "Who painted the pump?", "")),
)  # fmt: skip
RIGHT = {
    "When was the pump overhauled?": "The pump was overhauled in May 2019.",
    "Who replaced the seal?": "Lindner replaced the seal.",
    "Who painted the pump?": "The pump was painted by Lindner.",
}
STEPS = "Taking samples\nSamples are taken at 8:00.\n1. Close valve V-12.\n2. Rinse the bottle.\n3. Fill the bottle."


@dataclass
class Scripted:
    """Says what it was told to say to what it is asked, by how that ends; nothing to anything else."""

    says: dict[str, str]
    asked: list[str] = field(default_factory=list)

    def __call__(self, told: Told, before: str, asked: Sequence[str], most: int) -> list[str]:
        self.asked += asked
        fitting = [[end for end in self.says if one.endswith(end)] for one in asked]
        return [self.says[max(ends, key=len)] if ends else "" for ends in fitting]


def kept(question: str, said: str) -> str:
    """The sentence that is kept of what was said to one question on the pump."""
    one = Passage("plant", "en", PUMP.title, PUMP.text, tuple(ask for ask in PUMP.asks if ask.question == question))
    return said_of(one, Scripted({question: said}))[0].true


def test_a_sentence_is_kept_if_it_holds_the_known_answer() -> None:
    assert [one.true for one in said_of(PUMP, Scripted(RIGHT))] == [
        "The pump was overhauled in May 2019.", "Lindner replaced the seal.", ""
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "The pump was overhauled by Lindner.",  # not what was asked
        "The pump was overhauled in May 2018.",  # wrong
        "The pump was overhauled in May 2019 by Hartmann.",  # a name from nowhere
        "The pump was overhauled in May 2019 for 300 euros.",  # a figure from nowhere
        "The pump was overhauled in May 2019 and",  # not whole
        "The pump was overhauled in May 2019.\nAnd painted.",  # more than one
        "ポンプは May 2019 に整備されました。",  # another language
        "In May 2019 in May 2019 in May 2019 in May 2019.",  # in circles
        "",
    ],
)
def test_a_sentence_without_it_or_with_something_from_nowhere_is_rejected(said: str) -> None:
    assert kept("When was the pump overhauled?", "The pump was overhauled in May 2019.")
    assert kept("When was the pump overhauled?", said) == ""


def test_what_is_said_about_what_the_passage_does_not_say_is_untrue_if_it_says_something_exact() -> None:
    made_up = {"Who painted the pump?": "The pump was painted by Lindner."}
    evading = {"Who painted the pump?": "The text does not mention who painted it."}
    assert said_of(PUMP, Scripted(made_up))[2].untrue == "The pump was painted by Lindner."
    assert said_of(PUMP, Scripted(evading))[2].untrue == ""


def test_a_question_abroad_and_one_that_leans_are_kept_with_what_they_rest_on() -> None:
    says = RIGHT | {
        "質問：ポンプはいつ整備されましたか？": "ポンプは2019年5月に整備されました。",
        "2: Who replaced the seal?": "Who replaced its seal?",
    }
    first, second, _ = said_of(PUMP, Translating(says))
    assert first.abroad == "ポンプはいつ整備されましたか？"
    assert first.true_abroad == ""  # a month written otherwise: not sure
    assert (second.leaning, second.behind) == ("Who replaced its seal?", "1")
    sure = says | {"質問：ポンプはいつ整備されましたか？": "ポンプはMay 2019に整備されました。"}
    assert said_of(PUMP, Translating(sure))[0].true_abroad == "ポンプはMay 2019に整備されました。"


class Translating(Scripted):
    def __call__(self, told: Told, before: str, asked: Sequence[str], most: int) -> list[str]:
        if told == worked("translate", "ja"):
            return ["ポンプはいつ整備されましたか？"]
        return super().__call__(told, before, asked, most)


def test_a_section_is_kept_with_all_its_items_and_a_question_for_them() -> None:
    plan = sections.planned("en", 0, seed=1)
    says = {"items.": STEPS, "steps.": STEPS, STEPS: "How do I take a sample?"}
    section = sections.written(plan, Scripted(says))
    assert section.items == ("1. Close valve V-12.", "2. Rinse the bottle.", "3. Fill the bottle.")
    assert section.question == "How do I take a sample?"
    assert sections.written(plan, Scripted(says | {STEPS: "Take a sample."})) == plan
    two = STEPS.rsplit("\n", 1)[0]
    assert sections.written(plan, Scripted({"items.": two, "steps.": two})) == plan


@given(st.text("ab 東京12.,", max_size=40), st.text("ab東京12", min_size=1, max_size=8))
def test_what_has_the_answer_in_it_holds_it(said: str, answer: str) -> None:
    assert checks.holds(f"{said}{answer}{said}", answer)
    assert not checks.holds("zzz", answer)


def test_japanese_with_characters_that_japanese_does_not_write_is_not_japanese() -> None:
    assert checks.speaks("職員は資料を購入します。", "ja")
    assert not checks.speaks("职员は资料を购买します。", "ja")


# -- the file ----------------------------------------------------------------------------------------


def test_writing_goes_on_where_it_was_killed_and_tries_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "sentences.jsonl"
    others = [
        Passage("plant", "en", "", f"{PUMP.text} It is number {n}.", (Ask(f"a{n}", "Which?", str(n)),)) for n in (4, 5)
    ]
    write([PUMP, *others], Scripted(RIGHT | {"Which?": "It is number 4."}), file)
    whole = taught.read(file)
    assert (whole.said["a4"].true, whole.said["a5"].true) == ("It is number 4.", "")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    again = Scripted(RIGHT | {"Which?": "It is number 4."})
    write([PUMP, *others], again, file)
    assert taught.read(file) == whole
    assert len(again.asked) > 0
    nothing = Scripted({})
    write([PUMP, *others], nothing, file)
    assert nothing.asked == []


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"said": 1}\n', "utf-8")
    with pytest.raises(BadInput, match=r"a\.jsonl"):
        taught.read(tmp_path / "a.jsonl")


# -- the split and the steps -------------------------------------------------------------------------


def data(folder: Path, count: int = 120) -> tuple[Path, Taught]:
    """A set of passages in both languages, with sentences for all of them."""
    folder.mkdir()
    rows = []
    for n in range(count):
        english = (
            f"Machine M-{n} stands in hall {n % 7}. It was built by Lindner in {1900 + n}. "
            + "It runs day and night. " * 5
        )
        japanese = (
            f"機械M-{n}は第{n % 7}工場にあります。{1900 + n}年に山田製作所が作りました。" + "昼も夜も動いています。" * 5
        )
        for text, question in ((english, f"When was M-{n} built?"), (japanese, f"M-{n}はいつ作られましたか？")):
            rows.append({"title": f"M-{n}", "context": text, "question": question, "answer": str(1900 + n)})
            rows.append({"title": f"M-{n}", "context": text, "question": f"{question[:-1]} by Hartmann?", "answer": ""})
    (folder / "machines.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    said = {}
    for passage in passages(folder):
        first, second = passage.asks
        true = f"It was built in {first.answer}." if passage.language == "en" else f"{first.answer}年に作られました。"
        said[first.id] = Said(first.id, true, "It was never built.", "いつ？", "", "", "")
        said[second.id] = Said(second.id, leaning="And by Hartmann?", behind=first.id)
    some = {
        str(n): Section(str(n), "en", f"Firm {n}", "samples", STEPS, ("1. a", "2. b", "3. c"), "How?") for n in range(4)
    }
    return folder, Taught(said, some)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Passage], Course]:
    folder, known = data(tmp_path_factory.mktemp("data") / "qa")
    read = passages(folder)
    return read, Course(read, known)


def words(step: Step) -> str:
    return "\n".join([*(one.text for one in step.sources), *(f"{one.asked}\n{one.answer}" for one in step.forks)])


def test_nothing_of_a_passage_held_out_is_ever_trained_on(course: tuple[list[Passage], Course]) -> None:
    """Neither as a source nor in a question: every machine has a number of its own."""
    read, made_of = course
    out = {one.text for one in read if one.held}
    questions = {ask.question for one in read if one.held for ask in one.asks}
    assert 5 < len(out) < len(read) / HELD * 3
    for number in range(300):
        step = made_of.step(number)
        assert not out & {source.text for source in step.sources}
        assert not [one for one in questions if one in words(step)]
    for number in range(40):
        assert {source.text for source in made_of.held_out(number).sources} <= out


def test_what_is_held_out_depends_on_the_passage_alone(course: tuple[list[Passage], Course]) -> None:
    read, _ = course
    assert all(one.held == held(one.text) for one in read)


def test_a_step_is_the_same_every_time_and_every_kind_comes(course: tuple[list[Passage], Course]) -> None:
    _, made_of = course
    steps = [made_of.step(number) for number in range(200)]
    assert steps == [made_of.step(number) for number in range(200)]
    kinds = {fork.kind for step in steps for fork in step.forks}
    assert kinds == {"read", "named", "none", "yes", "no", "list", "two", "alone"}
    ways = {tuple(sorted({source.kept for source in step.sources})) for step in steps if step.sources}
    assert ways == {(False,), (True,), (False, True)}


def test_the_right_answer_names_the_source_that_says_it(course: tuple[list[Passage], Course]) -> None:
    _, made_of = course
    answered = 0
    for number in range(100):
        step = made_of.step(number)
        for fork in step.forks:
            if fork.kind == "read":
                sentence, mark = fork.answer.rsplit(" ", 1)
                year = "".join(filter(str.isdigit, sentence))
                assert year in step.sources[int(mark.strip("[]")) - 1].text
                answered += 1
    assert answered > 100


def test_a_question_on_somebody_else_is_refused() -> None:
    asks = tuple(Ask(str(n), "How long is leave?", "20 days") for n in range(20))
    passage = Passage("rules", "en", "Hartmann", "Leave is 20 days.", asks)
    said = {ask.id: Said(ask.id, true="Leave is 20 days.") for ask in asks}
    forks = Asker(said, random.Random(0)).of_named([passage])
    assert {fork.answer for fork in forks if "Hartmann" in fork.asked} == {"Leave is 20 days. [1]"}
    assert {fork.answer for fork in forks if "Hartmann" not in fork.asked} == {"none"}


def test_near_are_the_passages_that_share_its_telling_words_and_not_its_own(
    course: tuple[list[Passage], Course],
) -> None:
    read, _ = course
    english = [one for one in read if one.language == "en"]
    (first, *_) = english
    found = Near(english).like(f"Who built {english[8].title}?", first, 3)
    assert found[0] is english[8]
    assert first not in Near(english).like("Where does the machine of Lindner stand?", first, 12)


def test_without_sentences_for_the_passages_the_command_to_write_them_is_named(tmp_path: Path) -> None:
    folder, _ = data(tmp_path / "qa", 20)
    with pytest.raises(BadInput, match="fit sentences"):
        Course(passages(folder), Taught({}, {}))


@pytest.mark.parametrize("language", OTHER)
def test_made_texts_have_all_their_places(language: Language) -> None:
    words_of = made(language)
    section = Section("1", language, words_of.names[0], words_of.topics[0], STEPS, ("1. a",), "?")
    assert words_of.names[0] in named_question(section)
    for task in ("answer", "abroad", "untrue", "whole", "translate", "leaning", "section"):
        assert len(worked(task, language)) >= 5


# -- the commands ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_commands_write_sentences_train_an_adapter_and_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a model of random weights, of whose sentences none is kept."""
    model = write_model(tmp_path / "tiny.gguf", "qwen2", context=8192)
    folder, known = data(tmp_path / "qa", 20)
    common = ["--llm", str(model), "--data", str(folder)]
    written = tmp_path / "written.jsonl"
    home = ["--home", str(tmp_path / "home")]
    assert main([*home, "fit", "sentences", *common, "--out", str(written), "--minutes", "0.001"]) == 0
    assert "0 sentences" in capsys.readouterr().out
    assert not any(one.true for one in taught.read(written).said.values())

    sentences, out = tmp_path / "sentences.jsonl", tmp_path / "trained"
    taught.append(sentences, [*known.said.values(), *known.sections.values()])
    train = [
        "fit",
        "adapter",
        *common,
        "--sentences",
        str(sentences),
        "--out",
        str(out),
        "--minutes",
        "0",
        "--held",
        "1",
    ]
    assert main([*home, *train, "--steps", "1"]) == 0
    assert "after 1 steps" in capsys.readouterr().out
    first = (out / "adapter.gguf").read_bytes()
    assert main([*home, *train, "--steps", "2"]) == 0
    assert "after 2 steps" in capsys.readouterr().out
    assert (out / "adapter.gguf").read_bytes() != first
    other = ["--out", str(tmp_path / "other"), "--adapter-from", str(out / "state.safetensors")]
    assert main([*home, *train, *other]) == 0
    assert "after 2 steps" in capsys.readouterr().out
    scenes = ["--llm", str(model), "--adapter-from", str(out / "adapter.gguf"), "--out", str(tmp_path / "scenes")]
    assert main([*home, "fit", "adapter", *scenes, "--minutes", "0", "--held", "1"]) == 0
    assert "after 0 steps" in capsys.readouterr().out
    assert main([*home, "fit", "adapter", *scenes, *common, "--minutes", "0"]) == 2
    assert "go together" in capsys.readouterr().err
