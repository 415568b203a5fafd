"""Puts the real parts together, by hand, from Settings. The only place where a concrete part is chosen.

Every heavy library is imported inside the function that needs it, so that `kotonoha --help` stays quick.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ingest.base.access import Viewer, destination, may_read_all, origin
from ingest.base.errors import AuditBroken, BadInput, MissingPart, NotAllowed, UnknownPerson
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from assistant.answer.discreet import DiscreetAssistant
    from assistant.govern.audit import Audit
    from assistant.govern.policy import Policies, Policy
    from assistant.govern.sso import SingleSignOn
    from assistant.model.reader import Reader as LanguageReader
    from assistant.model.remote import Remote
    from ingest.memory.catalog import Catalog
    from ingest.memory.memory import Memory
    from ingest.privacy.personal import Personal
    from ingest.readers import Reader
    from ingest.space.encoders.vision import Sight
    from ingest.space.space import Space

T = TypeVar("T")

OWNER = "owner"


@lru_cache(maxsize=2)
def space(settings: Settings) -> Space:
    """The linguistic space; loaded once per process."""
    from ingest.space.encoders.words import Words

    return Words(threads=settings.threads)


@lru_cache(maxsize=1)
def reader(settings: Settings) -> LanguageReader:
    """The language model on this machine and what it kept; loaded once per process."""
    from assistant.model.reader import load

    return load(settings)


def sight(settings: Settings) -> Sight:
    """What sees pictures: the CLIP or SigLIP model that is named, else EfficientNet-Lite0."""
    from ingest.space.encoders.clip import Clip
    from ingest.space.encoders.vision import EfficientNetLite

    words = space(settings)
    if not settings.clip:
        return EfficientNetLite(words, settings.cache_folder)
    folder = Path(settings.clip).expanduser()
    return Clip(folder, words, settings.cache_folder / f"{folder.name}-{words.fingerprint}.safetensors")


class _Later:
    """Something that is made when it is first used: a process that only reads letters loads no model that sees."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        self.__dict__["_made"] = self.__dict__.get("_made") or self._make()
        return getattr(self.__dict__["_made"], name)


def _later(make: Callable[[], T]) -> T:
    return cast("T", _Later(make))


def readers(settings: Settings) -> Sequence[Reader]:
    """All readers, the most particular first."""
    from ingest.readers.audio import AudioReader
    from ingest.readers.book import BookReader
    from ingest.readers.concept import ConceptReader
    from ingest.readers.data import JsonReader
    from ingest.readers.html import HtmlReader
    from ingest.readers.illustrated import Illustrated
    from ingest.readers.image import ImageReader, Pictures
    from ingest.readers.mail import MailReader
    from ingest.readers.ocr import Ocr
    from ingest.readers.pdf import PdfReader
    from ingest.readers.sensor import SensorReader
    from ingest.readers.slides import PptxReader
    from ingest.readers.table import TableReader
    from ingest.readers.text import TextReader
    from ingest.readers.transcript import TranscriptReader
    from ingest.readers.word import DocxReader
    from ingest.space.encoders.speech import recogniser
    from ingest.space.encoders.voice import VoiceActivity

    pictures = _later(lambda: Pictures(sight(settings), Ocr(settings.threads), space(settings)))
    return [
        Illustrated(PdfReader(), pictures),
        Illustrated(DocxReader(), pictures),
        Illustrated(PptxReader(), pictures),
        BookReader(),
        MailReader(),
        ImageReader(pictures),
        AudioReader(VoiceActivity(), recogniser(settings)),
        TranscriptReader(),
        ConceptReader(),
        SensorReader(),
        TableReader(),
        JsonReader(),
        HtmlReader(),
        TextReader(),
    ]


def memory(settings: Settings) -> Memory:
    from ingest.memory.memory import Memory

    return Memory(settings, space(settings))


def place_again(settings: Settings) -> Iterator[tuple[int, int]]:
    """Places a memory in the space of today's encoder, looking again at files that have pictures; see `placing`."""
    from ingest.memory.placing import place_again as again
    from ingest.work import seen

    known = catalog(settings)
    kept = personal(settings, known)
    eyes = readers(settings)
    yield from again(settings, space(settings), lru_cache(maxsize=4)(lambda row: seen(row, settings, eyes, kept)))


def own_words(settings: Settings, person: str = "") -> tuple[str, ...]:
    """Names and terms that this person may read, and so may say."""
    from ingest.work import own_words as of

    known = catalog(settings)
    return of(known, viewer(known, person).readable(known.scopes()))


def catalog(settings: Settings) -> Catalog:
    """The catalogue alone: enough to look at sources, jobs, policy and audit while another process owns the memory."""
    from ingest.memory.catalog import Catalog

    return Catalog(settings.catalog_file)


def policies(catalog: Catalog) -> Policies:
    from assistant.govern.policy import Policies

    return Policies(catalog)


def put_policy(settings: Settings, catalog: Catalog, who: Viewer, text: str, name: str = "policy") -> Policy:
    """Brings a policy into force together with its row in the audit, or not at all.

    Raises:
        BadPolicy: one line: the file's name, the line, what is wrong there.
    """
    from assistant.govern.policy import Policy

    version = Policy(text, name).version
    with catalog.transaction():
        record(settings, catalog, who, "policy change", {"version": version})
        return policies(catalog).put(text, who.person, name)


def viewer(catalog: Catalog, person: str = "") -> Viewer:
    """The viewer for one request, compiled from the policy now.

    Without a policy there is one person, the owner of this machine, who reads every scope there is. With one, nobody
    reads by being at the keyboard: it is `person`, or whom the policy names as `owner`.

    Raises:
        UnknownPerson: the policy does not name this person, or there is none to be.
    """
    policy = policies(catalog).current()
    if policy is None:
        if person not in ("", OWNER):
            raise UnknownPerson(f"there is no policy that names '{person}'", "kotonoha policy set FILE")
        every = frozenset(one for scope in catalog.scopes() for one in (origin(scope), destination(scope)))
        return Viewer(OWNER, every, roles=(OWNER,), may_reveal=True, may_govern=True, may_feed=True)
    if not person and not policy.owner:
        raise UnknownPerson("the policy names no owner", "say who is asking: --as PERSON")
    return policy.viewer(person or str(policy.owner))


def audit(settings: Settings, catalog: Catalog) -> Audit:
    """The audit of this memory.

    Raises:
        AuditBroken: its key is gone, or is another's; rows of a second key beside its rows would verify nothing.
    """
    from assistant.govern import anchor
    from assistant.govern.audit import Audit, is_begun
    from assistant.govern.audit_key import AuditKey
    from ingest.privacy import keys

    where, head = keys.of(settings), settings.home / "audit.head"
    if not where.has("audit.key") and is_begun(catalog, head):
        raise AuditBroken(
            "the key of the audit is gone, and its rows are here",
            f"put {settings.keys_folder / 'audit.key'} back from a back-up, or begin anew: kotonoha audit anew",
        )
    key = AuditKey(where)
    found = Audit(catalog, key.secret, head, anchor=anchor.named(settings.audit_anchor), birth=key)
    if not found.fits():
        raise AuditBroken(
            "no row of the audit was written with the key that is here: it is another key, or every row was changed",
            f"put {settings.keys_folder / 'audit.key'} back from a back-up; if there is none, move it away and begin anew: "
            "kotonoha audit anew",
        )
    return found


def audit_anew(settings: Settings, catalog: Catalog) -> Path:
    """Sets aside an audit whose key is lost, so that another one can begin, which says so; where the old one is now."""
    import time

    from assistant.govern.audit import set_aside

    aside = settings.home / f"audit-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
    set_aside(catalog, settings.home / "audit.head", aside)
    return aside


def let_go(settings: Settings, key: str) -> None:
    """Removes for good what only a lost key could open, together with its row in the audit.

    Raises:
        BadInput: there is no such lost key.
    """
    from ingest.privacy import keys, needed

    known = catalog(settings)
    with known.transaction():
        note(settings, known, "let go", {"key": key, "lost": needed.let_go(known, keys.of(settings), key)})


def personal(settings: Settings, catalog: Catalog) -> Personal:
    """The placeholders and sealed originals of this memory."""
    from ingest.privacy.personal import Personal

    return Personal(catalog, settings)


def assistant(settings: Settings, memory: Memory) -> DiscreetAssistant:
    """The assistant: every question is written into the audit, and personal data is shown to whom may see it."""
    from assistant.answer.answer import Assistant
    from assistant.answer.audited import AuditedAssistant
    from assistant.answer.discreet import DiscreetAssistant

    known, kept = memory.catalog, personal(settings, memory.catalog)

    audited = AuditedAssistant(
        Assistant.open(settings, memory, remote(settings, known, kept), lambda: reader(settings)),
        audit(settings, known),
        still_readable(known),
    )
    return DiscreetAssistant(audited, kept)


def still_readable(catalog: Catalog) -> Callable[[Viewer, Collection[str]], bool]:
    """Whether the policy of this moment, and where entities lie at this moment, still let a viewer read them."""

    def may_see(asked_as: Viewer, ids: Collection[str]) -> bool:
        try:
            now = viewer(catalog, "" if asked_as.person == OWNER and not asked_as.policy else asked_as.person)
        except UnknownPerson:
            return False
        return now.may_reveal >= asked_as.may_reveal and may_read_all(now, ids, catalog.scopes_of(ids))

    return may_see


def remote(settings: Settings, catalog: Catalog, personal: Personal) -> Remote | None:
    """The model on another server that the settings name; without a policy nothing may be sent to it.

    Raises:
        BadInput: the settings name no model, or a way that could be listened to.
    """
    if not settings.remote_url:
        return None
    if not settings.remote_model:
        raise BadInput("KOTONOHA_REMOTE_URL names a server and no model", "set KOTONOHA_REMOTE_MODEL")
    from assistant.model.remote import Remote

    rules = policies(catalog)

    def may_leave(scope: str) -> bool:
        policy = rules.current()
        return policy is not None and policy.may_leave(scope)

    return Remote(settings.remote_url, settings.remote_model, _given(settings.remote_key), may_leave, personal.without)


def _given(file: str) -> str:
    """The secret in a file that a setting names, or none."""
    from ingest.privacy.keys import given

    return given(Path(file).expanduser()) if file else ""


def governor(catalog: Catalog, person: str = "") -> Viewer:
    """The viewer, who must be allowed to govern.

    Raises:
        NotAllowed: this person may not.
    """
    who = viewer(catalog, person)
    if not who.may_govern:
        raise NotAllowed(f"{who.person} may not govern", "ask somebody whose role has `may: [govern]` in the policy")
    return who


def record(
    settings: Settings,
    catalog: Catalog,
    viewer: Viewer,
    action: str,
    details: Mapping[str, object],
    scopes: Sequence[str] = (),
    content: Mapping[str, object] | None = None,
) -> None:
    """Writes what somebody did into the audit."""
    from assistant.govern.audit_row import Event

    audit(settings, catalog).append(
        Event(action, viewer.person, viewer.roles, viewer.policy, tuple(scopes), details, content or {})
    )


def note(
    settings: Settings,
    catalog: Catalog,
    action: str,
    details: Mapping[str, object],
    scopes: Sequence[str] = (),
    content: Mapping[str, object] | None = None,
) -> None:
    """Writes into the audit what was done at this machine by whoever has its files, in the name of its owner."""
    policy = policies(catalog).current()
    owner = Viewer((policy.owner if policy else "") or OWNER, frozenset(), policy=policy.version if policy else "")
    record(settings, catalog, owner, action, details, scopes, content)


def sso(settings: Settings) -> SingleSignOn | None:
    """The provider of single sign-on that the settings name.

    Raises:
        MissingPart: Authlib is not installed.
    """
    if not settings.oidc_issuer:
        return None
    try:
        from assistant.govern.sso import SingleSignOn
    except ImportError:
        raise MissingPart("single sign-on needs Authlib", "pip install authlib joserfc") from None
    secret, hosts = _given(settings.oidc_secret), settings.oidc_hosts.split()
    return SingleSignOn(settings.oidc_issuer, settings.oidc_client, secret, settings.oidc_claim, hosts)
