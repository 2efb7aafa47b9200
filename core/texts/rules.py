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
        "limit_person_day": "What you may spend in one day is used up, so I have to stop here. Ask me again from {at} on.",
        "limit_month": "What may be spent on answers this month is used up, so I have to stop here. Ask me again from {at} on, or tell the person who runs this bot.",
        "unpriced": "⚠️ I could not get an answer: what may be spent is limited, and the price of this model is not known. Please tell the person who runs this bot, whose log says what to do.",
        "audio_limit": "📎 {files}: I did not listen to it, because that may cost more than is left to be spent. Please write it as text.",
        "alert_month": "💸 {percent}% of what may be spent this month is: ${spent} of ${limit}. Once all of it is, I answer nobody until {time}. Raise the limit and restart me to go on.",
        "alert_person_day": "💸 {person} has spent {percent}% of what one person may in a day: ${spent} of ${limit}. Once all of it is, I do not answer them until {time}.",
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
        "limit_person_day": "하루에 쓸 수 있는 금액을 모두 써서 여기서 멈췄어요. {at}부터 다시 질문해 주세요.",
        "limit_month": "이번 달 답변에 쓸 수 있는 금액을 모두 써서 여기서 멈췄어요. {at}부터 다시 질문하거나 이 봇의 운영자에게 알려 주세요.",
        "unpriced": "⚠️ 답변을 받지 못했어요: 쓸 수 있는 금액에 한도가 있는데 이 모델의 가격을 알 수 없어요. 이 봇의 운영자에게 알려 주세요. 할 일은 로그에 있어요.",
        "audio_limit": "📎 {files}: 듣는 데 남은 금액보다 많이 들 수 있어서 듣지 않았어요. 글로 적어 주세요.",
        "alert_month": "💸 이번 달에 쓸 수 있는 금액의 {percent}%를 썼어요: ${limit} 중 ${spent}. 모두 쓰면 {time}까지 아무에게도 답하지 않아요. 계속 쓰려면 한도를 올리고 다시 시작해 주세요.",
        "alert_person_day": "💸 {person} 님이 하루에 쓸 수 있는 금액의 {percent}%를 썼어요: ${limit} 중 ${spent}. 모두 쓰면 {time}까지 이 사람에게 답하지 않아요.",
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
