"""Windows: their titles, and what they remember of where they were opened."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Rejected
from adapters.slack import views
from adapters.slack.limits import METADATA
from adapters.slack.views import Memory
from tests.rigs.slack_payloads import faults

LINE = {"type": "section", "text": {"type": "plain_text", "text": "x"}}


def titled(title: str) -> str:
    return str(views.window([LINE], Memory(), title=title)["title"]["text"])


def test_a_title_that_slack_would_cut_is_left_out() -> None:
    assert titled("Challenge 1") == "Challenge 1"
    assert titled("W" * 25) == titled("") == "Study hall"


@given(
    st.builds(
        Memory,
        st.text(max_size=20),
        st.text(max_size=24),
        st.text(max_size=24),
        st.dictionaries(st.text(max_size=20), st.text(max_size=1), max_size=8),
        st.text(max_size=30),
    )
)
def test_what_a_window_remembers_comes_back_as_it_was(memory: Memory) -> None:
    kept = views.window([LINE], memory)["private_metadata"]
    assert views.memory({"private_metadata": kept}) == memory


def test_the_most_that_a_window_remembers_fits() -> None:
    steps = {f"{'s' * 38}{n:02}": "z" for n in range(26)}
    memory = Memory("C" * 20, "a" * 24, "b" * 24, steps, "")
    assert len(memory.kept()) <= METADATA
    assert faults("views.open", {"trigger_id": "1", "view": views.loading(memory)}) == []


@pytest.mark.parametrize("kept", ["", "{", "[]", "7", "null", '{"locked": []}', '{"locked": 1}'])
def test_what_can_not_be_read_is_forgotten(kept: str) -> None:
    assert views.memory({"private_metadata": kept}) == Memory()


def test_three_windows_lie_on_each_other_and_no_more() -> None:
    def view(previous: str | None, root: str) -> dict[str, Any]:
        return {"previous_view_id": previous, "root_view_id": root}

    assert views.has_room(view(None, "V1"))
    assert views.has_room(view("V1", "V1"))
    assert not views.has_room(view("V2", "V1"))


def test_what_is_too_much_for_a_window_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Rejected, match="101 blocks"):
        views.window([LINE] * 101, Memory())
    with pytest.raises(Rejected, match="0 blocks"):
        views.home([])
    with pytest.raises(Rejected, match="private_metadata"):
        views.window([LINE], Memory(command="x" * METADATA))
