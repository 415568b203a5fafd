"""What was read is placed in the space and stored: file by file, each in one transaction and only then ticked off."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from .. import jobs
from ..base.errors import KotonohaError
from ..memory import amended
from ..memory.catalog import SourceRow
from ..memory.memory import Memory
from ..space.space import Packed, nowhere
from . import Report, Work, copy, failed, joined, landing, place

TABLE = 200
"""Rows of a table that are each placed in the space. Of a larger one they are found by their words and by query: what a
question means leads to the table and its columns, and among thousands of rows alike it leads nowhere."""

KEPT = "the earlier file of this name stays as it was"


def store(batch: Sequence[Work], memory: Memory) -> Iterator[Report]:
    """Places what is new in one call, then stores file by file; what one file stops is that file alone."""
    try:
        at = _placed(batch, memory)
    except KotonohaError:
        raise
    except Exception as error:  # noqa: BLE001 - found out file by file whose fault it is
        if len(batch) == 1:
            yield ended(memory, batch[0].job, _failed(batch[0], error))
        for work in batch if len(batch) > 1 else ():
            yield from store([work], memory)
        return
    for work in batch:
        yield ended(memory, work.job, _stored(work, memory, at))


def _placed(batch: Sequence[Work], memory: Memory) -> dict[str, Packed]:
    """Where every entity of these files lies, by its id; at most `TABLE` rows of a table take a place."""
    entities = [entity for work in batch for one in (work, *work.inside) for entity in one.entities]
    stored = memory.catalog.entities([entity.id for entity in entities])
    fresh = [one for one in entities if one.id not in stored or stored[one.id].text != one.text]
    rows = Counter(entity.parent for entity in entities if entity.kind == "row")
    near = [entity for entity in fresh if entity.kind != "row" or rows[entity.parent] <= TABLE]
    return {entity.id: entity.at for entity in (*stored.values(), *place(memory.space, near))}


def _stored(work: Work, memory: Memory, at: Mapping[str, Packed]) -> Report:
    """Stores one file, unless it is a copy of one that was read beside it."""
    try:
        if work.status == "added" and (row := joined(memory, work.source, work.job)):
            landing.land(work.job)
            return copy(work.job, row, time.perf_counter() - work.seconds)
        _put(memory, work, at)
    except Exception as error:  # noqa: BLE001 - rolled back: of this file nothing was stored
        return _failed(work, error)
    kinds = dict(Counter[str](entity.kind for one in (work, *work.inside) for entity in one.entities))
    notes = (*work.read.notes, *work.remarks, *amended.remarks(memory.catalog, work.id))
    return Report(work.job.source, work.status, kinds, round(work.seconds, 3), notes=notes, scope=work.job.scope)


def _failed(work: Work, error: Exception) -> Report:
    return failed(work.job, error, time.perf_counter() - work.seconds)


def _put(memory: Memory, work: Work, at: Mapping[str, Packed]) -> None:
    """A file and what is inside it, in one transaction; what was inside it and is not any more is forgotten."""
    lost = Packed.of(nowhere(memory.space.dim))
    with memory.catalog.transaction():
        for one in (work, *work.inside):
            items = [replace(entity, at=at.get(entity.id, lost)) for entity in one.entities]
            within = "" if one is work else work.id
            memory.put_source(_row(one, within), items, one.sealed, one.rows)
        for row in memory.catalog.inside(work.id):
            if row.id not in {one.id for one in work.inside}:
                memory.forget_source(row.id)
        landing.land(work.job)


def ended(memory: Memory, job: jobs.Job, report: Report) -> Report:
    """Ticks a file off with its report."""
    if job.place and report.status == "failed":
        here = memory.catalog.source_at(job.place)
        report = replace(report, notes=(KEPT,) if here is not None and here.scope == job.scope else ())
    jobs.end(memory.catalog, job, report.as_dict(), failed=report.status == "failed")
    landing.clear(memory.catalog, memory.settings, job)
    return report


def _row(work: Work, within: str) -> SourceRow:
    title = next((e.title for e in work.entities if e.title), work.source.path.stem)
    title = " > ".join(title.split(" > ")[: 2 if within else 1])
    now = time.strftime("%Y-%m-%dT%H:%M:%S")
    return SourceRow(
        work.id, str(work.source.path), work.source.sha256, work.source.size, work.source.media, title, work.job.scope,
        work.read.reader, work.read.notes, now, work.redacted, beside=work.source.beside, within=within,
    )  # fmt: skip
