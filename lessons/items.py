"""What can be wrong in a question or challenge: its id, kind and generator, and every text in it.

Knows no chapter; what a kind needs, the kind says itself. Invariant: an item without mistakes
can be posed, and each of its texts is Markdown that every platform can show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lessons import generators, kinds, rules
from lessons.generators import GENERATORS
from lessons.kinds import KINDS
from lessons.kinds.spec import Spec
from lessons.mistake import Mistake
from lessons.strict_toml import Filled, choices
from lessons.toml_lines import KeyPath

VOTED_KINDS = ("choice", "curve")
_LOOKED_AT = {
    "answer": ("options",),
    "options": ("answer",),
    "traps": ("answer", "tolerance"),
    "numbers": ("tolerance",),
    "pairs": ("options",),
}


def item_mistakes(
    item: Filled[Spec], images: Mapping[str, int], *, voted: bool
) -> Iterator[Mistake]:
    """What is wrong in one block beyond its keys and types; `voted` for the shared question.

    Nothing is said of a key that is spoiled already.
    """
    spec, lines = item.value, item.lines
    if spec is None:
        return
    yield from rules.slug(lines, ("id",), spec.id)
    for key, text in _texts(spec):
        yield from rules.markdown(lines, key, text, images)
    for key, text in _labels(spec):
        yield from rules.inline(lines, key, text)
    if "kind" in item.spoiled:
        return
    if spec.kind not in KINDS:
        todo = rules.instead(spec.kind, tuple(KINDS))
        yield lines.mistake(("kind",), f'there is no kind "{spec.kind}"', todo)
        return
    if voted and spec.kind not in VOTED_KINDS:
        what = f'nobody can vote on a question of kind "{spec.kind}"'
        yield lines.mistake(("kind",), what, f"use {choices(VOTED_KINDS)}")
    if spec.generator and spec.generator not in GENERATORS:
        todo = rules.instead(spec.generator, tuple(GENERATORS))
        yield lines.mistake(("generator",), f'there is no generator "{spec.generator}"', todo)
        return
    if "generator" in item.spoiled:
        return
    for found in (*kinds.check(spec), *generators.check(spec)):
        # What is said of one key may be due to another: an answer is looked for in the options.
        if not item.spoiled & {found.key, *_LOOKED_AT.get(found.key, ())}:
            yield lines.mistake(_place(spec, found.key, found.what), found.what, found.todo)


def _texts(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    """The Markdown in a block."""
    yield ("prompt",), spec.prompt
    yield ("explanation",), spec.explanation
    for place, hint in enumerate(spec.hints):
        yield ("hints", place), hint
    for place, option in enumerate(spec.options):
        yield ("options", place, "feedback"), option.feedback
    for place, trap in enumerate(spec.traps):
        yield ("traps", place, "reason"), trap.reason
    for number, each in enumerate(spec.numbers):
        for place, trap in enumerate(each.traps):
            yield ("numbers", number, "traps", place, "reason"), trap.reason
    for number, step in enumerate(spec.steps):
        yield ("steps", number, "prompt"), step.prompt
        for place, option in enumerate(step.options):
            yield ("steps", number, "options", place, "feedback"), option.feedback


def _labels(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    """The texts that stand on buttons and in lists: Markdown without blocks."""
    for place, option in enumerate(spec.options):
        yield ("options", place, "text"), option.text
    for place, item in enumerate(spec.items):
        yield ("items", place), item
    for place, pair in enumerate(spec.pairs):
        yield ("pairs", place, "item"), pair.item
        yield ("pairs", place, "option"), pair.option
    for place, number in enumerate(spec.numbers):
        yield ("numbers", place, "label"), number.label
    for number_of_step, step in enumerate(spec.steps):
        for place, option in enumerate(step.options):
            yield ("steps", number_of_step, "options", place, "text"), option.text
    for place, setting in enumerate(spec.settings):
        yield ("settings", place, "label"), setting.label


def _place(spec: Spec, key: str, what: str) -> KeyPath:
    """The key a kind complains about; where its words quote one option, that very option."""
    if key == "options":
        for index, option in enumerate(spec.options):
            # A long text is quoted by its beginning.
            if f'"{option.text}"' in what or f'"{option.text[:30]}...' in what:
                return (key, index, "text")
    return (key,)
