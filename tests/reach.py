"""What a test reaches: the commands and routes that stand in it, in the helpers it calls and in the values it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
ANY = "\0"
"""What an f-string fills in."""


class Reach:
    """Everything that a test says, by way of what it calls in its own file.

    Args:
        proof: a file of tests, or one test in it: "test_api.py::test_absent_and_forbidden_read_alike_on_every_route".

    Raises:
        KeyError: there is no such test.
    """

    def __init__(self, proof: str) -> None:
        file, _, test = proof.partition("::")
        defined = _defined(file)
        todo = [test] if test else [name for name in defined if name.startswith("test_")]
        if not test and not todo:
            raise KeyError(proof)
        seen: dict[str, ast.AST] = {}
        while todo:
            name = todo.pop()
            seen[name] = defined[name]
            todo += [one for one in _names(seen[name]) if one in defined and one not in seen]
        self._parts = tuple(seen.values())

    def command(self, name: str) -> bool:
        """Whether the words of a command are handed on one after the other."""
        words = tuple(name.split())
        given = [given for part in self._parts for given in _given(part)]
        values = {value for part in self._parts for value in _constants(part)}
        return any(
            all(said == word or (said == ANY and word in values) for said, word in zip(one, words, strict=False))
            for sequence in given
            for i in range(len(sequence) - len(words) + 1)
            if (one := sequence[i : i + len(words)])[0] == words[0]
        )

    def route(self, name: str) -> bool:
        """Whether a route is asked for with its method."""
        method, path = name.split()
        wanted = re.compile("".join(_pattern(piece) for piece in re.split(r"(\{[^}]*\})", path)) + r"(?:[?#].*)?", re.S)
        methods = {word.upper() for part in self._parts for word in (*_attributes(part), *_constants(part))}
        texts = [text for part in self._parts for text in _texts(part)]
        ends = [text for text in texts if not re.search(r"\s", text)]
        whole = (*texts, *(text.removesuffix(ANY) + end for text in texts if text.endswith(ANY) for end in ends))
        return method in methods and any(wanted.fullmatch(text) for text in whole)


@cache
def _defined(file: str) -> dict[str, ast.AST]:
    """Functions, classes and values of a file of tests, by name."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse((TESTS / file).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return found


def _names(node: ast.AST) -> Iterator[str]:
    """Names in a piece of code, those of fixtures and of methods included."""
    for one in ast.walk(node):
        if isinstance(one, ast.Name):
            yield one.id
        elif isinstance(one, ast.arg):
            yield one.arg
            yield from () if one.annotation is None else _names(one.annotation)


def _attributes(node: ast.AST) -> Iterator[str]:
    return (one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute))


def _constants(node: ast.AST) -> Iterator[str]:
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _given(node: ast.AST) -> Iterator[Sequence[str]]:
    """The words of each call and each list, in order; what is no fixed word may be any."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            yield [_text(argument) for argument in one.args]
        elif isinstance(one, ast.List | ast.Tuple):
            yield [_text(element) for element in one.elts]


def _texts(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant | ast.JoinedStr):
            yield re.sub(r"^https?://[^/]*", "", _text(one)).replace("{}", ANY)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) if isinstance(one, ast.Constant) else ANY for one in node.values)
    return ANY


def _pattern(piece: str) -> str:
    return r"[^/?]+" if piece.startswith("{") else re.escape(piece)
