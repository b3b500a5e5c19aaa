"""Where somebody is told something in private is asked for first, and that leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.port import Address, TryLater
from tests.rigs.adapters import SlackRig
from tests.rigs.hall import part
from tests.rigs.loopback_slack_faults import Fault, What


@pytest.mark.parametrize("what", ["lost", "503"])
async def test_an_inbox_that_could_not_be_opened_leaves_the_letter_in_no_doubt(
    tmp_path: Path, what: What
) -> None:
    rig = SlackRig(tmp_path)
    adapter = await rig.start()
    try:
        rig.world.plan.faults.append(Fault(what, r"conversations\.open", done=True))
        inbox = Address(rig.channel.space, "", member=rig.people[0])

        with pytest.raises(TryLater):
            await adapter.send(inbox, part("Hello"), "a" * 24)
        await adapter.send(inbox, part("Hello"), "a" * 24)
        assert rig.world.made() == [True]
    finally:
        await rig.close()
