"""What a reader keeps of the sources it has read: in memory for the next question, and sealed on disk for the next day.

Whoever asks for a source names its scope; a file of another scope is never opened.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from assistant.model import prompt
from assistant.model.kept import Kept, file_name, from_bytes, to_bytes
from assistant.model.llm import Llm
from assistant.model.prompt import Text
from ingest.base.errors import MemoryDamaged
from ingest.privacy.sealed import Sealed

REMEMBERED = 512 << 20
"""Bytes that stay in memory; what was longest not asked for goes first."""

Key = tuple[str, str, tuple[int, ...]]
"""Scope, source, and the text in tokens."""


class Shelf:
    """Args:
    sealed: the files; None keeps everything in memory alone.
    """

    def __init__(self, llm: Llm, sealed: Sealed | None = None) -> None:
        self._llm, self.sealed = llm, sealed
        self._here: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.RLock()
        self.forgotten = 0
        """Files that had to go for others since this process began."""

    def key(self, text: Text) -> Key:
        return text.scope, text.source, tuple(self._llm.tokenize(text.block))

    def take(self, texts: Sequence[Text]) -> list[Kept]:
        """What is kept of each text; what is kept nowhere is read now, all together."""
        keys = [self.key(text) for text in texts]
        with self._lock:
            found = {key: one for key in dict.fromkeys(keys) if (one := self._found(key)) is not None}
        unread = [key for key in dict.fromkeys(keys) if key not in found]
        for key, one in zip(unread, self._llm.read(prompt.READ, [key[2] for key in unread]), strict=True):
            found[key] = one
            self._put(key, one)
        with self._lock:
            for key in keys:
                self._remember(key, found[key])
        return [found[key] for key in keys]

    def has(self, text: Text) -> bool:
        """Whether a text need not be read: it is on disk, or, where there is none, in memory."""
        key = self.key(text)
        if self.sealed is None or not text.source:
            return key in self._here
        return self.sealed.has(text.scope, text.source, self._name(key))

    def ahead(self, texts: Sequence[Text]) -> None:
        """Reads texts that nobody has asked for and puts them on disk, or into memory where there is none."""
        keys = [self.key(text) for text in texts]
        for key, one in zip(keys, self._llm.read(prompt.READ, [key[2] for key in keys]), strict=True):
            if self.sealed is None:
                self._remember(key, one)
            self._put(key, one)

    def _found(self, key: Key) -> Kept | None:
        if key in self._here or self.sealed is None or not key[1]:
            return self._here.get(key)
        data = self.sealed.get(key[0], key[1], self._name(key))
        try:
            return from_bytes(data) if data else None
        except MemoryDamaged:
            return None

    def _put(self, key: Key, one: Kept) -> None:
        if self.sealed is not None and key[1]:
            self.forgotten += self.sealed.put(key[0], key[1], self._name(key), to_bytes(one))

    def _remember(self, key: Key, one: Kept) -> None:
        self._here[key] = one
        self._here.move_to_end(key)
        while len(self._here) > 1 and sum(kept.size for kept in self._here.values()) > REMEMBERED:
            self._here.popitem(last=False)

    def _name(self, key: Key) -> bytes:
        return file_name(self._llm.fingerprint, prompt.READ, key[2])
