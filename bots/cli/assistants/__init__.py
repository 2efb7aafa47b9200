"""`spool assistants …`: create, list, change and assign assistants, whether the bot runs or not."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bots.cli.assistants import changes, lookups
from bots.cli.assistants.invocation import Invocation, service, unsaved
from bots.cli.assistants.options import CLEARABLE, add_options
from bots.cli.assistants.sentences import refused
from core.assistants.refusals import AssistantError
from core.errors import Unsaved
from core.settings import Settings
from core.store.data_dir import data_directory
from core.store.database import Database

ACTIONS: Mapping[str, Callable[[Invocation], Awaitable[None]]] = {
    "create": changes.create,
    "update": changes.update,
    "import": changes.bring,
    "list": lookups.show_all,
    "show": lookups.show,
    "export": lookups.export,
    "delete": lookups.delete,
    "use": lookups.use,
}
_ASST = "an id (asst_…) or a name"


def add(commands: Any, spool: str = "spool") -> None:
    """Register the command. `spool`: what the person typed, for hints."""
    parser = commands.add_parser("assistants", help="create, list, change and assign assistants")
    parser.set_defaults(spool=spool)
    actions = parser.add_subparsers(dest="action", metavar="|".join(ACTIONS), required=True)
    _changing(actions)
    _looking(actions)
    _assigning(actions)
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print JSON and nothing else")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Carry the command out; the exit status. Raises ConfigError with everything that is wrong."""
    return asyncio.run(_run(options, settings))


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    data_directory(settings.data_dir)
    db = Database(settings.data_dir / "spool.sqlite3")
    try:
        await ACTIONS[options.action](Invocation(service(db, settings), settings, options))
    except AssistantError as error:
        raise refused(error, settings, options.spool) from error
    except Unsaved as error:
        raise unsaved(settings, error) from error
    finally:
        db.close()
    return 0


def _changing(actions: Any) -> None:
    create = actions.add_parser("create", help="make a new one")
    add_options(create)
    update = actions.add_parser("update", help="change one; answers begun before are not touched")
    update.add_argument("assistant", metavar="ASST", help=_ASST)
    add_options(update)
    update.add_argument(
        "--remove-tool", action="append", default=[], metavar="TOOL", help="as for --tool; repeatable"
    )
    update.add_argument(
        "--clear",
        action="append",
        default=[],
        metavar="FIELD",
        help=f"back to its default: {', '.join(CLEARABLE)}; repeatable",
    )
    bring = actions.add_parser("import", help="make those that the Assistants API, or export, printed")
    bring.add_argument("file", metavar="FILE|-", help="JSON: one object or a list; - reads standard input")
    bring.add_argument(
        "--update", action="store_true", help="make those that are here already what the file says"
    )


def _looking(actions: Any) -> None:
    actions.add_parser("list", help="all of them, and where they answer")
    show = actions.add_parser("show", help="everything about one")
    show.add_argument("assistant", metavar="ASST", help=_ASST)
    show.add_argument("--full", action="store_true", help="long texts to their end")
    export = actions.add_parser("export", help="print JSON that import reads")
    export.add_argument("assistants", nargs="*", metavar="ASST", help=f"{_ASST}; default: all")


def _assigning(actions: Any) -> None:
    delete = actions.add_parser("delete", help="remove one; answers it gave stay")
    delete.add_argument("assistant", metavar="ASST", help=_ASST)
    delete.add_argument("--force", action="store_true", help="also when it is assigned somewhere")
    use = actions.add_parser("use", help="let one answer somewhere: in a channel, in a workspace, by default")
    use.add_argument("assistant", metavar="ASST|none", help=f"{_ASST}; none: end the assignment")
    use.add_argument(
        "--slack",
        action="append",
        default=[],
        metavar="ID",
        help="a channel (C…, G…, D…) or workspace (T…, E…)",
    )
    use.add_argument(
        "--discord", action="append", default=[], metavar="ID", help="a thread, channel or server (a number)"
    )
    use.add_argument("--default", action="store_true", help="every channel without its own assistant")
