"""TOML read strictly: every key is placed, every type is checked, every mistake is said."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import msgspec
import pytest

from lessons.strict_toml import read
from lessons.toml_lines import Scan, TomlText

DOCUMENT = """# a comment with = and [brackets]
plain = "a # is no comment here"
"quoted key" = 'single [ { quotes'
dotted.inner.deep = 1
long = '''
fake = 1
[not.a.table]
'''
quotes = QQQ
four "quotes" \\QQQ at the end"QQQ
list = [
  1, # one
  [2, { in_list = 3 }],
  { far = "x", near = [4] },
]
inline = { one = 1, two = { three = 3 } }

[table]
key = 2020-01-01

[table.below]
key = 1e3

[[many]]
name = "first"
[[many.parts]]
size = 1
[[many.parts]]
size = 2

[[many]]
name = "second"
[many.owner]
who = "x"
""".replace("QQQ", '"' * 3)


def keys(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a parsed document."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    for name, each in inner:
        yield (*path, name)
        yield from keys(each, (*path, name))


def test_every_key_of_valid_toml_is_placed_on_a_line_that_names_it() -> None:
    rows = DOCUMENT.split("\n")
    lines = Scan(DOCUMENT, 11).places("a.toml")
    for path in keys(tomllib.loads(DOCUMENT)):
        assert path in lines.of, path
        names = [part for part in path if isinstance(part, str)]
        if isinstance(path[-1], str):
            assert names[-1] in rows[lines.line(*path) - 11], path
    assert "fake" not in {path[0] for path in lines.of}
    assert lines.line("many", 1, "name") - lines.line("many", 0, "name") == 7
    assert lines.text_line("long") == lines.line("long") + 1


class Inner(msgspec.Struct, frozen=True):
    size: float
    name: str = ""


class Outer(msgspec.Struct, frozen=True):
    title: str
    count: int = 0
    size: Inner | float | None = None
    many: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title = 1", '1: "title" must be text, not a number; write title = "..."'),
        ("title = true", '1: "title" must be text, not true or false; write title = "..."'),
        ("title = 2020-01-01", '1: "title" must be text, not a date; write title = "..."'),
        (
            'title = ""\ncount = 1.5',
            '2: "count" must be a whole number, not a number; write count = 1',
        ),
        (
            'title = ""\ncount = true',
            '2: "count" must be a whole number, not true or false; write count = 1',
        ),
        (
            'title = ""\nsize = inf',
            '2: "size" must be a table or a number, '
            "not an endless or huge one; write size = { size = 0.5 }",
        ),
        (
            'title = ""\nsize = { siz = 1 }',
            '2: unknown key "siz" in "size" in this block; did you mean "size"?',
        ),
        (
            'title = ""\nmany = { size = 1 }',
            '2: "many" must be a list, not a table; write many = [{ size = 0.5 }]',
        ),
        (
            'title = ""\nmany = [\n{ size = 1 },\n{ size = "1" },\n]',
            '4: "size" in number 2 of "many" must be a number, not text; write size = 0.5',
        ),
        (
            'title = ""\nmany = [3]',
            '2: number 1 of "many" must be a table, not a number; write { size = 0.5 }',
        ),
        (
            'title = ""\nqqq = 3',
            '2: unknown key "qqq" in this block; it may have "title", "count", "size" or "many"',
        ),
        ("count = 1", '1: "title" is missing in this block; add title = "..."'),
        (
            "title = yes",
            "1: a value that is not TOML in this block; "
            'put text in "quotes"; numbers, true and false stand alone',
        ),
        (
            'title = """\nx',
            "1: a text that is opened but not closed in this block; end it with its quotes",
        ),
        ("title", '1: a key without a value in this block; write it as key = "value"'),
        (
            'title = "a" "b"',
            "1: something follows the value in this block; start a new line after each value",
        ),
        (
            'title = "a\\q"',
            "1: a lone \\ in a text in this block; write \\\\, or put the text in 'single quotes'",
        ),
        (
            'title = "a"\n[[many]]\nsize = 1\n[many]\n',
            "4: a table stands here for the second time "
            "in this block; write [[name]] to add to a list",
        ),
        ("count = " + "[" * 5_000, "1: this block is nested too deep; write it flatter"),
    ],
)
def test_a_mistake_says_what_and_where_and_what_to_do(text: str, expected: str) -> None:
    found = read(TomlText("a.md", 1, text, "this block"), Outer)
    assert [str(mistake) for mistake in found.mistakes] == [f"a.md:{expected}"]


def test_what_is_right_survives_what_is_wrong() -> None:
    found = read(TomlText("a.md", 1, 'titel = "x"\ncount = 3\nsize = "y"', "this block"), Outer)
    assert found.value is not None
    assert found.value.count == 3
    assert found.spoiled == {"titel", "title", "size"}
    assert found.raw["size"] == "y"


def test_a_sound_block_is_read_without_mistakes() -> None:
    text = 'title = "x"\nsize = 1\n[[many]]\nsize = 2\nname = "y"'
    found = read(TomlText("a.md", 1, text, "this block"), Outer)
    assert found.mistakes == ()
    assert found.value == Outer("x", 0, 1.0, (Inner(2.0, "y"),))
