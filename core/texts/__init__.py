"""Our own texts, in English and Korean. Each tells its reader what to do next; none shows an exception."""

from __future__ import annotations

import re
from typing import Final

from core.texts.rules import RULES

_OWN: Final[dict[str, dict[str, str]]] = {
    "en": {
        "thinking": "is thinking…",
        "busy": "is working: {task}…",
        "help": "Hi! Write your question after my name, or send me a direct message, also with files, pictures or voice; I "
        "remember what we talked about.\nSay “reset” after my name to start over, “stop” to end an answer, “memory” for what I "
        "remember, “help” for this. /reset and /memory do the same; /assistant and /model tell who answers here.",
        "unreadable": "I cannot read stickers or messages of this kind. Please write what you need as text, or send it as a file.",
        "empty_reply": "I received your message without its text. Please mention me by name (@) in it, or send me a direct message.",
        "reset": "Done: {what} has ended, and your next message starts a new one. I no longer use what was said before.",
        "ended_channel": "your conversation in this channel",
        "ended_direct": "your conversation in this direct message",
        "ended_thread": "your conversation in this thread",
        "ended_shared_channel": "the conversation of everybody in this channel",
        "ended_shared_thread": "the conversation of everybody in this thread",
        "follow_ends": "ℹ️ While only you and I talk in this thread, I answer without being mentioned. To end that, write "
        "“stop” or mention somebody else.",
        "reset_topic": "Here every thread is a conversation of its own, and a slash command cannot see which one "
        "you mean. Write “reset” inside the thread (in a channel after my name), or use the message shortcut "
        "“Reset this conversation”.",
        "stop": "Nothing is being answered right now. Write my name (@), or send me a direct message, whenever you like.",
        "stopped": "⏹ Stopped.",
        "stopping": "Stopping this answer.",
        "stop_refused": "Only the person who asked can stop this answer.",
        "stop_over": "This answer has already ended.",
        "stop_button": "Stop",
        "again_button": "Regenerate",
        "shorter_button": "Shorter",
        "good_button": "Good answer",
        "bad_button": "Bad answer",
        "rated": "Thank you! You can change your rating at any time.",
        "rate_over": "This answer is not on record any more, so it cannot be rated. Ask me again, and rate the new answer.",
        "why_title": "What was wrong?",
        "why_label": "Your reason",
        "why_hint": "Read by the people who run this bot",
        "why_send": "Send",
        "why_skip": "Without a reason",
        "wish_again": "Please answer this once more, and in another way than before:",
        "wish_shorter": "Please give me your last answer in a shorter version.",
        "answer_not_yours": "Only the person who asked can do this. Ask me yourself, and I answer you.",
        "answer_over": "This works under the newest answer of a conversation only. Please write what you want instead.",
        "stale": "This does not work any more: it is from a bot before me. Write your question after my name instead.",
        "model_unavailable": "⚠️ I could not get an answer: the AI service is not responding properly. "
        "Please send your message again in a few minutes.",
        "model_auth": "⚠️ I could not get an answer: the AI service refused my access. "
        "Please tell the person who runs this bot to check its API key.",
        "model_missing": "⚠️ I could not get an answer: my AI model is not available. "
        "Please tell the person who runs this bot to check the model setting.",
        "model_address": "⚠️ I could not get an answer: there is no AI service at the address I was given. "
        "Please tell the person who runs this bot to check that address (OPENAI BASE URL).",
        "model_region": "⚠️ I could not get an answer: the AI service is not offered in the country or region this bot "
        "runs in. Please tell the person who runs this bot to choose another AI service.",
        "request_refused": "⚠️ I could not get an answer: the AI service does not accept what I sent it. Please say "
        "“reset” after my name and ask again; if it happens again, tell the person who runs this bot, whose log says why.",
        "file_refused": "⚠️ I could not get an answer: the AI service does not take a file of this conversation. Please "
        "say “reset” after my name and ask again without it.",
        "file_unread": "📎 {files}: the AI service does not take this file. Please send it in another format: a picture "
        "as JPEG or PNG, a document as PDF or text.",
        "file_password": "📎 {files}: protected by a password. Please save it without one and send it again.",
        "file_picture_moving": "📎 {files}: I cannot see moving pictures of this kind. Please send a single picture of "
        "it as JPEG or PNG.",
        "task_pause": "Waiting for the AI service: about {seconds} seconds, until {time} UTC",
        "model_moved": "⚠️ I could not get an answer: the address of the AI service leads somewhere else. "
        "Please tell the person who runs this bot to check it.",
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
        "access_unknown": "🔒 I could not find out whether I may answer you here. Please send it again in a minute.",
        "not_stored": "⚠️ My storage is full or broken, so I cannot answer now. Please tell the person who runs this bot, and ask "
        "again later if no answer comes.",
        "internal": "⚠️ Something went wrong on my side. Please send your message again; if it happens again, "
        "tell the person who runs this bot.",
        "max_output_tokens": "✂️ The answer reached its length limit. Say “continue” to read on.",
        "answer_limit": "✂️ I ended this here because it became too long for one answer. Say “continue” to read on, or "
        "ask for a smaller piece.",
        "content_filter": "⚠️ The AI service ended the answer here. Please put your question differently.",
        "incomplete": "✂️ The answer ended early. Say “continue” to read on.",
        "empty_answer": "⚠️ The AI service gave an empty answer. Please send your message again; if it happens "
        "again, tell the person who runs this bot.",
        "file_too_large": "📎 {files}: too large. Please send files of at most {megabytes} MB, or only the part that "
        "matters.",
        "file_total": "📎 {files}: together your files are too large. Please send at most {total} MB in one message "
        "and the rest in the next.",
        "file_too_many": "📎 {files}: not read, I take {count} files of one message. Please send the others in "
        "another message.",
        "file_empty": "📎 {files}: empty. Please check the file and send it again.",
        "file_damaged": "📎 {files}: damaged or not complete. Please send it again.",
        "file_type": "📎 {files}: not a kind of file that I can read. Please send pictures (PNG, JPEG, GIF, WebP), "
        "PDF, Word, PowerPoint, Excel, text or audio files.",
        "file_archive": "📎 {files}: I do not open archives. Please unpack it and send the files themselves.",
        "file_video": "📎 {files}: I cannot watch videos. Please send a picture or the sound of it (MP3, M4A).",
        "file_macros": "📎 {files}: I do not open documents with macros. Please save it as .docx, .xlsx or .pptx, or "
        "as PDF.",
        "file_old_office": "📎 {files}: an old Office format, or protected by a password. Please save it as .docx, "
        ".xlsx, .pptx or PDF without a password.",
        "file_picture_format": "📎 {files}: I cannot see pictures of this format. Please send it as JPEG or PNG.",
        "file_picture_large": "📎 {files}: too large a picture. Please make it smaller (at most 20 MB and 50 "
        "megapixels).",
        "file_unavailable": "📎 {files}: could not be fetched. Please send it again.",
        "file_deleted": "📎 {files}: not there any more. Please send it again.",
        "file_external": "📎 {files}: only a link to another service. Please upload the file itself.",
        "file_forbidden": "📎 {files}: I am not allowed to read files here. Please tell the person who runs this bot.",
        "no_transcription": "📎 {files}: I cannot listen to audio here. Please write what you need as text.",
        "audio_failed": "📎 {files}: I could not understand the recording. Please send it again, or write it as text.",
        "audio_silent": "📎 {files}: I heard no words in it. Please record it again, or write it as text.",
        "file_gone": "⚠️ A file is no longer at the AI service: it is kept there for a limited time only. "
        "Please ask again, and send the file again if it was yours.",
        "file_unindexed": "⚠️ The AI service could not read this document. Please check that it opens and is not "
        "protected by a password, or send it in another format.",
        "approve": "Allow",
        "refuse": "Don't allow",
        "approval_question": "🔐 May I use “{name}” with exactly this? It takes effect once you allow it.",
        "approval_file": "📎 Long values are shortened here; all of it is in the file {name} above.",
        "approval_unshown": "🚫 {name}: not used, because I cannot show you all that I would use it with. Ask for it in "
        "smaller steps.",
        "approval_approved": "✅ Allowed: {name}",
        "approval_refused": "🚫 Not allowed: {name}",
        "approval_expired": "⌛ Nobody answered in time, so {name} was not used. Ask me again if you want it.",
        "approval_not_yours": "Only the person who asked can decide this.",
        "approval_over": "This has been decided already, or its time is over. Ask me again if you want it done.",
        "tool_interrupted": "⚠️ I was interrupted while using “{name}”. I do not know whether it took effect, so I did "
        "not repeat it. Please check, and ask me again if it is still to be done.",
        "tools_refused": "⚠️ I could not get an answer: the AI service refused my tools. "
        "Please tell the person who runs this bot to check the assistant.",
        "tools_missing": "ℹ️ Not available here: {names}. Everything else works. The person who runs this "
        "bot can choose another server or another assistant.",
        "step_limit": "✂️ This needed more steps than I am allowed for one answer. Say “continue”, or ask for a "
        "smaller piece.",
        "task_web": "Searching the web",
        "task_files": "Searching documents",
        "task_code": "Running code",
        "task_picture": "Drawing a picture",
        "task_mcp": "Using {name}",
        "task_function": "Using {name}",
        "file_lost": "⚠️ I could not fetch {names} in time. Please ask me to make it again.",
        "file_not_here": "⚠️ {files}: the AI server I use cannot read this kind of file. Please send its text, a PDF or a "
        "picture.",
        "file_out_large": "⚠️ {name} is too large to post here (limit {megabytes} MB). Ask me to split or compress it.",
        "file_out_refused": "⚠️ {name} could not be posted here. Please tell the person who runs this bot to let it "
        "attach files.",
        "memory_topic": "Here every thread is a conversation of its own, and a slash command cannot see which one "
        "you mean. Write “memory” inside the thread (in a channel after my name).",
        "memory_empty": "I remember nothing here yet: this conversation is new.",
        "memory_whole": "This conversation has {messages} messages (about {tokens} tokens), and I remember all of them. "
        "Say “reset” after my name to start over.",
        "memory_newest": "This conversation has {messages} messages (about {tokens} tokens). I remember the newest {kept} "
        "word for word. Say “reset” after my name to start over.",
        "memory_summarised": "This conversation has {messages} messages (about {tokens} tokens). I remember the oldest "
        "{summarised} as a summary and the others word for word. Say “reset” after my name to start over.",
        "about_message": "What about this message? Explain it, or answer it if it asks something.",
        "answer_comes": "💬 My answer comes here, as a reply to that message.",
        "assistant_current": "Here you talk to “{name}” ({id}, model {model}).",
        "assistant_others": "Others: {names}. Admins switch with /assistant NAME, and back with /assistant none.",
        "assistant_switched": "Done: from the next message on, “{name}” ({id}) answers here. /assistant none ends that.",
        "assistant_freed": "Done: this place has no assistant of its own any more. From the next message on, “{name}” ({id}) "
        "answers here.",
        "assistant_admins": "Only admins can change who answers, and with which model. Ask the person who runs this bot to "
        "add you to ADMINS.",
        "model_current": "Here “{name}” ({id}) answers with the model {model}. Admins change that with /model NAME, and back "
        "with /model default.",
        "model_set": "Done: from the next message on, “{name}” ({id}) answers with the model {model}, wherever it answers. "
        "/model default ends that.",
        "model_unfit": "I cannot use “{wanted}” as a model, so nothing was changed. {reason}",
        "model_instead": "Use {model} instead.",
        "model_warned": "Please note: {reason}",
        "model_asking": "I am still asking the AI service about “{wanted}”. Send /model in a few seconds to see which model "
        "answers then.",
        "console_link": "This opens the web page, once, within ten minutes: {url}",
        "alert": "An answer failed. {why}\nHow it went: {url}",
        "console_sent": "The link to the web page is in a direct message from me.",
        "console_admins": "Only admins get a link to the web page, and only where it is served. "
        "Ask the person who runs this bot to add you to ADMINS.",
        "assistant_unknown": "There is no assistant “{name}”. There are: {names}.",
        "assistant_several": "Several assistants are called “{name}”: {names}. Use the id.",
    },
    "ko": {
        "thinking": "생각하고 있어요…",
        "busy": "작업 중이에요: {task}…",
        "help": "안녕하세요! 제 이름을 부르고 질문을 적거나 다이렉트 메시지를 보내 주세요. 파일, 사진, 음성도 됩니다. 나눈 대화를 기억합니다."
        "\n제 이름 뒤에 “초기화”라고 적으면 새로 시작하고, “그만”은 답변을 멈추고, “기억”은 기억하는 내용을, “도움말”은 이 안내를 보여 드려요. "
        "/reset과 /memory도 같아요. /assistant와 /model은 누가 답하는지 알려 드려요.",
        "unreadable": "스티커나 이런 종류의 메시지는 읽을 수 없어요. 필요한 내용을 글로 적거나 파일로 보내 주세요.",
        "empty_reply": "메시지의 내용을 받지 못했어요. 메시지에서 저를 멘션(@)하거나 다이렉트 메시지를 보내 주세요.",
        "reset": "완료했어요. {what}를 끝냈어요. 다음 메시지부터 새 대화가 시작되며, 이전 내용은 더 이상 사용하지 않습니다.",
        "ended_channel": "이 채널에서 나눈 대화",
        "ended_direct": "이 다이렉트 메시지에서 나눈 대화",
        "ended_thread": "이 스레드에서 나눈 대화",
        "ended_shared_channel": "이 채널에서 모두가 함께 나눈 대화",
        "ended_shared_thread": "이 스레드에서 모두가 함께 나눈 대화",
        "follow_ends": "ℹ️ 이 스레드에서 둘이서만 이야기하는 동안에는 멘션이 없어도 답해요. 그만두게 하려면 “그만”이라고 적거나 "
        "다른 사람을 멘션해 주세요.",
        "reset_topic": "여기서는 스레드마다 대화가 따로 있는데, 슬래시 명령은 어느 스레드인지 알 수 없어요. "
        "스레드 안에서 “초기화”라고 적거나(채널에서는 제 이름 뒤에) 메시지 단축키 “이 대화 초기화”(“Reset this conversation”)를 사용해 주세요.",
        "stop": "지금 답변 중인 것이 없어요. 언제든지 저를 멘션(@)하거나 다이렉트 메시지를 보내 주세요.",
        "stopped": "⏹ 중지했어요.",
        "stopping": "답변을 중지합니다.",
        "stop_refused": "질문한 사람만 이 답변을 중지할 수 있어요.",
        "stop_over": "이 답변은 이미 끝났어요.",
        "stop_button": "중지",
        "again_button": "다시 생성",
        "shorter_button": "더 짧게",
        "good_button": "좋은 답변",
        "bad_button": "아쉬운 답변",
        "rated": "고마워요! 평가는 언제든지 바꿀 수 있어요.",
        "rate_over": "이 답변의 기록이 더 이상 없어 평가할 수 없어요. 다시 질문하고 새 답변을 평가해 주세요.",
        "why_title": "무엇이 아쉬웠나요?",
        "why_label": "이유",
        "why_hint": "이 봇의 운영자가 읽어요",
        "why_send": "보내기",
        "why_skip": "이유 없이 닫기",
        "wish_again": "아래 질문에 이전과 다른 방식으로 다시 답해 주세요:",
        "wish_shorter": "마지막 답변을 더 짧게 줄여 주세요.",
        "answer_not_yours": "질문한 사람만 할 수 있어요. 직접 질문해 주시면 답해 드릴게요.",
        "answer_over": "대화의 가장 최근 답변에서만 할 수 있어요. 원하는 내용을 글로 적어 주세요.",
        "stale": "이것은 더 이상 동작하지 않아요. 저보다 먼저 있던 봇의 것이에요. 대신 제 이름 뒤에 질문을 적어 주세요.",
        "model_unavailable": "⚠️ AI 서비스가 제대로 응답하지 않아 답변하지 못했어요. 몇 분 뒤에 메시지를 다시 보내 주세요.",
        "model_auth": "⚠️ AI 서비스가 접근을 거부해 답변하지 못했어요. 이 봇의 운영자에게 API 키를 확인해 달라고 알려 주세요.",
        "model_missing": "⚠️ AI 모델을 사용할 수 없어 답변하지 못했어요. 이 봇의 운영자에게 모델 설정을 확인해 달라고 알려 주세요.",
        "model_address": "⚠️ 설정된 주소에 AI 서비스가 없어 답변하지 못했어요. 이 봇의 운영자에게 주소(OPENAI BASE URL)를 "
        "확인해 달라고 알려 주세요.",
        "model_region": "⚠️ 이 봇이 있는 국가나 지역에서는 AI 서비스를 사용할 수 없어 답변하지 못했어요. 이 봇의 운영자에게 "
        "다른 AI 서비스를 선택해 달라고 알려 주세요.",
        "request_refused": "⚠️ AI 서비스가 제가 보낸 요청을 받아들이지 않아 답변하지 못했어요. 봇 이름 뒤에 “초기화”라고 적고 "
        "다시 질문해 주세요. 또 그러면 이 봇의 운영자에게 알려 주세요. 이유는 로그에 있어요.",
        "file_refused": "⚠️ AI 서비스가 이 대화의 파일을 받아들이지 않아 답변하지 못했어요. 봇 이름 뒤에 “초기화”라고 적고 "
        "파일 없이 다시 질문해 주세요.",
        "file_unread": "📎 {files}: AI 서비스가 이 파일을 받아들이지 않았어요. 그림은 JPEG나 PNG로, 문서는 PDF나 텍스트로 보내 주세요.",
        "file_password": "📎 {files}: 암호로 보호되어 있어요. 암호 없이 저장해 다시 보내 주세요.",
        "file_picture_moving": "📎 {files}: 이런 움직이는 그림은 볼 수 없어요. 그림 한 장을 JPEG나 PNG로 보내 주세요.",
        "task_pause": "AI 서비스를 기다리는 중: 약 {seconds}초, UTC {time}까지",
        "model_moved": "⚠️ AI 서비스의 주소가 다른 곳으로 연결되어 답변하지 못했어요. 이 봇의 운영자에게 주소를 확인해 달라고 알려 주세요.",
        "model_refused": "⚠️ AI 서비스가 이 요청을 거부했어요. 다르게 표현하거나 봇 이름 뒤에 “초기화”라고 적어 새로 시작해 주세요.",
        "billing": "⚠️ AI 계정의 잔액이 부족해 답변하지 못했어요. 이 봇의 운영자에게 알려 주세요.",
        "too_long": "⚠️ 한 번에 읽기에는 너무 길어요. 더 짧게 보내거나 봇 이름 뒤에 “초기화”라고 적어 새로 시작해 주세요.",
        "timeout": "⚠️ 너무 오래 걸려 중단했어요. 더 작게 나누어 다시 질문해 주세요.",
        "interrupted": "⚠️ 답변하는 동안 여러 번 중단되었어요. 다시 보내 주시고, 또 그러면 이 봇의 운영자에게 알려 주세요.",
        "unshowable": "⚠️ 답변은 있지만 여기에 올릴 수 없었어요. 다른 말로 다시 묻거나 다이렉트 메시지로 물어봐 주세요.",
        "access_unknown": "🔒 답변해 드려도 되는지 지금은 확인하지 못했어요. 1분 뒤에 다시 보내 주세요.",
        "not_stored": "⚠️ 저장 공간이 가득 찼거나 고장 나서 지금은 답변할 수 없어요. 이 봇의 운영자에게 알려 주시고, 답변이 오지 않으면 "
        "나중에 다시 질문해 주세요.",
        "internal": "⚠️ 제 쪽에서 문제가 생겼어요. 메시지를 다시 보내 주시고, 또 그러면 이 봇의 운영자에게 알려 주세요.",
        "max_output_tokens": "✂️ 답변이 길이 제한에 도달했어요. 이어서 보려면 “계속”이라고 적어 주세요.",
        "answer_limit": "✂️ 한 번의 답변으로는 너무 길어 여기서 끝냈어요. 이어서 보려면 “계속”이라고 하거나 더 작게 나누어 질문해 주세요.",
        "content_filter": "⚠️ AI 서비스가 답변을 여기서 끝냈어요. 질문을 다르게 표현해 주세요.",
        "incomplete": "✂️ 답변이 일찍 끝났어요. 이어서 보려면 “계속”이라고 적어 주세요.",
        "empty_answer": "⚠️ AI 서비스가 빈 답변을 주었어요. 메시지를 다시 보내 주시고, 또 그러면 이 봇의 운영자에게 알려 주세요.",
        "file_too_large": "📎 {files}: 파일이 너무 커요. {megabytes} MB 이하의 파일이나 필요한 부분만 보내 주세요.",
        "file_total": "📎 {files}: 파일을 모두 합치면 너무 커요. 한 메시지에 {total} MB까지만 보내고 나머지는 다음 메시지로 보내 주세요.",
        "file_too_many": "📎 {files}: 읽지 않았어요. 한 메시지에서 파일을 {count}개까지 받아요. 나머지는 다른 메시지로 보내 주세요.",
        "file_empty": "📎 {files}: 빈 파일이에요. 확인하고 다시 보내 주세요.",
        "file_damaged": "📎 {files}: 손상되었거나 완전하지 않아요. 다시 보내 주세요.",
        "file_type": "📎 {files}: 읽을 수 없는 종류의 파일이에요. 사진(PNG, JPEG, GIF, WebP), PDF, Word, PowerPoint, Excel, "
        "텍스트 또는 오디오 파일을 보내 주세요.",
        "file_archive": "📎 {files}: 압축 파일은 열지 않아요. 압축을 풀어 파일을 직접 보내 주세요.",
        "file_video": "📎 {files}: 동영상은 볼 수 없어요. 사진이나 소리(MP3, M4A)로 보내 주세요.",
        "file_macros": "📎 {files}: 매크로가 있는 문서는 열지 않아요. .docx, .xlsx, .pptx 또는 PDF로 저장해 보내 주세요.",
        "file_old_office": "📎 {files}: 오래된 Office 형식이거나 암호가 걸려 있어요. 암호 없이 .docx, .xlsx, .pptx 또는 PDF로 "
        "저장해 보내 주세요.",
        "file_picture_format": "📎 {files}: 이 형식의 사진은 볼 수 없어요. JPEG나 PNG로 보내 주세요.",
        "file_picture_large": "📎 {files}: 사진이 너무 커요. 더 작게(20 MB, 5천만 화소 이하) 만들어 보내 주세요.",
        "file_unavailable": "📎 {files}: 가져오지 못했어요. 다시 보내 주세요.",
        "file_deleted": "📎 {files}: 더 이상 남아 있지 않아요. 다시 보내 주세요.",
        "file_external": "📎 {files}: 다른 서비스로 가는 링크일 뿐이에요. 파일을 직접 올려 주세요.",
        "file_forbidden": "📎 {files}: 여기서는 파일을 읽을 권한이 없어요. 이 봇의 운영자에게 알려 주세요.",
        "no_transcription": "📎 {files}: 여기서는 음성을 들을 수 없어요. 필요한 내용을 글로 적어 주세요.",
        "audio_failed": "📎 {files}: 녹음을 알아듣지 못했어요. 다시 보내거나 글로 적어 주세요.",
        "audio_silent": "📎 {files}: 말소리가 들리지 않았어요. 다시 녹음하거나 글로 적어 주세요.",
        "file_gone": "⚠️ 파일이 AI 서비스에 더 이상 없어요. 그곳에는 정해진 시간 동안만 보관됩니다. "
        "다시 요청해 주시고, 보내신 파일이었다면 파일도 다시 보내 주세요.",
        "file_unindexed": "⚠️ AI 서비스가 이 문서를 읽지 못했어요. 파일이 열리는지, 암호로 보호되어 있지 않은지 "
        "확인하거나 다른 형식으로 보내 주세요.",
        "approve": "허용",
        "refuse": "허용 안 함",
        "approval_question": "🔐 도구 “{name}”를 아래 내용 그대로 실행해도 될까요? 허용하면 실제로 실행됩니다.",
        "approval_file": "📎 긴 값은 줄여서 표시했어요. 전체 내용은 위의 파일 {name}에 있습니다.",
        "approval_unshown": "🚫 {name}: 사용할 내용을 모두 보여 드릴 수 없어 사용하지 않았어요. 더 작은 단계로 나누어 요청해 주세요.",
        "approval_approved": "✅ 허용됨: {name}",
        "approval_refused": "🚫 허용되지 않음: {name}",
        "approval_expired": "⌛ 시간 안에 답이 없어 {name}을(를) 사용하지 않았어요. 필요하면 다시 요청해 주세요.",
        "approval_not_yours": "질문한 사람만 결정할 수 있어요.",
        "approval_over": "이미 결정되었거나 시간이 지났어요. 필요하면 다시 요청해 주세요.",
        "tool_interrupted": "⚠️ “{name}”을(를) 사용하는 중에 중단되었어요. 실행되었는지 알 수 없어 반복하지 않았습니다. "
        "확인해 보시고, 필요하면 다시 요청해 주세요.",
        "tools_refused": "⚠️ AI 서비스가 제 도구를 거부해 답변하지 못했어요. 이 봇의 운영자에게 어시스턴트를 확인해 달라고 알려 주세요.",
        "tools_missing": "ℹ️ 여기서는 사용할 수 없어요: {names}. 나머지는 모두 작동합니다. 이 봇의 운영자가 다른 "
        "서버나 어시스턴트를 선택할 수 있어요.",
        "step_limit": "✂️ 한 번의 답변에 허용된 단계보다 많이 필요했어요. “계속”이라고 하거나 더 작게 나누어 주세요.",
        "task_web": "웹 검색 중",
        "task_files": "문서 검색 중",
        "task_code": "코드 실행 중",
        "task_picture": "그림 그리는 중",
        "task_mcp": "{name} 사용 중",
        "task_function": "{name} 사용 중",
        "file_lost": "⚠️ {names}을(를) 제때 가져오지 못했어요. 다시 만들어 달라고 해 주세요.",
        "file_not_here": "⚠️ {files}: 사용 중인 AI 서버가 이런 파일을 읽지 못해요. 텍스트, PDF 또는 그림으로 보내 주세요.",
        "file_out_large": "⚠️ {name}은(는) 여기에 올리기에 너무 커요(한도 {megabytes} MB). 나누거나 압축해 달라고 해 주세요.",
        "file_out_refused": "⚠️ {name}을(를) 여기에 올릴 수 없었어요. 이 봇의 운영자에게 파일 첨부 권한을 요청해 주세요.",
        "memory_topic": "여기서는 스레드마다 대화가 따로 있는데, 슬래시 명령은 어느 스레드인지 알 수 없어요. "
        "스레드 안에서 “기억”이라고 적어 주세요(채널에서는 제 이름 뒤에).",
        "memory_empty": "아직 기억하는 것이 없어요. 새 대화입니다.",
        "memory_whole": "이 대화에는 메시지가 {messages}개(약 {tokens} 토큰) 있고 모두 기억합니다. 새로 시작하려면 봇 이름 뒤에 "
        "“초기화”(또는 /reset)라고 적어 주세요.",
        "memory_newest": "이 대화에는 메시지가 {messages}개(약 {tokens} 토큰) 있어요. 가장 최근의 {kept}개를 그대로 기억합니다. 새로 "
        "시작하려면 봇 이름 뒤에 “초기화”(또는 /reset)라고 적어 주세요.",
        "memory_summarised": "이 대화에는 메시지가 {messages}개(약 {tokens} 토큰) 있어요. 가장 오래된 {summarised}개는 요약으로, "
        "나머지는 그대로 기억합니다. 새로 시작하려면 봇 이름 뒤에 “초기화”(또는 /reset)라고 적어 주세요.",
        "about_message": "이 메시지에 대해 알려 주세요. 설명해 주시고, 질문이라면 답해 주세요.",
        "answer_comes": "💬 그 메시지에 대한 답장으로 여기에 답변할게요.",
        "assistant_current": "여기서 답하는 어시스턴트: “{name}”({id}, 모델 {model}).",
        "assistant_others": "다른 어시스턴트: {names}. 관리자는 /assistant 이름 으로 바꾸고 /assistant none 으로 되돌릴 수 있어요.",
        "assistant_switched": "완료했어요. 다음 메시지부터 여기서 답하는 어시스턴트: “{name}”({id}). /assistant none 으로 되돌릴 수 있어요.",
        "assistant_freed": "완료했어요. 이제 여기에 따로 지정된 어시스턴트가 없어요. 다음 메시지부터 "
        "여기서 답하는 어시스턴트: “{name}”({id}).",
        "assistant_admins": "누가 어떤 모델로 답할지는 관리자만 바꿀 수 있어요. 이 봇의 운영자에게 ADMINS에 추가해 달라고 하세요.",
        "model_current": "여기서는 “{name}”({id})이(가) {model} 모델로 답해요. 관리자는 /model 이름 으로 바꾸고 /model default 로 되돌릴 수 "
        "있어요.",
        "model_set": "완료했어요. 다음 메시지부터 “{name}”({id})은(는) 어디서나 {model} 모델로 답해요. /model default 로 되돌릴 수 있어요.",
        "model_unfit": "“{wanted}” 모델은 사용할 수 없어 아무것도 바꾸지 않았어요. 지원이 끝났거나 AI 서비스에 없거나 답변용이 아니에요.",
        "model_instead": "대신 {model}을(를) 사용해 주세요.",
        "model_warned": "참고로 이 모델은 확인하지 못했거나 곧 지원이 끝나요: {reason}",
        "model_asking": "“{wanted}” 모델에 대해 아직 AI 서비스에 묻고 있어요. 어떤 모델로 답하게 되었는지는 몇 초 뒤에 /model 로 확인해 "
        "주세요.",
        "console_link": "웹 페이지를 여는 링크예요. 10분 안에 한 번만 쓸 수 있어요: {url}",
        "alert": "답변 하나가 실패했어요. {why}\n자세한 과정: {url}",
        "console_sent": "웹 페이지 링크를 다이렉트 메시지로 보냈어요.",
        "console_admins": "웹 페이지 링크는 관리자만, 페이지가 켜져 있을 때 받을 수 있어요. 이 봇의 운영자에게 ADMINS에 추가해 달라고 하세요.",
        "assistant_unknown": "“{name}”이라는 어시스턴트가 없어요. 있는 것: {names}.",
        "assistant_several": "“{name}”이라는 어시스턴트가 여럿이에요: {names}. id를 사용해 주세요.",
    },
}
TEXTS: Final = {language: own | RULES[language] for language, own in _OWN.items()}


def text(key: str, locale: str, default: str = "en", texts: dict[str, dict[str, str]] = TEXTS) -> str:
    """The text for a person's locale ("ko", "ko-KR", "en-US"); `default` when it is "" or not ours."""
    language = locale.lower().replace("_", "-").split("-")[0]
    return texts.get(language, texts.get(default, texts["en"]))[key]


_HANGUL: Final = re.compile("[가-힣ㄱ-ㅣ\u1100-\u11ff]")


def of_script(words: str) -> str:
    """The locale that a text itself speaks for: "ko" where no fewer of its words are Korean than are not."""
    found = re.findall(r"[^\W\d_]+", words[:2000])
    korean = sum(bool(_HANGUL.search(word)) for word in found)
    return "ko" if korean and 2 * korean >= len(found) else ""


def ended(extent: str, locale: str, default: str = "en") -> str:
    """That a conversation is over, and which one: an `Extent` of `core.store.threads`."""
    return text("reset", locale, default).format(what=text(f"ended_{extent}", locale, default))
