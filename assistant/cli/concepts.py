"""The command about business concepts: what is known, who speaks of it, what could be one, vectors refined and reverted."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.parts import Commands, as_person, command
from ingest.base.errors import BadInput, NotFound
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from ingest.base.access import Viewer
    from ingest.memory.catalog import Catalog
    from ingest.space.entity import Entity


def add(commands: Commands) -> None:
    parser = command(
        commands, "concepts", concepts, "business concepts and who speaks of them", "kotonoha concepts show HS-40"
    )
    parser.add_argument("do", choices=tuple(_ACTIONS), nargs="?", default="list")
    parser.add_argument("name", nargs="?", default="", help="a concept, by any of its names")
    parser.add_argument("--definition", default="", help="of the concept that is accepted")
    parser.add_argument("--owner", default="", help="who answers for the definition")
    parser.add_argument("--file", type=Path, help="the YAML glossary that an accepted concept is added to")
    parser.add_argument(
        "--version", type=int, default=0, help="which vector to go back to; 0 is that of the definition"
    )
    as_person(parser, "who is asking; refining needs somebody who may govern")


def concepts(args: argparse.Namespace, settings: Settings) -> int:
    from assistant.app import build

    return _ACTIONS[args.do](args, settings, build.catalog(settings))


def _list(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    """Every concept this person may read, with how many readable entities of which kinds speak of it."""
    from assistant.app import build
    from ingest.memory import links

    viewer = build.viewer(catalog, args.person)
    links.link(catalog)
    for concept in links.concepts(catalog, viewer):
        kinds = Counter(entity.kind for entity, _ in links.speakers(catalog, concept.id, viewer))
        said = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
        print(f"{concept.facts['name']:<24} {concept.scope:<16} {said or 'nobody speaks of it'}")
    return 0


def _show(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    from assistant.app import build
    from ingest.memory import links

    viewer = build.viewer(catalog, args.person)
    links.link(catalog)
    concept = _named(catalog, viewer, args.name)
    print(concept.text)
    for version in links.versions(catalog, concept.id, viewer):
        print(
            f"  vector {version.version}: {version.speakers} speakers, residual {version.residual:.1e}, cosine {version.moved:.3f}"
        )
    for entity, mention in links.speakers(catalog, concept.id, viewer):
        print(
            f"  {entity.kind:<10} {mention.times}x '{mention.name}'  {entity.title}: {' '.join(entity.text.split())[:80]}"
        )
    return 0


def _propose(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    from assistant.app import build
    from ingest.memory import links

    for proposal in links.proposals(catalog, build.viewer(catalog, args.person)):
        print(f"{proposal.name:<32} {proposal.kind:<8} {len(proposal.entities)} entities in {proposal.sources} sources")
    return 0


def _accept(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    from assistant.app import build
    from ingest.readers.concept import Term, accept

    if not (args.name and args.definition and args.file):
        raise BadInput(
            "a name, --definition and --file are needed", "kotonoha concepts accept MC-3 --definition TEXT --file F"
        )
    viewer = build.viewer(catalog, args.person)
    accept(args.file, Term(args.name, args.definition, owner=args.owner))
    build.record(settings, catalog, viewer, "concept accept", {"name": args.name, "file": str(args.file)})
    print(f"added to {args.file}; `kotonoha ingest {args.file}` puts it to use")
    return 0


def _refine(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    from assistant.app import build
    from ingest.memory import links

    viewer = build.governor(catalog, args.person)
    with build.memory(settings) as memory:
        links.link(memory.catalog)
        made = [one for scope in viewer.readable(memory.catalog.scopes()) for one in links.refine(memory, scope)]
    for one in made:
        name = catalog.entities([one.concept])[one.concept].facts["name"]
        print(
            f"{name:<24} vector {one.version}: {one.speakers} speakers, residual {one.residual:.1e}, cosine {one.moved:.3f}"
        )
    build.record(settings, catalog, viewer, "concept refine", {"concepts": len(made)})
    return 0


def _revert(args: argparse.Namespace, settings: Settings, catalog: Catalog) -> int:
    from assistant.app import build
    from ingest.memory import links

    viewer = build.governor(catalog, args.person)
    concept = _named(catalog, viewer, args.name)
    with build.memory(settings) as memory:
        links.revert(memory, concept.id, args.version)
    build.record(settings, catalog, viewer, "concept revert", {"concept": concept.id, "version": args.version})
    return 0


def _named(catalog: Catalog, viewer: Viewer, name: str) -> Entity:
    """The concept that has this name.

    Raises:
        NotFound: none that this person may read has it.
    """
    from ingest.memory import links

    found = [
        one for one in links.concepts(catalog, viewer) if name.casefold() in (n.casefold() for n in links.names(one))
    ]
    if not found:
        raise NotFound(f"there is no concept '{name}'", "kotonoha concepts")
    return found[0]


_ACTIONS = {
    "list": _list, "show": _show, "propose": _propose, "accept": _accept, "refine": _refine, "revert": _revert,
}  # fmt: skip
