"""Every error Kotonoha raises on purpose.

KotonohaError                    what went wrong, and what to do next
├── BadInput                     a file or value given by a user cannot be used
│   ├── UnreadableSource         one file: named, with the reason; the rest of the job goes on
│   ├── UnknownPerson            no such person in the policy
│   └── BadPolicy                the policy file says something impossible
├── NotFound                     there is no such thing *for this viewer* (absent and forbidden read alike)
├── NotAllowed                   a person may not do this; what may be read never shows as this, but as NotFound
├── TooMany                      one person asks for more at once than is done at once
├── SignInRefused                a password, session or token that lets nobody in; never says which part was wrong
├── MissingPart                  a model or library is not on this machine; the hint is the command that gets it
│   └── BadWeights               a model file is not the one it claims to be
├── MemoryFault                  the memory cannot be used as asked
│   ├── MemoryHeld               another process owns the memory
│   ├── MemoryMismatch           the memory was made with another encoder or a newer schema
│   ├── NoRoom                   the disk is full, or would be
│   └── MemoryDamaged            catalogue and vectors disagree
├── ModelFault                   the language model cannot do what was asked
│   ├── AdapterMismatch          the adapter was made for another model
│   └── ContextFull              the prompt does not fit the context window
└── AuditBroken                  the audit chain does not verify
"""

from __future__ import annotations

import errno
import sqlite3


class KotonohaError(Exception):
    """What went wrong in one sentence, and optionally what to do next.

    Args:
        message: one line, no trailing full stop needed.
        hint: the next step for the person reading, often a command.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class BadInput(KotonohaError):
    exit_code = 2


class UnreadableSource(BadInput):
    """One file that cannot become entities: `path` and `reason` are shown in the report."""

    exit_code = 1

    def __init__(self, path: object, reason: str, hint: str = "") -> None:
        super().__init__(f"{path}: {reason}", hint)
        self.path = str(path)
        self.reason = reason


class UnknownPerson(BadInput):
    pass


class BadPolicy(BadInput):
    pass


class NotFound(KotonohaError):
    exit_code = 1


class NotAllowed(KotonohaError):
    exit_code = 2


class TooMany(KotonohaError):
    exit_code = 1


class SignInRefused(KotonohaError):
    exit_code = 1


class MissingPart(KotonohaError):
    exit_code = 3


class BadWeights(MissingPart):
    pass


class MemoryFault(KotonohaError):
    exit_code = 4


class MemoryHeld(MemoryFault):
    pass


class MemoryMismatch(MemoryFault):
    pass


class NoRoom(MemoryFault):
    pass


class MemoryDamaged(MemoryFault):
    pass


class ModelFault(KotonohaError):
    exit_code = 5


class AdapterMismatch(ModelFault):
    pass


class ContextFull(ModelFault):
    pass


class AuditBroken(KotonohaError):
    exit_code = 6


def full_disk(error: BaseException | None) -> NoRoom | None:
    """A fault as that of a full disk, if it is one. Of an `OSError` its number tells: its text has the name of a file in it."""
    text = "" if isinstance(error, OSError) else " ".join(str(error).split())
    if isinstance(error, NoRoom):
        return error
    if getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in text:
        return NoRoom("the disk is full; nothing was lost", "make room, then run the same command again")
    return None


def told(error: BaseException) -> KotonohaError:
    """A fault of disk, database or vector store in one line, with what repairs it."""
    text = " ".join(str(error).split())
    code = getattr(error, "errno", None)
    if full := full_disk(error):
        return full
    if code in (errno.EROFS, errno.EACCES, errno.EPERM) or "readonly" in text or "unable to open" in text:
        return MemoryFault(
            f"the state folder cannot be written ({text})", "give its owner the right to: kotonoha doctor"
        )
    if isinstance(error, sqlite3.Error):
        if "locked" in text:
            return MemoryHeld(f"the catalogue is busy ({text})", "run the same command again")
        if "disk I/O" in text:  # what SQLite says where not even its shared memory finds room
            return MemoryFault(
                f"the disk cannot be written ({text})", "make room, or have the disk looked at, and run it again"
            )
        return MemoryDamaged(
            f"the catalogue is damaged ({text})", "kotonoha doctor says what is lost; kotonoha restore BACKUP"
        )
    return KotonohaError(text)
