"""What each kind finds wrong in a hand-written block: the key, what is wrong, what to do."""

from __future__ import annotations

import msgspec
import pytest

from lessons import kinds
from lessons.kinds.spec import Spec

OPTIONS = 'options = [{ text = "A1" }, { text = "B1", feedback = "no" }]'
CHOICE = f'kind = "choice"\nprompt = "?"\nexplanation = "!"\nanswer = "A1"\n{OPTIONS}'
NUMBER = 'kind = "numeric"\nprompt = "?"\nexplanation = "!"\nanswer = 2\n'
THREE = 'kind = "three"\nprompt = "?"\nexplanation = "!"\ntolerance = { absolute = 1 }\n'
ORDER = 'kind = "order"\nprompt = "?"\nexplanation = "!"\n'
MULTI = f'kind = "multi"\nprompt = "?"\nexplanation = "!"\n{OPTIONS}\n'
CONFIG = 'kind = "config"\nprompt = "?"\nexplanation = "!"\n'
LONG = "x" * 76


@pytest.mark.parametrize(
    ("block", "key", "words"),
    [
        ('kind = "essay"', "kind", 'no kind "essay"'),
        (CHOICE.replace('"?"', '""'), "prompt", "no prompt"),
        (CHOICE.replace('"!"', '" "'), "explanation", "no explanation"),
        (CHOICE.replace(', feedback = "no"', ""), "options", 'wrong option "B1" has no feedback'),
        (CHOICE.replace('answer = "A1"', 'answer = "C1"'), "answer", "not one of the options"),
        (CHOICE.replace('answer = "A1"', "answer = 3"), "answer", "not a text"),
        (CHOICE.replace('answer = "A1"\n', ""), "answer", "no answer"),
        (CHOICE.replace('"B1"', '"a1 "'), "options", "is there twice"),
        (CHOICE.replace('"B1"', f'"{LONG}"'), "options", "has 76 characters"),
        (CHOICE.replace('"B1"', '""'), "options", "an option is empty"),
        ('kind = "choice"\nprompt = "?"\nanswer = "a"', "options", "0 options"),
        (CHOICE + "\ntolerance = { absolute = 1 }", "tolerance", "no use for `tolerance`"),
        (CHOICE + '\nhints = ["", "b"]', "hints", "hint 1 is empty"),
        (NUMBER, "tolerance", "no tolerance"),
        (NUMBER + "tolerance = 0.1", "tolerance", "bare tolerance of 0.1"),
        (NUMBER + "tolerance = { absolute = -1 }", "tolerance", "a tolerance of -1"),
        (NUMBER + "tolerance = {}", "tolerance", "either absolute or relative"),
        (NUMBER + "tolerance = { absolute = 1, relative = 1 }", "tolerance", "either"),
        (NUMBER + "tolerance = { absolute = nan }", "tolerance", "a tolerance of nan"),
        (NUMBER.replace("2", '"two"') + "tolerance = { absolute = 1 }", "answer", "not a number"),
        (NUMBER.replace("2", "inf") + "tolerance = { absolute = 1 }", "answer", "not a number"),
        (
            NUMBER + 'tolerance = { absolute = 1 }\ntraps = [{value=4, within=1, reason="r"}]',
            "traps",
            "overlaps the right answer",
        ),
        (
            NUMBER + 'tolerance = { absolute = 1 }\ntraps = [{value=9, within=1, reason=""}]',
            "traps",
            "has no reason",
        ),
        (ORDER + 'items = ["a", "b"]', "items", "an order of 2"),
        (ORDER + 'items = ["a", "b", "B"]', "items", "is there twice"),
        (MULTI, "answer", "no list of right options"),
        (MULTI + 'answer = ["A1", "B1"]', "answer", "every option is right"),
        (MULTI + 'answer = ["A1", "Z"]', "answer", "not one of the options"),
        (THREE, "numbers", "0 numbers"),
        (
            'kind = "match"\nprompt = "?"\nexplanation = "!"\n'
            'options = [{ text = "A1" }, { text = "B1", feedback = "no" }]\n'
            'pairs = [{ item = "x", option = "A1" }, { item = "y", option = "B1" }]',
            "options",
            'wrong option "A1" has no feedback',
        ),
        (
            f'kind = "match"\nprompt = "?"\nexplanation = "!"\n{OPTIONS}\n'
            'pairs = [{ item = "x", option = "Q" }]',
            "pairs",
            "not one of the options",
        ),
        ('kind = "curve"\nprompt = "?"', "generator", "only a generator makes"),
        ('kind = "steps"\nexplanation = "!"', "steps", "0 steps"),
        (
            'kind = "steps"\nexplanation = "!"\nsteps = [{ prompt = " ", answer = "A1", '
            'options = [{ text = "A1" }, { text = "B1" }] }]',
            "steps",
            "step 1 has no prompt",
        ),
        (CONFIG + 'job = "dance"\ngoal = 0.9', "job", 'no job "dance"'),
        (CONFIG + 'job = "spirals"\ngoal = 90', "goal", "not a share"),
        (CONFIG + 'job = "spirals"\ngoal = 0.9', "settings", "nothing to set"),
        (
            CONFIG + 'job = "spirals"\ngoal = 0.9\n'
            'settings = [{ id = "rate", label = "r", values = ["1", "fast"] }]',
            "settings",
            'rate "fast" is not',
        ),
        (
            'kind = "numeric"\ngenerator = "w01.first_loss"\ntraps = '
            '[{ value = 1, within = 1, reason = "r" }]',
            "traps",
            "made by the generator",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_to_do(block: str, key: str, words: str) -> None:
    found = kinds.check(msgspec.toml.decode(f'id = "i"\n{block}', type=Spec))
    assert any(mistake.key == key and words in mistake.what for mistake in found), found
    assert all(mistake.todo for mistake in found)


def test_a_key_that_does_not_exist_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="answr"):
        msgspec.toml.decode('id = "i"\nkind = "choice"\nanswr = "x"', type=Spec)
