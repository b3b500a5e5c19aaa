"""Figures by content address, the controls' wants, and the adapters' small records.

Knows no person. Invariant: a figure's body is what its digest says.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

from bot.store.database import Row, Transaction
from bot.store.queries import QUERIES
from lessons.actions import AnyWant, decode_want, encode_want
from lessons.figure import Figure, decode, digest, encode
from lessons.posts import Control


def save_figure(t: Transaction, figure: Figure) -> str:
    """Keep a figure and return its digest; one that is there already is kept once."""
    name = digest(figure)
    t.run(QUERIES["insert_figure"], digest=name, body=zlib.compress(encode(figure)))
    return name


def keep_figures(t: Transaction, figures: Iterable[Figure]) -> None:
    """Keep what is shown now, so that its picture can be drawn at any later time."""
    for one in figures:
        if t.one(QUERIES["figure"], digest=digest(one)) is None:
            save_figure(t, one)


def figure(t: Transaction, name: str | None) -> Figure | None:
    """The figure of that digest; None for None."""
    return None if name is None else _figure(t.one(QUERIES["figure"], digest=name))


def drawing(t: Transaction, generator: str, seed: int) -> Figure | None:
    """What a generator drew from a seed, if it was drawn before."""
    return _figure(t.one(QUERIES["drawing"], generator=generator, seed=seed))


def save_drawing(t: Transaction, generator: str, seed: int, drawn: Figure) -> None:
    t.run(
        QUERIES["insert_drawing"],
        generator=generator,
        seed=seed,
        digest=save_figure(t, drawn),
    )


def _figure(row: Row | None) -> Figure | None:
    return None if row is None else decode(zlib.decompress(row["body"]))


def published(t: Transaction) -> Mapping[str, tuple[str, ...]]:
    """Of every series the ids that members have met, as `lessons.build.item_ids` writes them."""
    found: dict[str, tuple[str, ...]] = {}
    for row in t.all(QUERIES["published_items"]):
        found[row["series"]] = (*found.get(row["series"], ()), row["item"])
    return found


# -- controls -------------------------------------------------------------------------------------


def save_controls(t: Transaction, space: str, controls: Iterable[Control]) -> None:
    """Make these controls findable, for good."""
    rows = [
        {"space": space, "control": control.id, "want": encode_want(control.want)}
        for control in controls
    ]
    t.many(QUERIES["insert_control"], rows)


def want_of(t: Transaction, space: str, control: str) -> AnyWant | None:
    """What a control of this space means; None for one it never had."""
    row = t.one(QUERIES["control"], space=space, control=control)
    return None if row is None else decode_want(row["want"])


# -- shelf ----------------------------------------------------------------------------------------


def shelf_get(t: Transaction, adapter: str, name: str) -> str | None:
    row = t.one(QUERIES["shelf_get"], adapter=adapter, name=name)
    return None if row is None else str(row["value"])


def shelf_put(t: Transaction, adapter: str, name: str, value: str | None) -> None:
    if value is None:
        t.run(QUERIES["shelf_drop"], adapter=adapter, name=name)
    else:
        t.run(QUERIES["shelf_put"], adapter=adapter, name=name, value=value)


def shelf_all(t: Transaction, adapter: str, prefix: str) -> Mapping[str, str]:
    """Records whose names begin with `prefix`, by name."""
    rows = t.all(QUERIES["shelf_all"], adapter=adapter)
    return {r["name"]: r["value"] for r in rows if r["name"].startswith(prefix)}
