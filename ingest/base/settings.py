"""Where things are and how large they may be, read once. Nothing happens on import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import BadInput

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Each one can be given as an environment variable `KOTONOHA_<NAME>`.

    Attributes:
        home: the one folder that holds all state.
        models: the folder of pulled models, one for all memories and environments of a user.
        llm: a GGUF file, or the name of a known model; empty means the one chosen by `kotonoha models use`, else the default.
        adapter: a GGUF LoRA adapter for `llm`; empty means the shipped one if it fits, "none" means without.
        context: context window of the model, in tokens.
        kept_mb: most megabytes of what the model keeps of sources it has read, sealed on disk; 0 for none.
        threads: processor threads for models; 0 means all cores.
        max_file_mb: larger files are reported, not read.
        max_unpacked_mb: most that an archive-like file (docx, xlsx, epub, ...) may unpack to.
        max_entities: most entities one source may become.
        read_seconds: longest that reading one file may take, and 20 seconds more for each megabyte of it.
        read_mb: main memory that a process may take that reads, its models included.
        whisper: a folder with a Whisper model for CTranslate2; empty means Whisper base.
        clip: a folder with a CLIP or SigLIP model in safetensors; empty means pictures are seen by EfficientNet-Lite0.
        keep_gps: whether the place a photograph was taken is kept.
        remote_url: what the API of a remote model begins with; empty means that nothing leaves this machine.
        remote_model: its name there.
        remote_key: a file with the key for it, for its owner alone; empty means none is needed.
        keys: where secrets and keys lie: "file", a folder of the memory, or "keyring", the operating system's.
        audit_anchor: a file outside this machine's reach, or `| command`, that is told every mark of the audit.
        presidio: whether Presidio looks for personal data too, in the forms of other countries.
        oidc_issuer: the provider of single sign-on, by its address; empty means there is none.
        oidc_client: what the provider knows this server by.
        oidc_secret: a file with the client's secret, for its owner alone; empty means a public client.
        oidc_claim: the claim of the ID token that is the person's name in the policy.
        oidc_hosts: further addresses the issuer may send to, apart by spaces.
        oidc_create: whether a person of the policy gets an account at the first single sign-on.
    """

    home: Path
    models: str = ""
    llm: str = ""
    adapter: str = ""
    context: int = 8192
    kept_mb: int = 2048
    threads: int = 0
    max_file_mb: int = 512
    max_unpacked_mb: int = 1024
    max_entities: int = 200_000
    read_seconds: int = 600
    read_mb: int = 3072
    whisper: str = ""
    clip: str = ""
    keep_gps: bool = False
    remote_url: str = ""
    remote_model: str = ""
    remote_key: str = ""
    keys: str = "file"
    audit_anchor: str = ""
    presidio: bool = False
    oidc_issuer: str = ""
    oidc_client: str = "kotonoha"
    oidc_secret: str = ""
    oidc_claim: str = "email"
    oidc_hosts: str = ""
    oidc_create: bool = False

    @property
    def catalog_file(self) -> Path:
        return self.home / "catalog.sqlite"

    @property
    def vectors_folder(self) -> Path:
        return self.home / "vectors"

    @property
    def lock_file(self) -> Path:
        return self.home / "owner.lock"

    @property
    def keys_folder(self) -> Path:
        """Secrets and keys, each in a file that only its owner may read."""
        return self.home / "keys"

    @property
    def reading_folder(self) -> Path:
        """Copies of the files that are being read at this moment."""
        return self.home / "reading"

    @property
    def uploads_folder(self) -> Path:
        """What people brought through the browser, by scope."""
        return self.home / "uploads"

    @property
    def cache_folder(self) -> Path:
        return self.home / "cache"


def load(home: str | Path | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; `home` given by hand wins.

    Raises:
        BadInput: a value that is not of its type, naming the variable.
    """
    folder = Path(home or environment.get("KOTONOHA_HOME") or _default_home(environment)).expanduser().absolute()
    values: dict[str, object] = {}
    for name, default in _defaults().items():
        raw = environment.get(f"KOTONOHA_{name.upper()}")
        if raw is not None:
            values[name] = _parse(name, raw, default)
    return Settings(home=folder, **values)  # type: ignore[arg-type]


def _defaults() -> dict[str, object]:
    return {name: field.default for name, field in Settings.__dataclass_fields__.items() if name != "home"}


def _parse(name: str, raw: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()]
        return int(raw) if isinstance(default, int) else raw
    except (KeyError, ValueError):
        kind = "yes or no" if isinstance(default, bool) else "a whole number"
        raise BadInput(f"KOTONOHA_{name.upper()}={raw!r} is not {kind}") from None


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where pulled models lie: one folder per user, beside the default memory and outlasting it."""
    given = environment.get("KOTONOHA_MODELS")
    return Path(given).expanduser().absolute() if given else _data(environment) / "kotonoha-models"


def _default_home(environment: Mapping[str, str]) -> Path:
    return _data(environment) / "kotonoha"


def _data(environment: Mapping[str, str]) -> Path:
    """The user's data folder."""
    base = environment.get("XDG_DATA_HOME") or environment.get("LOCALAPPDATA")
    return Path(base) if base else Path.home() / ".local" / "share"
