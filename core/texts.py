"""Our own texts, in English and Korean. Each tells its reader what to do next; none shows an exception."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "thinking": "is thinking…",
        "help": "Hi! Write your question after my name, or send me a direct message; I remember what we talked "
        "about.\nSay “reset” after my name (or use /reset) to start over, “stop” to end an answer.",
        "unreadable": "I cannot read files, stickers or voice messages yet. Please write what you need as text.",
        "empty_reply": "I received your message without its text. Please mention me by name (@) in it, or send me "
        "a direct message.",
        "reset": "Done: your next message starts a new conversation. I no longer use what was said before.",
        "reset_topic": "Here every thread is a conversation of its own, and a slash command cannot see which one "
        "you mean. Write “reset” after my name inside the thread, or use the message shortcut "
        "“Reset this conversation”.",
        "stop": "Nothing is being answered right now. Send me a message whenever you like.",
        "stopped": "⏹ Stopped.",
        "stopping": "Stopping this answer.",
        "stop_refused": "Only the person who asked can stop this answer.",
        "stop_over": "This answer has already ended.",
        "stop_button": "Stop",
        "model_unavailable": "⚠️ I could not get an answer: the AI service is not responding properly. "
        "Please send your message again in a few minutes.",
        "model_auth": "⚠️ I could not get an answer: the AI service refused my access. "
        "Please tell the person who runs this bot to check its API key.",
        "model_missing": "⚠️ I could not get an answer: my AI model is not available. "
        "Please tell the person who runs this bot to check the model setting.",
        "model_refused": "⚠️ The AI service refused this request. Please put it differently, or say “reset” after "
        "my name to start over.",
        "billing": "⚠️ I could not get an answer: the AI account has run out of credit. "
        "Please tell the person who runs this bot.",
        "too_long": "⚠️ This is too long for me to read at once. Please send a shorter message, or say “reset” "
        "after my name to start over.",
        "timeout": "⚠️ This took too long, so I ended it. Please ask again, perhaps for a smaller piece.",
        "interrupted": "⚠️ I was interrupted several times while answering this. Please send it again; if it "
        "happens again, tell the person who runs this bot.",
        "unshowable": "⚠️ I have an answer, but it was not accepted here. Please ask again in other words, or in "
        "a direct message.",
        "internal": "⚠️ Something went wrong on my side. Please send your message again; if it happens again, "
        "tell the person who runs this bot.",
        "max_output_tokens": "✂️ The answer reached its length limit. Say “continue” to read on.",
        "content_filter": "⚠️ The AI service ended the answer here. Please put your question differently.",
        "incomplete": "✂️ The answer ended early. Say “continue” to read on.",
        "empty_answer": "⚠️ The AI service gave an empty answer. Please put your question differently.",
    },
    "ko": {
        "thinking": "생각하고 있어요…",
        "help": "안녕하세요! 제 이름을 부르고 질문을 적거나 다이렉트 메시지를 보내 주세요. 나눈 대화를 기억합니다."
        "\n새로 시작하려면 이름 뒤에 “reset”(또는 /reset), 답변을 멈추려면 “stop”이라고 적어 주세요.",
        "unreadable": "파일, 스티커, 음성 메시지는 아직 읽을 수 없어요. 필요한 내용을 글로 적어 주세요.",
        "empty_reply": "메시지의 내용을 받지 못했어요. 메시지에서 저를 멘션(@)하거나 다이렉트 메시지를 보내 주세요.",
        "reset": "완료했어요. 다음 메시지부터 새 대화가 시작되며, 이전 내용은 더 이상 사용하지 않습니다.",
        "reset_topic": "여기서는 스레드마다 대화가 따로 있는데, 슬래시 명령은 어느 스레드인지 알 수 없어요. "
        "스레드 안에서 제 이름 뒤에 “reset”이라고 적거나 메시지 단축키 “Reset this conversation”을 사용해 주세요.",
        "stop": "지금 답변 중인 것이 없어요. 언제든지 메시지를 보내 주세요.",
        "stopped": "⏹ 중지했어요.",
        "stopping": "답변을 중지합니다.",
        "stop_refused": "질문한 사람만 이 답변을 중지할 수 있어요.",
        "stop_over": "이 답변은 이미 끝났어요.",
        "stop_button": "중지",
        "model_unavailable": "⚠️ AI 서비스가 제대로 응답하지 않아 답변하지 못했어요. "
        "몇 분 뒤에 메시지를 다시 보내 주세요.",
        "model_auth": "⚠️ AI 서비스가 접근을 거부해 답변하지 못했어요. 이 봇의 운영자에게 API 키를 확인해 달라고 "
        "알려 주세요.",
        "model_missing": "⚠️ AI 모델을 사용할 수 없어 답변하지 못했어요. 이 봇의 운영자에게 모델 설정을 확인해 달라고 "
        "알려 주세요.",
        "model_refused": "⚠️ AI 서비스가 이 요청을 거부했어요. 다르게 표현하거나 이름 뒤에 “reset”이라고 적어 새로 "
        "시작해 주세요.",
        "billing": "⚠️ AI 계정의 잔액이 부족해 답변하지 못했어요. 이 봇의 운영자에게 알려 주세요.",
        "too_long": "⚠️ 한 번에 읽기에는 너무 길어요. 더 짧게 보내거나 이름 뒤에 “reset”이라고 적어 새로 시작해 주세요.",
        "timeout": "⚠️ 너무 오래 걸려 중단했어요. 더 작게 나누어 다시 질문해 주세요.",
        "interrupted": "⚠️ 답변하는 동안 여러 번 중단되었어요. 다시 보내 주시고, 또 그러면 이 봇의 운영자에게 "
        "알려 주세요.",
        "unshowable": "⚠️ 답변은 있지만 여기에 올릴 수 없었어요. 다른 말로 다시 묻거나 다이렉트 메시지로 물어봐 주세요.",
        "internal": "⚠️ 제 쪽에서 문제가 생겼어요. 메시지를 다시 보내 주시고, 또 그러면 이 봇의 운영자에게 알려 주세요.",
        "max_output_tokens": "✂️ 답변이 길이 제한에 도달했어요. 이어서 보려면 “계속”이라고 적어 주세요.",
        "content_filter": "⚠️ AI 서비스가 답변을 여기서 끝냈어요. 질문을 다르게 표현해 주세요.",
        "incomplete": "✂️ 답변이 일찍 끝났어요. 이어서 보려면 “계속”이라고 적어 주세요.",
        "empty_answer": "⚠️ AI 서비스가 빈 답변을 주었어요. 질문을 다르게 표현해 주세요.",
    },
}


def text(key: str, locale: str, default: str = "en") -> str:
    """The text for a person's locale ("ko", "ko-KR", "en-US"); `default` when it is "" or not ours."""
    language = locale.lower().replace("_", "-").split("-")[0]
    return TEXTS.get(language, TEXTS.get(default, TEXTS["en"]))[key]
