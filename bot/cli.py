"""The command line: `studyhall`, also `python -m bot`.

Knows every command and does none of the work. Invariant: exit code 0 when all is well, 1 when
something was found wrong, 2 when the command itself was not understood.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeAlias

from bot import health, logs, settings
from bot.settings import BadSettings, Settings
from bot.store.errors import StoreError

DESCRIPTION: Final = "Studyhall keeps a study group going: a weekly series with challenges."

EXAMPLES: Final = """\
examples:
  studyhall try                     open the study hall in your browser
  studyhall try --tour --seed 7     watch a whole week go by
  studyhall check my-series         find every mistake in a series
  studyhall preview 1               see a chapter as it will look
  studyhall run                     keep a study hall running
  studyhall invite                  the link that brings it into a Discord server
  studyhall manifest slack          what Slack asks for when you make the app
  studyhall doctor                  what stands between this machine and the platforms
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 2
    try:
        configured = settings.load(os.environ, given.home)
        logs.set_up(configured.log, configured.log_level)
        run: Callable[[Settings, argparse.Namespace], int] = given.run
        return run(configured, given)
    except (BadSettings, StoreError) as wrong:
        sys.stderr.write(f"studyhall: {wrong}\n")
        return 1
    except BrokenPipeError:
        # Whoever read along has seen enough; what is left to flush would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as closed:
        where = closed.filename or "the disk"
        sys.stderr.write(
            f"studyhall: {where} can't be used: {closed.strerror or closed}. Everything is kept in "
            f"{given.home or 'the home folder'}; another one is named with STUDYHALL_HOME.\n"
        )
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="studyhall",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"studyhall {_version()}")
    parser.set_defaults(home=None)
    commands = parser.add_subparsers(dest="command", metavar="command")
    for add in (
        _add_try,
        _add_check,
        _add_preview,
        _add_run,
        _add_health,
        _add_invite,
        _add_manifest,
        _add_doctor,
    ):
        add(commands)
    return parser


def _version() -> str:
    try:
        return version("studyhall")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "(not installed)"


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _command(
    commands: _Commands,
    name: str,
    words: str,
    run: Callable[[Settings, argparse.Namespace], int],
    example: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=words,
        description=words[0].upper() + words[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--home", type=Path, metavar="FOLDER", help="where everything is kept (STUDYHALL_HOME)"
    )


# -- try ------------------------------------------------------------------------------------------


def _add_try(commands: _Commands) -> None:
    parser = _command(
        commands,
        "try",
        "open the study hall in your browser, or in this terminal, without any account",
        _try,
        "studyhall try --tour --seed 7",
    )
    _add_home(parser)
    parser.add_argument("--terminal", action="store_true", help="in this terminal")
    parser.add_argument("--tour", action="store_true", help="play one week and print it")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="the members' numbers in the tour"
    )


def _try(configured: Settings, given: argparse.Namespace) -> int:
    if given.tour:
        from bot.tour import play

        return asyncio.run(play(configured, given.seed, given.home))
    if given.terminal:
        from bot.hall import open_hall

        return asyncio.run(open_hall(configured))
    from bot.page import open_page

    return asyncio.run(open_page(configured, trying=True))


# -- check and preview ----------------------------------------------------------------------------


def _add_check(commands: _Commands) -> None:
    parser = _command(
        commands,
        "check",
        "find every mistake in a series, as file:line with what to do",
        _check,
        "studyhall check lessons/series/an-eye-for-deep-learning",
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="the folder of the series")


def _check(configured: Settings, given: argparse.Namespace) -> int:
    from bot.checking import check

    report = check(given.path)
    sys.stdout.write("".join(f"{line}\n" for line in report.lines))
    return report.exit_code


def _add_preview(commands: _Commands) -> None:
    parser = _command(
        commands,
        "preview",
        "show a chapter as the channel and its members will see it",
        _preview,
        "studyhall preview 1 --challenges",
    )
    parser.add_argument("chapter", metavar="CHAPTER", help="its number or its short name")
    parser.add_argument(
        "--series", default="", metavar="NAME", help="which series, if there are several"
    )
    parser.add_argument("--path", type=Path, metavar="FOLDER", help="a series of your own")
    parser.add_argument(
        "--challenges", action="store_true", help="also a variant of each challenge, with its key"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the challenges' numbers")
    parser.add_argument("--terminal", action="store_true", help="in this terminal")


def _preview(configured: Settings, given: argparse.Namespace) -> int:
    from bot.preview import Asked

    asked = Asked(given.chapter, given.series, given.path, given.challenges, given.seed)
    if given.terminal:
        from bot.preview_screen import show

        return show(asked)
    from bot.preview_page import open_preview

    return asyncio.run(open_preview(configured, asked))


# -- run and health -------------------------------------------------------------------------------


def _add_run(commands: _Commands) -> None:
    parser = _command(
        commands,
        "run",
        "keep a study hall running, with its page, until it is told to stop",
        _run,
        "STUDYHALL_LOG=json studyhall run",
    )
    _add_home(parser)


def _run(configured: Settings, given: argparse.Namespace) -> int:
    from bot.page import open_page

    return asyncio.run(open_page(configured, trying=False))


def _add_health(commands: _Commands) -> None:
    parser = _command(
        commands,
        "health",
        "say whether a running study hall is well",
        _health,
        "studyhall health && echo well",
    )
    _add_home(parser)


def _health(configured: Settings, given: argparse.Namespace) -> int:
    found = health.look(Path(configured.home))
    if found.age_s is None:
        sys.stdout.write(f"Not running: nobody ticks in {configured.home}.\n")
    elif found.well:
        sys.stdout.write(f"Well: the last tick was {found.age_s:.0f} s ago.\n")
    else:
        sys.stdout.write(
            f"Stuck or gone: the last tick was {found.age_s:.0f} s ago. Look at the log, then "
            "restart it; nothing is lost.\n"
        )
    return 0 if found.well else 1


# -- platforms ------------------------------------------------------------------------------------


def _add_invite(commands: _Commands) -> None:
    _add_home(
        _command(
            commands,
            "invite",
            "print the link that brings the app into a Discord server, with the least rights",
            _invite,
            "STUDYHALL_DISCORD_TOKEN=... studyhall invite",
        )
    )


def _invite(configured: Settings, given: argparse.Namespace) -> int:
    from bot.doctor import invite

    return invite(configured)


def _add_manifest(commands: _Commands) -> None:
    parser = _command(
        commands,
        "manifest",
        "print what a platform asks for when you make the app, with the least rights",
        _manifest,
        "studyhall manifest slack --transport http --host study.example.org",
    )
    _add_home(parser)
    parser.add_argument("platform", choices=["slack"], metavar="PLATFORM", help="slack")
    parser.add_argument(
        "--transport",
        choices=["socket", "http"],
        help="how events come: socket needs no public address (STUDYHALL_SLACK_TRANSPORT)",
    )
    parser.add_argument(
        "--host", default="", metavar="NAME", help="where Slack finds the study hall, for http"
    )
    parser.add_argument(
        "--one-workspace", action="store_true", help="over http, for your own workspace only"
    )


def _manifest(configured: Settings, given: argparse.Namespace) -> int:
    from bot.doctor import print_manifest

    transport = given.transport or configured.slack_transport
    return print_manifest(configured, transport, given.host, given.one_workspace)


def _add_doctor(commands: _Commands) -> None:
    _add_home(
        _command(
            commands,
            "doctor",
            "check tokens, rights, transport and commands of each platform, and say what to do",
            _doctor,
            "studyhall doctor && echo well",
        )
    )


def _doctor(configured: Settings, given: argparse.Namespace) -> int:
    from bot.doctor import doctor

    return asyncio.run(doctor(configured))
