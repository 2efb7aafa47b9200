"""Buttons in messages of the Slack stand-in, with slack-bolt, and commands with a text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from standins.slack import SlackStandin, Timing
from tests.standins.slack.clients import Json, button, phone, refusal, thumbs, workspace

Respond = Callable[..., Awaitable[object]]


def actions(*elements: Json, **more: object) -> list[Json]:
    return [{"type": "actions", "elements": list(elements), **more}]


@asynccontextmanager
async def connected(app: AsyncApp, slack: SlackStandin) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(app, slack.app_token)
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()


async def test_a_press_carries_what_slack_tells(slack, client):
    """Who, where, which message and which button with its value; ids that the app left out are given."""
    root = await slack.say("U1", "C1", "hi")
    blocks = actions(button(value="appr_1", style="primary"), button("no", "No"))
    sent = await client.chat_postMessage(channel="C1", thread_ts=root, text="?", blocks=blocks)
    async with phone(slack) as line:
        pressed = asyncio.create_task(slack.press("U2", "C1", sent["ts"], "yes"))
        while (envelope := await line.event())["type"] != "interactive":
            pass
        assert (await pressed).acked_after is not None
    payload = envelope["payload"]
    (action,) = payload["actions"]
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == ("block_actions", "U2", "C1")
    assert payload["container"] == {
        "type": "message",
        "message_ts": sent["ts"],
        "channel_id": "C1",
        "thread_ts": root,
        "is_ephemeral": False,
    }
    assert (action["action_id"], action["value"], action["type"]) == ("yes", "appr_1", "button")
    assert action["block_id"] == payload["message"]["blocks"][0]["block_id"]
    assert {"trigger_id", "response_url", "team", "api_app_id"} <= payload.keys()


def plain(length: int) -> Json:
    return {"type": "plain_text", "text": "x" * length}


FIELD: Json = {"type": "plain_text_input", "action_id": "f", "max_length": 9}
INPUT: Json = {"type": "input", "block_id": "f", "label": plain(1), "element": FIELD}
FORM: Json = {"type": "modal", "title": plain(24), "submit": plain(24), "blocks": [INPUT]}
WRONG: list[Json] = [
    *({"type": "home"}, {"title": plain(25)}, {"title": None}, {"submit": None}, {"close": plain(25)}),
    *({"blocks": []}, {"blocks": [{"type": "markdown", "text": "x"}]}, {"private_metadata": "x" * 3001}),
    *(
        {"blocks": [INPUT | one]}
        for one in ({"label": plain(2001)}, {"element": FIELD | {"max_length": 3001}})
    ),
]


async def test_a_form_is_opened_once_and_sent():
    """With the trigger of a press, of which of two thumbs is told; it stays open while the app says no."""
    async with workspace(timing=Timing(ack_seconds=1.0)) as (slack, client), phone(slack) as line:
        slack.add_channel("C1", ["U1"])
        sent = await client.chat_postMessage(
            channel="C1", text="?", blocks=[{"type": "context_actions", "elements": [thumbs()]}]
        )

        async def heard(used: Any, answer: Json | None = None) -> Json:
            using = asyncio.ensure_future(used)
            while (envelope := await line.event(ack=False))["type"] != "interactive":
                await line.ack(envelope)
            await line.ack(envelope, answer)
            assert not (await using).error
            return dict(envelope["payload"])

        pressed = await heard(slack.press("U1", "C1", sent["ts"], "rate", "bad"))
        assert ("feedback_buttons", "bad") == (pressed["actions"][0]["type"], pressed["actions"][0]["value"])
        old = pressed["trigger_id"]
        for wrong in WRONG:
            call = client.views_open(trigger_id=old, view=FORM | wrong)
            assert (wrong, await refusal(call)) == (wrong, "invalid_arguments")
        await client.views_open(trigger_id=old, view=FORM)
        (form,) = slack.modals
        for typed in ({"f": ""}, {"f": "x" * 10}):
            with pytest.raises(LookupError):
                await slack.submit("U1", form, typed)
        no = {"response_action": "errors", "errors": {"f": "no"}}
        told = await heard(slack.submit("U1", form, {"f": "hi"}), no)
        assert ({"type": "plain_text_input", "value": "hi"}, "U1") == (
            *(told["view"]["state"]["values"]["f"]["f"], told["user"]["id"]),
        )
        assert (form.closed, form.errors) == (False, {"f": "no"})
        again = await heard(slack.submit("U1", form, {"f": "ho"}))
        assert (form.closed, form.errors, form.user) == (True, {}, "U1")
        await asyncio.sleep(1.0)
        for trigger, error in ((old, "exchanged"), (again["trigger_id"], "expired"), ("1.2", "invalid")):
            call = client.views_open(trigger_id=trigger, view=FORM)
            assert await refusal(call) == f"{error}_trigger_id"


async def test_what_is_not_there_cannot_be_pressed(slack, client):
    sent = await client.chat_postMessage(channel="C1", text="?", blocks=actions(button()))
    with pytest.raises(LookupError):
        await slack.press("U1", "C1", sent["ts"], "no")
    decided = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}]
    await client.chat_update(channel="C1", ts=sent["ts"], text="done", blocks=decided)
    with pytest.raises(LookupError):
        await slack.press("U1", "C1", sent["ts"], "yes")


async def test_a_bolt_app_answers_a_press(slack, client):
    app = AsyncApp(client=client)

    @app.action("yes")
    async def yes(ack: Respond, respond: Respond) -> None:
        await ack()
        await respond("for you", replace_original=False, response_type="ephemeral")
        await respond("decided", replace_original=True)

    @app.action("no")
    async def no(ack: Respond, respond: Respond) -> None:
        await ack()
        await respond(delete_original=True)

    blocks = actions(button(), button("no", "No"))
    async with connected(app, slack):
        first = await client.chat_postMessage(channel="C1", text="?", blocks=blocks)
        second = await client.chat_postMessage(channel="C1", text="?", blocks=blocks)
        reply = await slack.press("U1", "C1", first["ts"], "yes")
        await slack.until(lambda: slack.post("C1", first["ts"]).text == "decided")
        assert (reply.texts, slack.ephemerals[0].user) == (["for you"], "U1")
        assert slack.post("C1", first["ts"]).blocks == []
        await slack.press("U1", "C1", second["ts"], "no")
        await slack.until(lambda: len(slack.posts("C1")) == 1)


async def test_an_unacknowledged_press_times_out():
    async with workspace(timing=Timing(ack_seconds=0.05)) as (slack, client):
        slack.add_channel("C1", ["U1"])
        sent = await client.chat_postMessage(channel="C1", text="?", blocks=actions(button()))
        async with phone(slack):
            reply = await slack.press("U1", "C1", sent["ts"], "yes")
    assert (reply.error, reply.acked_after) == ("operation_timeout", None)


@pytest.mark.parametrize("command", ["/assistant", "/memory"])
async def test_a_command_carries_its_text(slack, client, command):
    app = AsyncApp(client=client)

    @app.command(command)
    async def answer(ack: Respond, body: Json) -> None:
        await ack(f"{body['command']} {body['text']}")

    async with connected(app, slack):
        reply = await slack.slash("U1", "C1", command, "HelpBot")
    assert reply.texts == [f"{command} HelpBot"]
