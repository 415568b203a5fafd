"""Many people at once, with a reader of fixed speed: errors, mix-ups, whose turn it is, and how quick pages stay.

    python -m tests.load --people 30 --minutes 5

Everybody asks for a word that stands in a file of their own, again and again, and looks at a page every two seconds
meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import httpx
import numpy as np

from ingest import jobs, pipeline
from tests.actor import Actor
from tests.office import Office, running

PAGES = ("/files", "/chat/en/", "/api/talks", "/map")
LOOK = 2.0
"""Seconds between two looks of a person at a page, and at the answer on its way."""


@dataclass
class Seen:
    """What one person saw: seconds until each answer, seconds of each page, what was wrong."""

    answers: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixed: int = 0


def policy(people: int) -> str:
    lines = ["scopes:", "  public: {}", *(f"  own-{n}: {{}}" for n in range(people)), "roles:"]
    lines += [f"  role-{n}: {{reads: [public, own-{n}]}}" for n in range(people)]
    return "\n".join([*lines, "people:", *(f"  person-{n}: {{roles: [role-{n}]}}" for n in range(people)), ""])


def word(person: int) -> str:
    return f"zeppelin-{person * person + 1000}"


def settle(office: Office, people: int, folder: Path) -> list[str]:
    """A file for each person that nobody else reads; gives everybody's token."""
    scopes = {}
    for number in range(people):
        path = folder / f"note-{number}.txt"
        path.write_text(f"The code word of the day is {word(number)}.", "utf-8")
        scopes[str(path)] = f"own-{number}"
    office.policies.put(policy(people), "test", "load")
    pipeline.ask(office.memory.catalog, [Path(path) for path in scopes], lambda path: scopes[str(path)])
    while jobs.count_waiting(office.memory.catalog):
        time.sleep(0.1)
    accounts = office.parts.people
    for number in range(people):
        accounts.add(f"person-{number}")
    return [accounts.issue_token(f"person-{number}", "load") for number in range(people)]


def person(url: str, token: str, number: int, until: float) -> Seen:
    """One person's afternoon."""
    seen = Seen()
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=120) as client:
        while time.time() < until:
            try:
                _ask(client, number, seen)
            except httpx.HTTPError as error:
                seen.errors.append(f"{type(error).__name__}: {error}")
    return seen


def _ask(client: httpx.Client, number: int, seen: Seen) -> None:
    began = time.perf_counter()
    asked = client.post("/api/talks/ask", data={"question": "What is the code word of the day?"})
    if asked.status_code != 200:
        seen.errors.append(f"{asked.status_code} {asked.text[:80]}")
        time.sleep(LOOK)
        return
    while True:
        _look(client, PAGES[len(seen.pages) % len(PAGES)], seen)
        turn = client.get(f"/api/talks/{asked.json()['talk']}").json()[0]
        if turn["state"] != "waiting":
            break
        time.sleep(LOOK)
    seen.answers.append(time.perf_counter() - began)
    said = str(turn["answer"])
    seen.mixed += word(number) not in said or said.count("zeppelin-") != said.count(word(number))


def _look(client: httpx.Client, page: str, seen: Seen) -> None:
    began = time.perf_counter()
    reply = client.get(page)
    seen.pages.append(time.perf_counter() - began)
    if reply.status_code != 200:
        seen.errors.append(f"{reply.status_code} {page}")


def crowd(url: str, tokens: list[str], until: float) -> list[Seen]:
    """Everybody at once; in a process of its own, as the people's machines are not the server."""
    with ThreadPoolExecutor(len(tokens)) as threads:
        each = [threads.submit(person, url, token, number, until) for number, token in enumerate(tokens)]
        return [one.result() for one in each]


def measure(people: int, minutes: float, words_a_second: float) -> list[Seen]:
    with tempfile.TemporaryDirectory() as home, ProcessPoolExecutor(1, get_context("spawn")) as beside:
        serving = running(Path(home), Actor(pause=1 / words_a_second))
        office = next(serving)
        folder = Path(home) / "own"
        folder.mkdir()
        tokens = settle(office, people, folder)
        seen = beside.submit(crowd, office.url, tokens, time.time() + 60 * minutes).result()
        next(serving, None)
    return seen


def table(seen: list[Seen]) -> str:
    waits = np.array([wait for one in seen for wait in one.answers])
    pages = 1000 * np.array([seconds for one in seen for seconds in one.pages])
    each = sorted(len(one.answers) for one in seen)
    errors = [error for one in seen for error in one.errors]
    rows = {
        "people": len(seen), "answers": len(waits), "errors": len(errors), "mix-ups": sum(one.mixed for one in seen),
        "answers of a person, fewest and most": f"{each[0]} {each[-1]}",
        "seconds to an answer, half and 95 %": f"{np.percentile(waits, 50):.1f} {np.percentile(waits, 95):.1f}",
        "pages": len(pages), "ms to a page, half and 95 %": f"{np.percentile(pages, 50):.0f} {np.percentile(pages, 95):.0f}",
    }  # fmt: skip
    return "\n".join([*(f"{name:<40} {value}" for name, value in rows.items()), *dict.fromkeys(errors[:5])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--words", type=float, default=20.0, help="words a second that the reader writes")
    args = parser.parse_args()
    print(table(measure(args.people, args.minutes, args.words)))


if __name__ == "__main__":
    main()
