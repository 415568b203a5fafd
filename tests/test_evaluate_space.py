"""Recall between modalities, the gap between them and what chance gives, on a world small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.evaluate.space import Modality, Topic, centred, chance, load, measure, neighbours, recall
from ingest.space.space import Vectors, unit


def modality(texts: str, apart: Vectors) -> Modality:
    """One entity per letter, each in a direction of its own, all shifted by `apart`."""
    places = np.stack([np.eye(5, dtype=np.float32)[ord(letter) - ord("a")] for letter in texts])
    return Modality(tuple(texts), unit(places + apart))


HERE = np.zeros(5, np.float32)
THERE = np.array([0, 0, 0, 0, 5], np.float32)
TOPICS = [Topic("first", {"text": "a", "sound": "a"}), Topic("second", {"text": "b", "sound": "b", "picture": "b"})]


def test_every_direction_in_which_a_topic_has_both_ends_is_a_row() -> None:
    world = {"picture": modality("bd", HERE), "sound": modality("ab", HERE), "text": modality("abcd", HERE)}
    rows = {row[0]: row for row in measure(world, TOPICS).rows}
    assert set(rows) == {f"{a} -> {b}" for a in world for b in world if a != b} | {"all, by what is asked"}
    assert rows["text -> sound"][1:6] == (2, 2, 2, 1.0, 1.0)
    assert rows["picture -> text"][1:5] == (1, 1, 4, 1.0)


def test_the_gap_is_the_distance_of_the_means_and_goes_with_them() -> None:
    world = {"text": modality("abcd", HERE), "sound": modality("abcd", THERE)}
    row = measure(world, TOPICS).rows[0]
    assert row[-1] == pytest.approx(np.linalg.norm(world["text"].mean - world["sound"].mean), abs=1e-3)
    assert row[-1] > 0.9
    after = centred(world)
    assert np.linalg.norm(after["text"].mean - after["sound"].mean) < 1e-5


def test_recall_counts_each_entity_that_asks() -> None:
    """Of two that ask, one finds its answer first."""
    asked, found = modality("ac", HERE), modality("ab", HERE)
    assert recall(asked, found, [([0, 1], [0])], 1) in (0.5, 1.0)
    assert recall(asked, found, [([0], [1])], 1) == 0.0
    assert recall(asked, found, [([0], [1])], 2) == 1.0


def test_chance_is_what_drawing_without_looking_gives() -> None:
    """One right of four, two draws: a half; all right: always."""
    assert chance(4, [([0], [2])], 2) == pytest.approx(0.5)
    assert chance(3, [([0], [0, 1, 2])], 1) == pytest.approx(1.0)
    assert chance(2, [([0], [1])], 5) == pytest.approx(1.0)


def test_the_topics_of_the_sample_firm_are_spoken_of_in_two_modalities_or_more() -> None:
    assert all(len(topic.members) >= 2 for topic in load(None))


def test_a_concept_has_its_nearest_of_every_modality_and_is_not_its_own() -> None:
    world = {"concept": modality("ab", HERE), "picture": modality("cb", HERE), "text": modality("a", HERE)}
    first, concept, picture, text, *second = neighbours(world)
    assert first == "nearest to the concept a"
    assert (concept.split()[-1], picture.split()[1], text.split()) == ("b", "0.00", ["text", "1.00", "a"])
    assert second[2].split() == ["picture", "1.00", "b"]
    assert list(neighbours({"text": modality("a", HERE)})) == []
