"""Scenes and talks as they were written: whole, true to their texts, kept apart; a fork that sees only a share of a source."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.fit.alone import written_talks
from assistant.fit.forks import Asker
from assistant.fit.packs import NOTHING, Fork, Source, Step, packed
from assistant.fit.scenes import Question, Scene, scenes
from assistant.fit.sections import ITEM
from assistant.fit.steps import MOST_OF_ONE, Course
from assistant.fit.taught import Taught
from assistant.model import prompt
from assistant.model.vocabulary import Vocabulary
from ingest.text.codes import figures
from ingest.text.language import language_of

from .tiny_gguf import write_model


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary.of(write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", "qwen2", context=2048))


def bare(item: str) -> str:
    """Without its number or bullet."""
    mark = ITEM.match(item)
    return item[mark.end() :] if mark else item


def test_every_figure_of_an_answer_stands_in_its_text() -> None:
    for scene in scenes():
        for ask in scene.asks:
            known = figures(f"{scene.text}\n{ask.question}\n{scene.title}")
            assert all(figures(bare(one)) <= known for one in ask.answer), (scene.id, ask)


def test_an_answer_is_in_the_language_of_its_question_and_has_no_marks_of_its_own() -> None:
    for scene in scenes():
        for ask in scene.asks:
            assert ask.answer and all("[" not in one and "\n" not in one for one in ask.answer), scene.id
            long = [one for one in ask.answer if len(one) > 25]
            assert all(language_of(one) == language_of(ask.question) for one in long), (scene.id, ask)


def test_scenes_differ_and_ask_in_both_languages() -> None:
    assert len({scene.id for scene in scenes()}) == len({scene.text for scene in scenes()}) == len(scenes())
    asked = Counter((scene.language, language_of(ask.question)) for scene in scenes() for ask in scene.asks)
    assert all(asked[one, other] > 100 for one in ("en", "ja") for other in ("en", "ja"))


def scene(name: str, topic: str, text: str, none: str) -> Scene:
    return Scene(text, "en", name, topic, f"{topic}.md", text, (), (none,), ("It is so.",), ("It is not so.",))


def refused(*shown: Scene) -> list[str]:
    forks = Asker({}, random.Random(1)).of_scenes(shown, (), ())
    return [fork.asked.removeprefix(prompt.ask("")) for fork in forks if fork.kind == "none"]


def test_what_one_scene_does_not_say_is_no_refusal_where_its_twin_may_say_it() -> None:
    acme = scene("Acme", "leave", "Acme gives 20 days.", "What does Birch give?")
    birch = scene("Birch", "leave", "Birch gives 25 days.", "How long is parental leave?")
    pump = scene("", "pump", "The pump has 3 kW.", "What does the pump weigh?")
    assert refused(acme, pump) == ["What does Birch give?", "What does the pump weigh?"]
    assert refused(acme, birch) == []


def test_talks_written_talks_lean_or_stand_alone_already_in_both_languages() -> None:
    told = [(fork.asked.rsplit("Q: ", 1)[-1], fork.answer) for fork in written_talks()]
    for language in ("en", "ja"):
        alike = [asked == alone for asked, alone in told if language_of(alone) == language]
        assert 0.15 < sum(alike) / len(alike) < 0.6


def test_a_fork_sees_a_share_of_a_source_and_what_is_asked_for_is_in_it(tokens: Vocabulary) -> None:
    text = "The pump has three kilowatts, and Lindner looks after it. " * 3 + "Ask 1962 for the key."
    source, fork = Source("", text, kept=True), Fork("read", prompt.ask("1962?"), "1962")
    whole, thin = (packed(Step("Read.", (source,), (fork,), share), tokens) for share in (1.0, 0.25))
    block, row = tokens.tokenize(prompt.block("", text)), int((whole.labels != NOTHING).nonzero()[0, 0])
    hidden = (whole.sees[row] & ~thin.sees[row]).nonzero()[:, 0]
    assert len(hidden) == len(block) - int(0.25 * len(block))
    assert not {int(id) for id in thin.ids[hidden]} & set(tokens.tokenize("1962"))  # no other figure stands in it
    assert (whole.sees[: len(block)] == thin.sees[: len(block)]).all()


def test_questions_for_one_figure_are_answered_about_as_often_as_not() -> None:
    """Else the form of a question alone would tell, as it did once (docs/training.md, "A shortcut")."""
    figure = re.compile("^how (many|much)|何個|何人|何件|いくつ|いくら", re.IGNORECASE)
    answered = sum(bool(figure.search(ask.question)) for scene in scenes() for ask in scene.asks)
    unanswered = sum(bool(figure.search(one)) for scene in scenes() for one in scene.none)
    assert 0.45 < answered / (answered + unanswered) < 0.55


def test_the_file_of_scenes_is_small() -> None:
    import assistant.fit as room

    assert sum(one.stat().st_size for one in Path(room.__path__[0]).glob("*.jsonl")) < 9 << 20


# -- steps on scenes ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course() -> Course:
    """Scenes and talks alone."""
    return Course((), Taught({}, {}), scenes())


def test_most_steps_on_scenes_read_one_by_itself_and_ask_also_what_is_for_others(course: Course) -> None:
    steps = [step for step in map(course.step, range(300)) if step.sources]
    single = [step for step in steps if len(step.sources) == 1]
    assert 0.6 < len(single) / len(steps) < 0.9
    assert all(len(step.forks) <= MOST_OF_ONE for step in single)
    told = {scene.text: scene for scene in scenes()}
    foreign = [
        fork
        for step in single
        for fork in step.forks
        if fork.kind == "none" and fork.asked.removeprefix(prompt.ask("")) not in told[step.sources[0].text].none
    ]
    assert len(foreign) > len(single) / 4


def test_scenes_held_out_are_never_trained_on(course: Course) -> None:
    out = {scene.text for scene in scenes() if scene.held}
    asked = {prompt.ask(ask.question) for scene in scenes() if scene.held for ask in scene.asks}
    for step in map(course.step, range(400)):
        assert not out & {source.text for source in step.sources}
        assert not asked & {fork.asked for fork in step.forks}
    assert {source.text for step in map(course.held_out, range(50)) for source in step.sources} <= out


def test_what_is_asked_of_a_twin_by_its_name_has_no_answer_here() -> None:
    leave = Question("How much leave does Birch give?", ("Birch gives 25 days.",))
    acme, birch = scene("Acme", "leave", "Acme gives 20 days.", ""), scene("Birch", "leave", "Birch gives 25.", "")
    asked = Question("And how much here?", ("It is 25 days.",))
    forks = Asker({}, random.Random(1)).of_twins(acme, [replace(birch, asks=(leave, asked))])
    assert [(fork.asked, fork.answer) for fork in forks] == [(prompt.ask(leave.question), prompt.NONE)]
