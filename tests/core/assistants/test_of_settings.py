"""core.assistants.of_settings: what the assistant of the settings has, and the start that looks at it."""

from __future__ import annotations

import pytest

from bots.watches import ToolFiles
from core.assistants.of_settings import BUILT_IN_FILES, settings_assistant
from core.assistants.validate import tool_name
from core.errors import ConfigError
from core.settings import Settings, read
from core.tools import load


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["all"]),
        ("clock, calculator", ["current_time", "calculate"]),
        ("all,web_search", ["all", "web_search"]),
        ("code-interpreter image_generation", ["code_interpreter", "image_generation"]),
        ("mcp:wiki=https://mcp.example.com/sse,own", ["mcp:wiki", "own"]),
    ],
)
def test_the_words_of_the_command_line(words, names):
    """With commas or blanks between them; without any it has every function."""
    made = settings_assistant(read({"ASSISTANT_TOOLS": words}))
    assert names == [tool_name(tool) for tool in made.tools]


def test_a_server_that_is_not_whole():
    """The sentence names the setting and the cure."""
    with pytest.raises(ConfigError, match="ASSISTANT_TOOLS: mcp:wiki is incomplete"):
        settings_assistant(Settings(assistant_tools=("mcp:wiki",)))


@pytest.mark.parametrize(
    ("words", "wrong"), [("own,clock,all", ""), ("nosuch", "nosuch"), ("own,cloc,nosuch", "cloc, nosuch")]
)
async def test_an_unknown_name_ends_the_start(tmp_path, words, wrong):
    """It is named, beside all there are."""
    (tmp_path / "own.py").write_text(
        'from core.tools import tool\n\n@tool\ndef own() -> str:\n    """Mine."""\n    return ""\n'
    )
    files, settings = ToolFiles(tmp_path, seconds=1.0), read({"ASSISTANT_TOOLS": words})
    if wrong:
        with pytest.raises(ConfigError, match=f"there is no tool {wrong}. There are: .*calculator.*own"):
            await files.check(settings)
    else:
        await files.check(settings)


def test_built_in_tools_give_way(tmp_path):
    """Silently: an operator who copied the example has changed it."""
    (tmp_path / "clock.py").write_text(
        'from core.tools import tool\n\n@tool\ndef current_time() -> str:\n    """Mine."""\n    return ""\n'
    )
    found = load(tmp_path, seconds=1.0, built_in=BUILT_IN_FILES)
    assert ("calculate", "current_time") == found.names()
    assert "Mine." in [tool.description for tool in found]
    assert () == found.problems
