"""Who may talk to the page: what comes from elsewhere, is too large or too old changes nothing.

Knows no service. Invariant: after every refusal the hall is as it was before.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest

from adapters.web.guard import HEADERS, MOST_BYTES, ROLES, Keys, Pass, Refused
from adapters.web.words import word
from lessons.posts import Reply
from tests.rigs.page_text import read
from tests.rigs.web import Hall, post

ACT = "/as/ada/study/act"
CLOCK = "/as/ada/study/clock"
TEN_MB = 10 * 1024 * 1024


def pressing(hall: Hall, person: str = "ada") -> dict[str, str]:
    """What a browser sends when that person presses [What's next?]."""
    return {"token": hall.adapter.keys.token(person), "typed": "study next", "since": since(hall)}


def since(hall: Hall) -> str:
    return f"{hall.adapter.keys.hall}.{hall.adapter.transcript.version}.0"


def untouched(hall: Hall) -> bool:
    return hall.host.actions == [] and hall.adapter.transcript.version == 0


async def test_a_form_of_the_page_itself_is_taken(hall: Hall) -> None:
    answer = await hall.post(ACT, pressing(hall))

    assert answer.status == HTTPStatus.OK
    assert len(hall.host.actions) == 1


# -- another origin -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [ACT, CLOCK])
@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "https://127.0.0.1.example.org:{port}",
        "null",
        "",
        "127.0.0.1:{port}",
        "ftp://127.0.0.1:{port}",
        "http://[",
    ],
)
async def test_a_form_of_another_origin_is_refused(hall: Hall, path: str, origin: str) -> None:
    before = hall.hands.now
    told = {"Origin": origin.format(port=hall.port)}
    answer = await hall.post(path, {**pressing(hall), "move": "3600"}, headers=told)

    assert answer.status == HTTPStatus.FORBIDDEN
    assert word("wrong_origin") in await answer.text()
    assert untouched(hall)
    assert hall.hands.now == before


async def test_a_form_that_does_not_say_where_it_comes_from_is_refused(hall: Hall) -> None:
    address = hall.address + ACT
    async with hall.browser.post(address, data=pressing(hall)) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
    assert untouched(hall)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_page_can_neither_post_nor_frame_nor_read(hall: Hall, site: str) -> None:
    told = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    answer = await hall.post(ACT, pressing(hall), headers=told)
    assert answer.status == HTTPStatus.FORBIDDEN

    for path in ("/as/ada/study", "/as/ada/study/events?since=" + since(hall), "/"):
        async with hall.browser.get(hall.address + path, headers=told) as read_back:
            assert read_back.status == HTTPStatus.FORBIDDEN
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    async with hall.browser.get(hall.address + "/as/ada/study", headers=framed) as shown:
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
        assert shown.headers["X-Frame-Options"] == "DENY"
    assert untouched(hall)


async def test_a_link_on_another_page_may_lead_here(hall: Hall) -> None:
    told = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert (await hall.page("/as/ada/study", **told)).one(id="feed")


# -- a wrong Host ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    ["example.org", "127.0.0.1.example.org", "localhost.example.org", "10.0.0.1:8484", "", "[::1"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_host_is_refused(hall: Hall, host: str, method: str) -> None:
    """A name that somebody made point to this machine is how foreign pages would get in."""
    fields = pressing(hall) if method == "POST" else None
    path = ACT if method == "POST" else "/as/ada/study"
    told = {"Host": host, "Origin": f"http://{host}"}
    async with hall.browser.request(
        method, hall.address + path, data=fields, headers=told
    ) as answer:
        assert answer.status == HTTPStatus.MISDIRECTED_REQUEST
        assert "STUDYHALL_WEB_NAMES" in await answer.text()
    assert untouched(hall)


@pytest.mark.parametrize("hosts", ["", "Host: 127.0.0.1\r\nHost: example.org\r\n"])
async def test_none_and_two_hosts_are_refused(hall: Hall, hosts: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(f"GET /as/ada/study HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
    first = await asyncio.wait_for(reader.readline(), 10)
    writer.close()

    assert first.split()[1] in (b"421", b"400")


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"])
async def test_this_machine_s_own_names_are_known(hall: Hall, host: str) -> None:
    assert await hall.page("/as/ada/study", Host=host.format(port=hall.port))


async def test_a_name_that_was_told_is_known(tmp_path: Path) -> None:
    async with Hall(tmp_path / "named", names=frozenset({"hall.example.org"})) as named:
        assert await named.page("/as/ada/study", Host="hall.example.org")
        assert await named.page("/as/ada/study", Host="Hall.Example.Org.:443")
        told = {"Host": "hall.example.org", "Origin": "https://hall.example.org"}
        answer = await named.post(ACT, pressing(named), headers=told)
        assert answer.status == HTTPStatus.OK


# -- without the token ----------------------------------------------------------------------------


async def test_without_the_link_s_key_there_is_nothing_but_words(kept_hall: Hall) -> None:
    key = kept_hall.adapter.keys
    token = key.token("")
    for path in ("/", "/me/study", "/me/study/events", "/pictures/" + "0" * 32 + ".png"):
        async with kept_hall.browser.get(kept_hall.address + path) as answer:
            assert answer.status == HTTPStatus.FORBIDDEN
            assert word("no_key") in read(await answer.text()).words()
    for path in ("/me/study/act", "/door"):
        answer = await kept_hall.post(path, {"token": token, "name": "Mallory"})
        assert answer.status == HTTPStatus.FORBIDDEN
    assert kept_hall.adapter.people == {}
    assert untouched(kept_hall)


@pytest.mark.parametrize("key", ["", "0" * 32, "é", "a" * 5000])
async def test_a_wrong_key_opens_nothing(kept_hall: Hall, key: str) -> None:
    async with kept_hall.browser.get(kept_hall.address, params={"key": key}) as answer:
        assert answer.status == HTTPStatus.FORBIDDEN
        assert "Set-Cookie" not in answer.headers


async def test_with_the_key_one_comes_in_under_a_name_and_stays(kept_hall: Hall) -> None:
    link = kept_hall.pages.links(kept_hall.address)["member"]
    async with kept_hall.browser.get(link) as answer:
        door = read(await answer.text())
        assert "key=" not in str(answer.url)
        assert word("door") in door.words()
    token = door.one("input", name="token")["value"]
    nameless = await kept_hall.post("/door", {"token": token, "name": "  "}, script=False)
    assert word("door_name") in read(await nameless.text()).words()
    inside = await kept_hall.post("/door", {"token": token, "name": " Ada\nL. "}, script=False)
    cookie = inside.headers["Set-Cookie"]

    assert inside.status == HTTPStatus.SEE_OTHER
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = await kept_hall.page("/me/study")
    assert word("you_are", who="Ada L.") in page.words()
    assert not page.all(id="clock")
    assert not page.all(id="panel")
    assert not page.all("nav", class_="people")


async def test_the_moderator_s_link_gives_the_panel_and_the_member_s_does_not(
    kept_hall: Hall,
) -> None:
    kept_hall.host.replies = [Reply(post=post("Nothing runs here."))]
    for role in ("member", "moderator"):
        async with kept_hall.browser.get(kept_hall.pages.links(kept_hall.address)[role]) as _:
            pass
        token = kept_hall.adapter.keys.token("")
        await kept_hall.post("/door", {"token": token, "name": "Mia"}, script=False)
        page = await kept_hall.page("/me/study")
        assert bool(page.all(id="panel")) == (role == "moderator")
        person = next(iter(kept_hall.adapter.people))
        fields = {**pressing(kept_hall, person), "typed": "series status"}
        await kept_hall.post("/me/study/act", fields)
        assert kept_hall.host.actions[-1].moderator == (role == "moderator")


async def test_nobody_switches_to_another_person_or_moves_the_clock_outside_a_try_out(
    kept_hall: Hall,
) -> None:
    async with kept_hall.browser.get(kept_hall.pages.links(kept_hall.address)["moderator"]) as _:
        pass
    for path in ("/as/mia/study", "/as/ada/study"):
        async with kept_hall.browser.get(kept_hall.address + path) as answer:
            assert answer.status == HTTPStatus.NOT_FOUND
    for path in (ACT, CLOCK, "/me/study/clock"):
        answer = await kept_hall.post(path, pressing(kept_hall))
        assert answer.status == HTTPStatus.NOT_FOUND
    assert untouched(kept_hall)


async def test_a_try_out_that_is_not_on_loopback_needs_its_key_too(tmp_path: Path) -> None:
    async with Hall(tmp_path, key_needed=True) as away:
        async with away.browser.get(away.address + "/as/mia/study") as answer:
            assert answer.status == HTTPStatus.FORBIDDEN
        async with away.browser.get(away.pages.links(away.address)["try"]) as answer:
            assert answer.status == HTTPStatus.OK
        assert await away.page("/as/mia/study")


def test_a_pass_can_not_be_made_up() -> None:
    keys, others = Keys(b"one"), Keys(b"other")
    for given in (Pass("try"), Pass("member", "abc"), Pass("moderator", "abc")):
        assert keys.read(keys.cookie(given)) == given
        assert others.read(keys.cookie(given)) is None
    member = keys.cookie(Pass("member", "abc"))
    for made_up in (
        member.replace("member", "moderator"),
        member.replace("abc", "abd"),
        member[:-1],
        member + "0",
        "",
        ".",
        "..",
        "member.abc.",
        "nobody" + member[6:],
        "member.é." + "0" * 32,
    ):
        assert keys.read(made_up) is None
    assert len({keys.key(role) for role in ROLES}) == len(ROLES)


# -- a stale form ---------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["none", "another person", "another hall", "not ascii"])
@pytest.mark.parametrize("path", [ACT, CLOCK])
async def test_a_form_that_is_not_this_person_s_and_this_hall_s_is_refused(
    hall: Hall, whose: str, path: str
) -> None:
    before = hall.hands.now
    token = {
        "none": "",
        "another person": hall.adapter.keys.token("ben"),
        "another hall": Keys(b"another").token("ada"),
        "not ascii": "é",
    }[whose]
    for script in (True, False):
        fields = {**pressing(hall), "token": token, "move": "3600"}
        answer = await hall.post(path, fields, script=script)
        assert answer.status == HTTPStatus.FORBIDDEN
        text = await answer.text()
        assert word("stale_form") in (json.loads(text)["wrong"] if script else read(text).words())
    assert untouched(hall)
    assert hall.hands.now == before


def test_a_token_holds_for_one_person_of_one_hall() -> None:
    keys = Keys(b"one")
    keys.check_token("ada", keys.token("ada"))
    for person, token in (("ada", keys.token("ben")), ("ada", Keys(b"two").token("ada"))):
        with pytest.raises(Refused):
            keys.check_token(person, token)


# -- bodies that are no form ----------------------------------------------------------------------

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", [ACT, CLOCK])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"token=\xff\xfe", {"Content-Type": FORM}),
        (b"token=a", {"Content-Type": FORM + "; charset=none-such"}),
        (b"token=a", {"Content-Type": FORM, "Content-Encoding": "gzip"}),
        (b"--z", {"Content-Type": "multipart/form-data; boundary=z"}),
        (b"--z", {"Content-Type": "multipart/form-data"}),
        (b'{"token": "a"}', {"Content-Type": "application/json"}),
    ],
)
async def test_a_body_that_is_no_form_is_refused_and_is_no_fault_of_the_page(
    hall: Hall, path: str, body: bytes, kind: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    before = hall.hands.now
    headers = {**kind, "Origin": hall.address}
    async with hall.browser.post(hall.address + path, data=body, headers=headers) as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert word("bad_request") in read(await answer.text()).words()
    assert untouched(hall)
    assert hall.hands.now == before
    assert "adapters.web.serving" not in [one.name for one in caplog.records]


# -- bodies of 10 MB ------------------------------------------------------------------------------


async def test_a_body_of_10_mb_is_refused_as_soon_as_it_is_announced(hall: Hall) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(
        f"POST {ACT} HTTP/1.1\r\nHost: 127.0.0.1:{hall.port}\r\nOrigin: {hall.address}\r\n"
        f"Content-Length: {TEN_MB}\r\n\r\n".encode()
    )
    first = await asyncio.wait_for(reader.readline(), 10)
    writer.close()

    assert first.split()[1] == b"413"
    assert untouched(hall)


@pytest.mark.parametrize("path", [ACT, CLOCK, "/nowhere"])
async def test_a_body_of_10_mb_is_refused_and_the_page_goes_on(hall: Hall, path: str) -> None:
    fields = pressing(hall)
    body = b"token=" + fields["token"].encode() + b"&typed=study+next&x=" + b"a" * TEN_MB
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": hall.address}
    status = await _status(hall, path, io.BytesIO(body), kind)
    assert status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None)
    assert untouched(hall)
    assert (await hall.post(ACT, fields)).status == HTTPStatus.OK


async def test_a_body_of_10_mb_that_does_not_say_its_length_is_refused(hall: Hall) -> None:
    fields = pressing(hall)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"token=" + fields["token"].encode() + b"&typed=study+next&x="
        for _ in range(TEN_MB // MOST_BYTES):
            yield b"a" * MOST_BYTES

    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": hall.address}
    status = await _status(hall, ACT, pieces(), kind)
    assert status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None)
    assert untouched(hall)
    assert (await hall.post(ACT, fields)).status == HTTPStatus.OK


async def test_a_file_of_10_mb_in_a_form_is_refused(hall: Hall) -> None:
    form = aiohttp.FormData(pressing(hall))
    form.add_field("file", io.BytesIO(b"a" * TEN_MB), filename="a.bin")
    status = await _status(hall, ACT, form, {"Origin": hall.address})
    assert status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, None)
    assert untouched(hall)


async def _status(hall: Hall, path: str, body: object, headers: dict[str, str]) -> int | None:
    """The answer's status; None if the line was cut while the body was still being sent."""
    try:
        async with hall.browser.post(hall.address + path, data=body, headers=headers) as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return None


# -- every answer ---------------------------------------------------------------------------------


async def test_every_answer_carries_the_headers_that_keep_other_pages_out(hall: Hall) -> None:
    page = await hall.page("/as/ada/study")
    assets = [one["href"] for one in page.all("link")] + [one["src"] for one in page.all("script")]
    assert len(assets) == 3
    for path in ("/", "/as/ada/study", "/nowhere", "/as/ada/nowhere", *assets):
        async with hall.browser.get(hall.address + path, allow_redirects=False) as answer:
            assert {**HEADERS, **answer.headers} == dict(answer.headers)
    refused = await hall.post(ACT, {}, headers={"Origin": "null"})
    assert {**HEADERS, **refused.headers} == dict(refused.headers)


async def test_the_page_has_nothing_that_its_own_policy_forbids(hall: Hall) -> None:
    """No script, style or handler stands in the HTML, and nothing comes from elsewhere."""
    page = await hall.page("/as/mia/study")
    for element in page.all():
        assert element.tag != "style"
        assert not any(name.startswith("on") for name in element.attributes), element
        assert "style" not in element.attributes
        if element.tag == "script":
            assert element["src"].startswith("/static/")
            assert not element.inside
        for name in ("src", "href", "action"):
            where = element[name]
            assert not where or where[0] in "/#", where


async def test_no_page_is_kept_and_every_asset_is(hall: Hall) -> None:
    page = await hall.page("/as/ada/study")
    async with hall.browser.get(hall.address + "/as/ada/study") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
    style = page.all("link", rel="stylesheet")[0]["href"]
    async with hall.browser.get(hall.address + style) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.content_type == "text/css"
    async with hall.browser.get(hall.address + "/static/0/page.css") as answer:
        assert answer.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "path",
    [
        "/as/nobody/study",
        "/as/ada/attic",
        "/static/../secret",
        "/images/../../etc/passwd",
        "/images/%2e%2e/%2e%2e/etc/passwd.png",
        "/pictures/nothing.png",
        "/pictures/" + "0" * 32 + ".png",
        "/maths/" + "0" * 32 + ".png",
        "/favicon.ico",
    ],
)
async def test_what_is_not_there_is_said_so_in_words(hall: Hall, path: str) -> None:
    async with hall.browser.get(hall.address + path) as answer:
        assert answer.status == HTTPStatus.NOT_FOUND
        assert word("not_found") in read(await answer.text()).words()
