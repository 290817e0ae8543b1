"""Looking a function up among the fingerprints of known mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from bnlab.checks.report import Mistake
from bnlab.diagnosis.probes import PROBES
from bnlab.diagnosis.signature import Signature, digest
from bnlab.diagnosis.witness import Unable, Witness

FILE = "fingerprints.json"
SCHEMA, VERSION = "bnlab-fingerprints", 1
SECONDS = 1.0  # for the calls of one look; it usually takes a fiftieth of that


@dataclass(frozen=True)
class Fingerprint:
    """Digests of what functions with one mistake do in the probes of an exercise."""

    salt: str
    digest: str
    ordinary: str  # that of the ordinary probes alone, where these tell the mistake by themselves; else empty
    mistake: str
    message: str


@dataclass(frozen=True)
class Known:
    """Fingerprints by exercise, and the titles under which a page explains the mistakes."""

    fingerprints: Mapping[str, tuple[Fingerprint, ...]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    page: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Known:
        """Of the contents of the file; raises ValueError if it is of another kind or version."""
        if (data.get("schema"), data.get("version")) != (SCHEMA, VERSION):
            raise ValueError(f"fingerprints of version {data.get('version')!r} cannot be read here")
        found = {
            exercise: tuple(Fingerprint(**one) for one in several)
            for exercise, several in data["fingerprints"].items()
        }
        return cls(found, data["titles"], data["page"])

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "page": self.page,
            "titles": dict(self.titles),
            "fingerprints": {
                exercise: [vars(one) | {} for one in several]
                for exercise, several in self.fingerprints.items()
            },
        }

    def look_up(self, exercise: str, signature: Signature) -> Mistake | None:
        """The mistake that has this signature, or else that of its ordinary part.

        None if there is none, or if there are several.
        """
        candidates = self.fingerprints.get(exercise, ())
        whole = {one: one.digest for one in candidates}
        ordinary = {one: one.ordinary for one in candidates if one.ordinary}
        found = _matches(whole, signature) or _matches(ordinary, signature.without_edges())
        if len({one.mistake for one in found}) != 1:
            return None
        name, message = found[0].mistake, found[0].message
        return Mistake(name, self.titles.get(name, name), message, f"{self.page}#{name}")


def _matches(digests: Mapping[Fingerprint, str], signature: Signature | None) -> list[Fingerprint]:
    spellings = signature.spellings() if signature and digests else ()
    return [
        one for spelling in spellings for one, known in digests.items() if digest(spelling, one.salt) == known
    ]


@cache
def installed() -> Known:
    """What came with this package; nothing if nothing came, or nothing that can be read."""
    with suppress(OSError, ValueError, LookupError, TypeError):
        return Known.from_dict(json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8")))
    return Known()


def recognise(
    exercise: str, function: Callable, helpers: Mapping[str, Callable], known: Known | None = None
) -> Mistake | None:
    """The mistake that ``function`` makes if it does on the probes what is known of that mistake, and else None.

    It has to be the same on all probes, or on all ordinary ones: that is a mistake which is told by them alone, with
    something else on top where a special case is met.
    """
    known = known or installed()
    if exercise not in known.fingerprints:
        return None
    signature = signature_of(exercise, function, helpers, SECONDS)
    return known.look_up(exercise, signature) if signature else None


def signature_of(
    exercise: str,
    function: Callable,
    helpers: Mapping[str, Callable],
    seconds: float = float("inf"),
    wrapped: Callable[[Callable], Callable] = lambda call: call,
) -> Signature | None:
    """What ``function`` does on the probes; None if it never returns anything or cannot be looked at.

    ``wrapped`` goes around what is called with plain data.
    """
    witness = Witness(exercise, function, helpers, seconds)
    witness.function = wrapped(witness.function)
    try:
        PROBES[exercise](witness)
    except Unable:
        return None
    return witness.signature if witness.returned else None
