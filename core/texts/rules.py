"""What people are told of the rules: who is answered, and how much they may have."""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "limit_person_minute": "You have sent me more messages than I may answer in one minute, so I left this one alone. "
        "Please send it again from {at} on.",
        "limit_place_minute": "This channel has sent me more messages than I may answer in one minute, so I left this one alone. "
        "Please send it again from {at} on.",
        "limit_open": "So many of your messages are still waiting for an answer that I left this one alone. Please send it again "
        "once one of them is answered.",
        "access_refused": "🔒 I may not answer you here. If you need me, ask the person who runs this bot to allow it.",
        "access_whom": "I do not know whom you mean. Choose the person by @, or write the id: /access slack:U0123ABCD",
        "access_admins": "Only admins see who may do what. Ask the person who runs this bot to add you to ADMINS.",
        "access_allowed": "✅ {person} is answered in {place}. Rule: {rule} ({source}).",
        "access_denied": "🔒 {person} is not answered in {place}. Rule: {rule} ({source}).",
        "access_assumed": "How this person stands there is not known here: as for a member, not a guest or a stranger.",
        "access_assistant": "Assistant: “{name}” ({id}, version {version}), from {of}.",
        "access_scope": "Memory: {scope} ({scoped}).",
        "access_limits": "Limits, 0 is none: {limits}.",
        "access_tools": "Tools of the assistant: {tools}.",
        "assistant_closed": "🔒 Here “{name}” ({id}) answers, which only certain people may use, and you are not among "
        "them. Ask the person who runs this bot to add you to its audience. /assistant shows whom you can talk to.",
    },
    "ko": {
        "limit_person_minute": "1분 동안 답할 수 있는 것보다 많은 메시지를 보내셔서 이 메시지에는 답하지 않았어요. {at}부터 다시 보내 "
        "주세요.",
        "limit_place_minute": "이 채널에 1분 동안 답할 수 있는 것보다 많은 메시지가 와서 이 메시지에는 답하지 않았어요. {at}부터 다시 "
        "보내 주세요.",
        "limit_open": "아직 답을 기다리는 메시지가 많아서 이 메시지에는 답하지 않았어요. 그중 하나에 답을 받은 뒤에 다시 보내 주세요.",
        "access_refused": "🔒 여기서는 답변해 드릴 수 없도록 설정되어 있어요. 필요하시면 이 봇의 운영자에게 허용해 달라고 해 주세요.",
        "access_whom": "누구인지 알 수 없어요. @로 사람을 고르거나 id를 적어 주세요: /access slack:U0123ABCD",
        "access_admins": "누가 무엇을 할 수 있는지는 관리자만 볼 수 있어요. 이 봇의 운영자에게 ADMINS에 추가해 달라고 하세요.",
        "access_allowed": "✅ {place}에서 {person}에게 답합니다. 규칙: {rule} ({source}).",
        "access_denied": "🔒 {place}에서 {person}에게 답하지 않습니다. 규칙: {rule} ({source}).",
        "access_assumed": "이 사람이 게스트나 외부인인지 여기서는 알 수 없어 구성원으로 보았어요.",
        "access_assistant": "어시스턴트: “{name}”({id}, 버전 {version}), 지정된 곳: {of}.",
        "access_scope": "기억 범위: {scope} ({scoped}).",
        "access_limits": "한도(0은 제한 없음): {limits}.",
        "access_tools": "어시스턴트의 도구: {tools}.",
        "assistant_closed": "🔒 여기서는 “{name}”({id})이(가) 답하는데, 정해진 사람만 사용할 수 있고 회원님은 포함되어 있지 않아요. 이 봇의 "
        "운영자에게 사용할 사람에 추가해 달라고 해 주세요. 사용할 수 있는 어시스턴트는 /assistant 로 볼 수 있어요.",
    },
}
