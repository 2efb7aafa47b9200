"""What the demo itself says, in English and Korean."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language. Names in braces are filled in."""

    greeting: str
    greeting_own: str
    help: str
    tries: str
    remembers: str
    cut_off: str
    kept_apart: str
    you: str
    answers: str
    continues: str
    changes: str
    posts: str
    asked: str
    whisper: str
    nothing_asked: str
    file_usage: str
    no_file: str
    folder: str
    unreadable: str
    unknown: str
    nearest: str
    takes_nothing: str


EN: Final = Words(
    greeting="Spool's demo: a local Slack, a local Discord and an offline model. Nothing leaves here.\n",
    greeting_own="Spool's demo: a local Slack, a local Discord and your model, which reads what you write.\n"
    "With OPENAI_API_KEY set, the demo uses your model and you pay for it.\n",
    help="""\
Type a message. Commands:
  /slack    go to Slack, where you mention the bot in #general
  /discord  go to Discord, where you write to the bot directly
  /file PATH [TEXT]     send a file or a picture
  /yes  /no             answer the bot's question
  use TOOL {{"ARGUMENT": "VALUE"}}   call a function tool, including your own
  /assistant [NAME]     who answers, or choose another
  /model [NAME]         which model answers, or choose another
  /memory   what it remembers          /reset  start a new conversation
  /stop     end the answer             /quit   leave
While you type, answers wait; press Enter and they go on.
Assistants for the demo: {command} assistants …
""",
    tries="Try: what time is it? · calculate 2*(3+4) · draw a cat · make a csv file · announce lunch\n",
    remembers="Earlier chats are not shown, but the assistant remembers them. /reset starts over.\n",
    cut_off="The last demo ended in the middle of an answer. A question that was open counts as a no.\n",
    kept_apart="What an older demo had is still in {path}, because this one had begun already.\n",
    you="[{where}] You: ",
    answers="[{where}] Assistant: ",
    continues="[{where}] Assistant continues: ",
    changes="[{where}] Assistant changes its message: ",
    posts="[{where}] Assistant posts {name} ({type}, {size} bytes), saved as {path}",
    asked="[{where}] /yes allows it, /no refuses.",
    whisper="[{where}] (only you see this) {text}\n",
    nothing_asked="There is no question to answer.\n",
    file_usage="Write: /file PATH [TEXT]\n",
    no_file="There is no file {path}.\n",
    folder="{path} is a folder: name one file in it.\n",
    unreadable="{path} cannot be read ({reason}).\n",
    unknown="There is no command {order}.{nearest} It was not sent; /help shows the commands.\n",
    nearest=" Did you mean {nearest}?",
    takes_nothing="{order} takes no text. Not sent.\n",
)
KO: Final = Words(
    greeting="Spool 데모: 이 컴퓨터 안의 Slack과 Discord, 오프라인 모델. 아무것도 밖으로 나가지 않습니다.\n",
    greeting_own="Spool 데모: 이 컴퓨터 안의 Slack과 Discord, 설정한 모델. 쓴 글은 그 모델이 읽습니다.\n"
    "OPENAI_API_KEY를 설정하면 데모가 그 모델을 사용하고, 요금은 사용자에게 청구됩니다.\n",
    help="""\
메시지를 입력하세요. 명령:
  /slack    Slack으로: #general에서 봇을 멘션합니다
  /discord  Discord로: 봇에게 다이렉트 메시지를 보냅니다
  /file 경로 [글]       파일이나 그림을 보냅니다
  /yes  /no             봇의 질문에 답합니다
  use 도구 {{"인자": "값"}}   함수 도구를 부릅니다. 직접 만든 것도 됩니다
  /assistant [이름]     누가 답하는지 보거나 바꿉니다
  /model [이름]         어떤 모델이 답하는지 보거나 바꿉니다
  /memory   기억하는 내용              /reset  새 대화 시작
  /stop     답변 멈추기                /quit   나가기
입력하는 동안 답변은 기다리고, Enter를 누르면 이어집니다.
데모의 어시스턴트: {command} assistants …
""",
    tries="해 보기: 지금 몇 시야? · 계산 2*(3+4) · 고양이 그려 줘 · csv 파일 만들어 줘 · 공지 점심 12시\n",
    remembers="화면의 대화는 비어 있지만 전에 한 말은 기억합니다. /reset 하면 새로 시작합니다.\n",
    cut_off="지난 데모는 답변 도중에 끝났습니다. 답하지 않은 질문은 거절로 처리합니다.\n",
    kept_apart="이 데모가 이미 시작된 뒤라서, 예전 데모의 데이터는 {path}에 그대로 있습니다.\n",
    you="[{where}] 나: ",
    answers="[{where}] 어시스턴트: ",
    continues="[{where}] 어시스턴트 (이어서): ",
    changes="[{where}] 어시스턴트가 메시지를 고침: ",
    posts="[{where}] 어시스턴트가 올림: {name} ({type}, {size}바이트), {path}에 저장됨",
    asked="[{where}] 허용하려면 /yes, 아니면 /no를 입력하세요.",
    whisper="[{where}] (나에게만 보임) {text}\n",
    nothing_asked="지금은 질문이 없습니다.\n",
    file_usage="이렇게 쓰세요: /file 경로 [글]\n",
    no_file="{path} 파일이 없습니다.\n",
    folder="{path}은(는) 폴더입니다. 그 안의 파일 하나를 적어 주세요.\n",
    unreadable="{path}을(를) 읽을 수 없습니다 ({reason}).\n",
    unknown="{order} 명령은 없습니다.{nearest} 보내지 않았습니다. /help로 명령을 볼 수 있습니다.\n",
    nearest=" {nearest}인가요?",
    takes_nothing="{order} 뒤에는 아무것도 쓰지 않습니다. 보내지 않았으니 {order}만 쓰세요.\n",
)


def words(language: str, data_dir: Path, spool: str) -> Words:
    """The texts of that language, for a demo whose data are there."""
    found = KO if language == "ko" else EN
    return replace(found, help=found.help.format(command=command(data_dir, spool)))


def command(data_dir: Path, spool: str) -> str:
    """How a person calls a command for the demo's data."""
    return f"DATA_DIR={shlex.quote(str(data_dir))} {spool}"
