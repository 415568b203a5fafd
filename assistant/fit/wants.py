"""What a question wants (`assistant.search.wants`), learned from questions of which it is known.

    python -m assistant.fit.wants qa/

Questions on tables are those of `wikitables`, questions on passages those of the other sets; `wants.tsv` has what no set
holds: questions about the files, talk, comparisons, figures over business tables, in both languages, written for it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from assistant.search.wants import KINDS, SCALE, WEIGHTS, chance
from ingest.space.encoders.words import Words
from ingest.space.space import Vectors

WRITTEN = Path(__file__).with_name("wants.tsv")
SETS = {
    "squad_train_part": 350, "squad2_part": 250, "covidqa": 120, "policyqa": 200, "jaquad": 900, "subjqa": 80,
    "fairytaleqa": 80, "wikitables": 600,
}  # fmt: skip
"""Questions taken of each set."""
HELD = 0.1
"""Share that is not learned from."""
DECAY = 3e-3


def questions(folder: Path, seed: int = 0) -> list[tuple[str, str]]:
    """Kind and question, shuffled."""
    found = [tuple(line.split("\t", 1)) for line in WRITTEN.read_text("utf-8").splitlines()]
    chance_of = random.Random(seed)  # noqa: S311
    for name, count in SETS.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            asked = sorted({json.loads(line)["question"] for line in lines})
        kind = "rows" if name == "wikitables" else "text"
        found += [(kind, one) for one in chance_of.sample(asked, min(count, len(asked)))]
    chance_of.shuffle(found)
    return [(kind, question) for kind, question in found]


def fit(vectors: Vectors, kinds: Sequence[int]) -> Vectors:
    """float32 [dim + 1, len(KINDS)]: logistic regression, rare kinds counting more."""
    counts = Counter(kinds)
    rare = torch.tensor([counts[n] ** -0.5 for n in range(len(KINDS))])
    unit = torch.nn.functional.normalize(torch.from_numpy(vectors))
    given = torch.cat([SCALE * unit, torch.ones(len(unit), 1)], dim=1)
    weights = torch.zeros(given.shape[1], len(KINDS), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=300)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        wrong = torch.nn.functional.cross_entropy(given @ weights, torch.tensor(kinds), weight=rare / rare.mean())
        total = wrong + DECAY * (weights[:-1] ** 2).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[arg-type, no-untyped-call]
    return np.asarray(weights.detach().numpy(), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.fit.wants", description="Learns what a question wants; prints what is held out."
    )
    parser.add_argument("folder", type=Path, help="the sets, gzipped JSON lines with `question`")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    asked = questions(args.folder)
    vectors = Words().middles([question for _, question in asked], question=True)
    kinds = [KINDS.index(kind) for kind, _ in asked]  # type: ignore[arg-type]
    held = int(HELD * len(asked))
    judged = chance(vectors[:held], fit(vectors[held:], kinds[held:])).argmax(axis=1)
    for number, kind in enumerate(KINDS):
        these = [one for one in range(held) if kinds[one] == number]
        sys.stdout.write(f"{kind}: {sum(judged[one] == number for one in these)} of {len(these)} held out right\n")
    np.save(args.out, fit(vectors, kinds), allow_pickle=False)


if __name__ == "__main__":
    main()
