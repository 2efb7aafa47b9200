"""How the bot answers a command or a button: the callback, then messages and edits through a webhook."""

from __future__ import annotations

from standins.discord.ask import Ask
from standins.discord.command import (
    COMPLETE,
    FORM,
    PRESS,
    SAY,
    SAY_LATER,
    SLASH,
    SUBMIT,
    SUGGEST,
    UPDATE,
    UPDATE_LATER,
)
from standins.discord.error import EMPTY_MESSAGE, JSON, NOT_PLAYED, ApiError, invalid
from standins.discord.forms import MESSAGE, MODAL
from standins.discord.message import COMMAND, EPHEMERAL, LOADING, REPLY, Message

_PRESSED = (SAY, SAY_LATER, UPDATE_LATER, UPDATE)
_ALLOWED = {SLASH: (SAY, SAY_LATER, FORM), COMPLETE: (SUGGEST,), SUBMIT: _PRESSED, PRESS: (*_PRESSED, FORM)}
"""How a use of something can be answered; a form that was sent by no further one."""


def answer(ask: Ask) -> JSON | None:
    """The callback. Returns the `with_response` object when that is asked for."""
    interaction, kind = ask.interaction, ask.form["type"]
    allowed, sourceless = _ALLOWED[interaction.kind], interaction.source is None
    if kind not in allowed or (sourceless and kind in (UPDATE, UPDATE_LATER)):
        raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")
    if kind == FORM:
        MODAL.check(ask.form.get("data") or {}, "data")
        interaction.form = ask.form["data"]
    elif kind != SUGGEST:
        _act(kind, ask.within(ask.form.get("data") or {}))
    interaction.callback, interaction.acked_after = kind, interaction.age
    interaction.acked.set()
    ask.world.changes.ring(interaction.channel.id)
    return _told(ask, kind) if ask.query.get("with_response") in ("1", "true") else None


def follow_up(ask: Ask) -> JSON:
    """A further message; the first one after "thinking" takes that one's place."""
    interaction = ask.interaction
    if interaction.original is not None and interaction.original.flags & LOADING:
        message = _edit_original(ask, interaction.original)
    else:
        message = _deliver(ask, _compose(ask))
        interaction.followups[message.id] = message
    return _shown(ask, message)


def edit(ask: Ask) -> JSON:
    message = ask.answered
    if message is ask.interaction.original:
        return _shown(ask, _edit_original(ask, message))
    return _shown(ask, ask.world.rewrite(message, ask.form, ask.files))


def delete(ask: Ask) -> None:
    message = ask.answered
    if message.id in ask.interaction.channel.messages:
        ask.world.delete(message)
    message.deleted = True


def _act(kind: int, ask: Ask) -> None:
    MESSAGE.check(ask.form)
    if ask.unplayed:
        raise ApiError(NOT_PLAYED)
    interaction, source = ask.interaction, ask.interaction.source
    if source is not None and kind in (UPDATE, UPDATE_LATER):
        changed = kind == UPDATE
        interaction.original = ask.world.rewrite(source, ask.form, ask.files) if changed else source
    else:
        if kind == SAY and ask.empty:
            raise ApiError(EMPTY_MESSAGE)
        interaction.original = _compose(ask)
        interaction.original.flags |= LOADING if kind == SAY_LATER else 0
        _deliver(ask, interaction.original)
    if kind != SAY_LATER:
        interaction.shown.set()


def _edit_original(ask: Ask, original: Message) -> Message:
    original.flags &= ~LOADING
    ask.world.rewrite(original, ask.form, ask.files)
    ask.interaction.shown.set()
    return original


def _compose(ask: Ask) -> Message:
    interaction, source = ask.interaction, ask.interaction.source
    message = ask.world.compose(interaction.channel, ask.form, ask.files)
    message.kind = COMMAND if interaction.kind == SLASH else REPLY
    message.reference, message.quoted = None if source is None else source.id, source
    message.flags |= (ask.form.get("flags") or 0) & EPHEMERAL
    message.application_id = ask.world.application_id
    message.interaction = {
        "id": interaction.id,
        "type": interaction.kind,
        "user": interaction.user.payload(),
        "authorizing_integration_owners": interaction.owners(),
    }
    if source is not None:
        message.interaction["interacted_message_id"] = source.id
    return message


def _deliver(ask: Ask, message: Message) -> Message:
    """Ephemeral messages are told of, but stand in no channel."""
    if message.flags & EPHEMERAL:
        ask.world.tell_of("MESSAGE_CREATE", message)
    else:
        ask.world.create(message)
    return message


def _shown(ask: Ask, message: Message) -> JSON:
    ask.world.changes.ring(message.channel)
    return message.payload(ask.world.bot)


def _told(ask: Ask, kind: int) -> JSON:
    interaction = ask.interaction
    about: JSON = {"id": interaction.id, "type": interaction.kind}
    resource: JSON = {"type": kind}
    if interaction.original is not None and kind not in (UPDATE_LATER, SUGGEST):
        about["response_message_id"] = interaction.original.id
        about["response_message_loading"] = kind == SAY_LATER
        about["response_message_ephemeral"] = bool(interaction.original.flags & EPHEMERAL)
        resource["message"] = interaction.original.payload(ask.world.bot)
    return {"interaction": about, "resource": resource}
