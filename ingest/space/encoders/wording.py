"""What a signal's events and statistics say in words: quantity, unit, time and size.

Several words for the same thing stand in one sentence on purpose ("collapsed", "dropped sharply", "fell"): a person
will ask with one of them. The Japanese name of the kind of event stands beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .signal import Event, Signal, Window

DIRECTION = {"up": ("high", "highest", "rose"), "down": ("low", "lowest", "fell")}
SHARP = {"up": "rose sharply (急上昇): it jumped", "down": "dropped sharply (急低下): it fell"}
EXTREME = {
    "up": "surged (急上昇): it jumped, rising sharply",
    "down": "collapsed (急低下): it dropped sharply and fell",
}
COLLAPSE = 2.0
"""From this score on a quick change is told in the strongest words: who asks for "the collapse" shall find that one."""
BRIEF = {"up": "peaked in a brief spike (スパイク)", "down": "dipped in a brief drop (瞬間的な低下)"}
LONG = {"up": "was unusually high (異常に高い)", "down": "was unusually low (異常に低い)"}
FINE = 10
"""Below so many seconds parts of one are told."""


def stamp(seconds: float) -> str:
    """ISO 8601 without an offset: the clock on the wall, with thousandths of a second only when there are any."""
    whole, parts = divmod(round(seconds * 1_000), 1_000)
    return str(np.datetime64(whole, "s")) + (f".{parts:03}" if parts else "")


def clock(seconds: float) -> str:
    """'2014-02-08 12:00', with seconds only when there are any."""
    return stamp(seconds).replace("T", " ").removesuffix(":00")


def lasting(seconds: float) -> str:
    """'35 min', '3 h 20 min', '2 days 4 h', '2.5 s', '20 ms'."""
    if 0 < seconds < FINE and abs(seconds - round(seconds)) > 0.001 * seconds:
        return f"{seconds:.3g} s" if seconds > 1 else f"{1_000 * seconds:.3g} ms"
    parts = []
    for size, name in ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s")):
        number, seconds = divmod(round(seconds), size)
        if number:
            parts.append(f"{number} {name}{'s' if name == 'day' and number > 1 else ''}")
    return " ".join(parts[:2]) or "0 s"


def figure(value: float) -> str:
    """Four digits at least, never an exponent for ordinary sizes."""
    return f"{value:.0f}" if 1_000 <= abs(value) < 1e9 else f"{value:.4g}"


def measured(value: float, unit: str) -> str:
    return f"{figure(value)} {unit}".rstrip()


def tell(signal: Signal, event: Event) -> str:
    """One event in a sentence or two."""
    return f"{signal.quantity} " + _TELLERS[event.kind](signal, event)


def _excursion(signal: Signal, event: Event) -> str:
    facts, unit = event.facts, signal.unit
    way, style = facts["direction"], facts["style"]
    value = measured(facts["value"], unit)
    if style == "brief":
        said = f"{BRIEF[way]}: from {measured(facts['before'], unit)} to {value}, {clock(facts['at'])}"
    elif style == "sharp":
        fast = f"from {figure(facts['from'])} to {measured(facts['to'], unit)}"
        quick = lasting(facts["reached"] - facts["onset"])
        words = EXTREME if facts["score"] >= COLLAPSE else SHARP
        said = f"{words[way]} {fast} in {quick}, {clock(facts['onset'])}; "
        said += f"{DIRECTION[way][1]} {value} at {clock(facts['at'])}; it was {DIRECTION[way][0]} for {_stretch(event)}"
    else:
        said = f"{LONG[way]} for {_stretch(event)}: {DIRECTION[way][1]} {value} at {clock(facts['at'])}"
    usual = f"Usual: about {measured(facts['usual'], unit)}."
    if "period" in facts:
        usual = f"At {clock(facts['far_at'])} it was {measured(facts['far'], unit)}, where about "
        usual += f"{measured(facts['usual'], unit)} is usual for that time of the {facts['period']}."
    record = f" This is the {DIRECTION[way][1]} value of the whole record." if facts.get("record") == way else ""
    return f"{said}. {usual}{record}"


def _stretch(event: Event) -> str:
    return f"{lasting(event.end - event.start)}, {clock(event.start)} to {clock(event.end)}"


def _extreme(signal: Signal, event: Event) -> str:
    most, value = DIRECTION[event.facts["direction"]][1], measured(event.facts["value"], signal.unit)
    japanese = {"highest": "最高値", "lowest": "最低値"}[most]
    return f"had its {most} value ({japanese}) of the whole record, {value}, at {clock(event.start)}."


def _level(signal: Signal, event: Event) -> str:
    facts = event.facts
    change = f"{DIRECTION[facts['direction']][2]} to a new level and stayed there (水準の変化, level shift)"
    levels = f"from about {figure(facts['before'])} to {measured(facts['value'], signal.unit)}"
    return f"{change}: {levels}, {clock(event.start)}."


def _drift(signal: Signal, event: Event) -> str:
    way = {"up": "rose slowly and steadily", "down": "fell slowly and steadily"}[event.facts["direction"]]
    change = f"from about {figure(event.facts['before'])} to {measured(event.facts['value'], signal.unit)}"
    return f"drifted (緩やかな変化, trend): it {way} {change} over {_stretch(event)}."


def _flat(signal: Signal, event: Event) -> str:
    value = measured(event.facts["value"], signal.unit)
    return f"did not change at all (変化なし, flat line, stuck) for {_stretch(event)}: always {value}."


def _gap(signal: Signal, event: Event) -> str:
    lost = event.facts["missing"]
    return f"was not recorded (欠測): values are missing, a gap of {_stretch(event)}, about {lost} measurements."


def _limit(signal: Signal, event: Event) -> str:
    way = "exceeded its upper" if event.facts["direction"] == "up" else "fell below its lower"
    limit, value = (measured(event.facts[name], signal.unit) for name in ("limit", "value"))
    most = f"{DIRECTION[event.facts['direction']][1]} {value} at {clock(event.facts['at'])}"
    return f"{way} limit of {limit} (しきい値超過, alarm) for {_stretch(event)}: {most}."


def _pattern(signal: Signal, event: Event) -> str:
    share = max(0, round(100 * event.facts["share"]))
    day = clock(event.start)[:10]
    return f"did not follow its usual daily pattern (周期の乱れ) on {day}: only {share} % of the usual swing."


_TELLERS = {
    "excursion": _excursion, "extreme": _extreme, "level": _level, "drift": _drift, "flat": _flat, "gap": _gap,
    "limit": _limit, "pattern": _pattern,
}  # fmt: skip


def overview(
    signal: Signal, facts: dict[str, Any], step: float, found: list[Event], missing: list[Event], single: int = 0,
    among: tuple[int, float] | None = None,
) -> str:  # fmt: skip
    """The whole series in words: its span, its statistics, and how much happened.

    Args:
        missing: its gaps; `single` values are missing outside of these.
        among: where it is measured more seldom than others, how many rows its record has, and the usual time between them.
    """
    span = f"{clock(signal.times[0])} to {clock(signal.times[-1])}"
    said = f"{signal.quantity}: {facts['count']:,} measurements every {lasting(step)}, {span}. "
    said += _figures(facts, signal.unit, day=True)
    lost = sum(event.end - event.start for event in missing)
    if missing:
        said += f" {len(missing)} gap{'s' * (len(missing) != 1)} without values, {lasting(lost)} in all."
    if single:
        said += f" {single:,} single value{'s are' if single != 1 else ' is'} missing."
    if among:
        lost = among[0] - facts["count"]
        said += f" Its record has {among[0]:,} rows, every {lasting(among[1])}; {lost:,} of them have no value of it."
    if not missing and not single and not among:
        said += " No gaps."
    return f"{said} {len(found)} event{'s' * (len(found) != 1)} found."


def tell_window(signal: Signal, window: Window) -> str:
    start = clock(window.start)
    named = {
        "hour": f"in the hour from {start[:14]}00",
        "day": f"on {start[:10]}",
        "week": f"in the week from {start[:10]}",
    }
    when = named.get(window.span) or f"in {start[: 7 if window.span == 'month' else 4]}"
    return f"{signal.quantity} {when}: {_figures(window.facts, signal.unit, day=window.span not in ('hour', 'day'))}"


def _figures(facts: dict[str, Any], unit: str, *, day: bool) -> str:
    most, least = (clock(facts[name]) if day else clock(facts[name])[11:] for name in ("max_at", "min_at"))
    return (
        f"Mean {measured(facts['mean'], unit)}, highest {measured(facts['max'], unit)} at {most}, "
        f"lowest {measured(facts['min'], unit)} at {least}."
    )
