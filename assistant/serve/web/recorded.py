"""What whoever governs looks at, in words: rows of the audit, and the lines of the policy that decide.

What only a program can use, such as ids and versions, is kept apart; no path of this machine is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.govern.audit_row import Entry
from assistant.govern.policy import Explanation
from assistant.govern.policy_file import Rule
from assistant.serve.web.told import told
from assistant.serve.web.words import Language, seal, words

ACTIONS = (
    "ask", "ask stopped", "search", "map", "egress", "open", "files look", "upload", "ingest", "ingest done", "forget", "correct",
    "correct undone", "hide", "show", "sign-in", "sign-in refused", "sign-out", "policy change", "policy move", "new key",
    "view as", "people add", "people password", "people token", "people disable", "people enable", "people revoke",
    "people remove", "concept accept", "concept refine", "concept revert", "models pull", "models remove", "models use",
    "models align", "backup", "restore", "let go", "audit begun", "audit damaged", "audit anew", "audit export", "audit cut",
    "audit look", "feedback look", "feedback export", "examine", "unreadable",
)  # fmt: skip
"""Everything that the audit can say somebody did."""
FILES = frozenset({"path", "paths", "names", "file", "old", "source"})
"""What names files, of which the last part of the path is shown."""
APART = frozenset(
    {"entity", "entities", "cited", "sources", "source", "concept", "version", "subject", "grounding", "open", "kind"}
)
"""Of the details those that are kept apart: ids, versions and settings."""
LONGEST = 160
"""Characters of a value on the page."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A row of the audit in words; `content`, `details` and `apart` are (what it is, value)."""

    when: str
    person: str
    action: str
    content: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str], ...]
    hidden: bool


def deed(entry: Entry, language: Language) -> Deed:
    """An entry of the audit as a page in this language shows it."""
    event = entry.event
    plain = {key: value for key, value in event.details.items() if key not in APART}
    apart = {key: value for key, value in event.details.items() if key in APART}
    return Deed(
        event.at[:19].replace("T", " "), event.person, told(event.action, language), _lines(event.content, language),
        _lines(plain, language), _lines(apart, language), entry.hidden,
    )  # fmt: skip


def reason(found: Explanation, language: Language) -> str:
    """The lines of the policy that let somebody read a scope, or do not, and how they reach the person."""
    said = words(language)
    if not found.rules:
        return said["no_rule"]
    lines = said["semicolon"].join(_line(rule, said) for rule in found.rules)
    way = (
        "" if len(found.path) < 2 else said["by_way"].format(way=" → ".join(_subject(one, said) for one in found.path))
    )
    return f"{'' if found.holds else said['other_time']}{lines}{way}"


def file_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def check_name(name: str, language: Language) -> str:
    """What a check of `kotonoha doctor` is called; a model has its own name."""
    said, scope = words(language), name.removeprefix("vectors of ")
    if scope != name:
        return said["check_vectors_of"].format(scope=scope)
    return said.get(f"check_{name.replace(' ', '_').replace('-', '_')}", name)


# -- inside ------------------------------------------------------------------------------------------------------------


def _lines(values: Mapping[str, Any], language: Language) -> tuple[tuple[str, str], ...]:
    said = words(language)
    ordered = sorted(values.items(), key=lambda pair: pair[0] != "question")
    lines = ((said.get(f"key_{key}", key), _value(key, value, language)) for key, value in ordered if value)
    return tuple((name, value if len(value) <= LONGEST else f"{value[:LONGEST]}…") for name, value in lines)


def _value(key: str, value: Any, language: Language) -> str:
    """One value of an event in words; of what is simply so, nothing needs to be said."""
    said = words(language)
    if value is True:
        return ""
    if isinstance(value, Mapping):
        return said["comma"].join(f"{_value(key, one, language)} {many}" for one, many in value.items())
    if isinstance(value, list | tuple):
        return said["comma"].join(_value(key, one, language) for one in value)
    text = str(value)
    if key == "how":
        return seal(text, language).label
    if key == "grounding":
        return said.get(text, text)
    if key in FILES:
        return file_name(text)
    return said.get(f"value_{text.replace(' ', '_').replace('-', '_')}") or told(text, language)


def _line(rule: Rule, said: Mapping[str, str]) -> str:
    verb = said["rule_allows" if rule.allow else "rule_denies"]
    since = said["rule_since"].format(when=rule.since.isoformat(" ", "minutes")) if rule.since else ""
    until = said["rule_until"].format(when=rule.until.isoformat(" ", "minutes")) if rule.until else ""
    why = said["in_brackets"].format(text=rule.why) if rule.why else ""
    return verb.format(line=rule.line, subject=_subject(rule.subject, said)) + since + until + why


def _subject(subject: str, said: Mapping[str, str]) -> str:
    kind, _, name = subject.partition(":")
    return said[f"subject_{kind}"].format(name=name)
