"""What the command line says of remarks and refusals: the sentences of `core.assistants`' values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bots.cli.assistants.show import line, place
from bots.cli.tools import examples
from core.assistants import refusals
from core.assistants.refusals import AssistantError
from core.assistants.remarks import Kind, Remark
from core.errors import ConfigError
from core.settings import Settings
from core.types import SETTINGS_ID

HOW: Final = "docs/tools.md shows in five minutes how to write it; then give it to the assistant."
_AGAIN: Final = "add the documents again with `{spool} files add`"
SENTENCES: Final[Mapping[Kind, str]] = {
    "invalid": "{text}",
    "name_taken": "There is an assistant called {name} already ({id}). Choose another --name, or change that "
    "one: {spool} assistants update {id} …",
    "name_of_settings": "There is an assistant called {name} already ({id}). Choose another --name, or "
    "change ASSISTANT_NAME",
    "function_unknown": "There is no function {name} in {tools_directory}.{asked} {way}",
    "function_unwritten": "There is no function {name} in {tools_directory} yet; docs/tools.md shows how to "
    "write it.",
    "model_refused": "{text}",
    "model_warning": "{text}",
    "tools_unavailable": "{label} answers without {tools}: the settings (OPENAI_FEATURES, OPENAI_BASE_URL) "
    "say that this model server has no such tools.",
    "thinking_with_temperature": "Many models refuse temperature and top_p while they think. Use --effort "
    "none with them.",
    "namesake": "Another assistant is called {name} too. Say which by its id: {id}.",
    "field_unknown": "The field {name} is not known here; it was left out.",
    "retrieval_renamed": "The tool retrieval is called file_search now.",
    "tool_unknown": "The tool {tool} is not known here; it was left out.",
    "store_left": f"The vector store {{id}} cannot come along; {_AGAIN}.",
    "stores_left": f"The vector stores to be made cannot come along; {_AGAIN}.",
    "code_file_left": "The file {id} of the code interpreter cannot come along; send it to the assistant in "
    "the chat when it is needed.",
    "file_left": f"The file {{id}} cannot come along; {_AGAIN}.",
    "model_replaced": "{reason}; the assistant now uses {model}.",
    "effort_left": "The effort {effort} does not exist with {model}; it was left out.",
    "same_here": "It is here already, exactly like this; it was left as it is.",
    "differs_here": "It is here already, and differs from the file; it was left as it is. Add --update to "
    "make it what the file says.",
    "restored": "It was deleted here; now it is there again.",
    "id_changed": "{given} cannot be an id here; it has {id} now.",
}


def sentence(remark: Remark, settings: Settings, spool: str) -> str:
    """What to say of it. `spool`: what the person typed, for hints."""
    more = {"spool": spool, "tools_directory": str(settings.tools_directory)}
    if remark.kind == "function_unknown":
        name, near = remark.facts["name"], remark.facts["meant"]
        more["asked"] = f" Did you mean {near}?" if near else ""
        more["way"] = f"Copy it: {spool} tools add {name}" if name in examples() else HOW
    elif remark.kind == "id_changed":
        return SENTENCES[remark.kind].format(given=line(remark.facts["given"], 80), id=remark.facts["id"])
    return SENTENCES[remark.kind].format(**remark.facts, **more)


def refused(error: AssistantError, settings: Settings, spool: str) -> ConfigError:
    """What to say of a refusal: everything that is wrong, each with its cure."""
    match error:
        case refusals.Unknown():
            problems = [f"There is no assistant “{error.wanted}”. `{spool} assistants list` shows all."]
        case refusals.Ambiguous():
            ids = ", ".join(assistant.id for assistant in error.found)
            problems = [f"Several assistants are called “{error.wanted}”. Say which by its id: {ids}."]
        case refusals.OfSettings():
            problems = [
                f"{SETTINGS_ID} is what the ASSISTANT_* settings say. Change those, or create an assistant "
                f"and let it answer everywhere: {spool} assistants use NAME --default."
            ]
        case refusals.Outdated():
            problems = [f"{error.assistant.label} was changed by somebody else just now. Try again."]
        case refusals.InUse():
            problems = list(_uses(error, spool))
        case refusals.Invalid():
            problems = [sentence(problem, settings, spool) for problem in error.problems]
        case refusals.ImportRefused():
            problems = [
                f"{named(label)}: {sentence(problem, settings, spool)}" for label, problem in error.problems
            ]
        case _:
            problems = [str(error)]
    return ConfigError(*problems)


def named(label: str) -> str:
    """What to call one that is being imported."""
    return line(label or "An assistant", 80)


def _uses(error: refusals.InUse, spool: str) -> Iterable[str]:
    label = error.assistant.label
    if error.places:
        places = ", ".join(place(found) for found in error.places)
        yield f"{label} answers in {places}. Add --force to delete it anyway."
    if error.documents:
        yield (
            f"{label} has {many(error.documents)} at the model server. Remove what is there first with "
            f"`{spool} files remove {error.assistant.id} …`, or add --force to leave them there."
        )


def many(documents: int) -> str:
    """So many documents, in words."""
    return "1 document" if documents == 1 else f"{documents} documents"
