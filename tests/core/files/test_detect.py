"""core.files.detect: what a file is, by its content; and what is refused, with the reason."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import FileRefused
from core.files import detect
from core.texts import TEXTS
from core.types import File
from tests import samples

CASES = Path(__file__).parents[2] / "events" / "model"
PDF_ABOUT = (
    samples.PDF[:9]
    + b"1 0 obj<<>>stream\n(a trailer has /Encrypt 1 0 R) Tj\nendstream endobj\n"
    + samples.PDF[9:]
)


def moving() -> bytes:
    """A PNG that announces an animation, behind a comment that only talks of one."""
    chunks = b"".join(
        len(body).to_bytes(4, "big") + kind + body + bytes(4)
        for kind, body in ((b"tEXt", b"IDAT acTL"), (b"acTL", bytes(8)))
    )
    still = samples.png()
    return still[:33] + chunks + still[33:]


TAKEN: dict[str, tuple[bytes, str, str, str]] = {
    "png": (samples.png(), "picture", "image/png", "x.png"),
    "jpeg": (samples.jpeg(), "picture", "image/jpeg", "x.jpg"),
    "progressive": (samples.jpeg(marker=0xC2), "picture", "image/jpeg", "x.jpg"),
    "gif": (samples.gif(), "picture", "image/gif", "x.gif"),
    "webp extended": (samples.webp(b"VP8X"), "picture", "image/webp", "x.webp"),
    "webp lossless": (samples.webp(b"VP8L"), "picture", "image/webp", "x.webp"),
    "webp lossy": (samples.webp(b"VP8 "), "picture", "image/webp", "x.webp"),
    "pdf": (samples.PDF, "document", "application/pdf", "x.pdf"),
    "pdf after rubbish": (b"\r\n\0" + samples.PDF, "document", "application/pdf", "x.pdf"),
    "pdf about passwords": (PDF_ABOUT, "document", "application/pdf", "x.pdf"),
    "rtf": (b"{\\rtf1 hello}", "document", "application/rtf", "x.rtf"),
    "odt": (samples.odt(), "document", "application/vnd.oasis.opendocument.text", "x.odt"),
    "wav": (samples.wav(), "audio", "audio/wav", "x.wav"),
    "flac": (samples.FLAC, "audio", "audio/flac", "x.flac"),
    "opus": (samples.ogg(), "audio", "audio/ogg", "x.ogg"),
    "vorbis": (samples.ogg(b"\1vorbis"), "audio", "audio/ogg", "x.ogg"),
    "mp3": (samples.mp3(), "audio", "audio/mpeg", "x.mp3"),
    "mp3 with a tag": (samples.mp3(tagged=True), "audio", "audio/mpeg", "x.mp3"),
    "aac": (samples.aac(), "audio", "audio/aac", "x.aac"),
    "m4a": (samples.mp4(b"soun", brand=b"M4A "), "audio", "audio/mp4", "x.m4a"),
    "mp4 that only sounds": (samples.mp4(b"soun", b"text"), "audio", "audio/mp4", "x.m4a"),
    "webm": (samples.webm(b"A_OPUS"), "audio", "audio/webm", "x.webm"),
    **{
        ending: (samples.office(ending), "document", type, f"x.{ending}")
        for ending, (_, type) in samples.OFFICE.items()
    },
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "file_empty"),
    "zip": (samples.zipped("a.txt"), "file_archive"),
    "zip that claims to be Office": (samples.zipped("word/document.xml"), "file_archive"),
    "Office without its part": (samples.zipped("[Content_Types].xml", "x"), "file_archive"),
    "zip without a directory": (b"PK\3\4" + bytes(40), "file_archive"),
    "zip cut in its directory": (samples.office("docx")[:-30], "file_archive"),
    "macros": (samples.office("docx", "word/vbaProject.bin"), "file_macros"),
    "gzip": (b"\x1f\x8b\x08" + bytes(9), "file_archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "file_archive"),
    "rar": (b"Rar!\x1a\x07\x01\0", "file_archive"),
    "tar": (b"name" + bytes(253) + b"ustar" + bytes(250), "file_archive"),
    "old Office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "file_old_office"),
    "elf": (b"\x7fELF\2\1\1" + bytes(9), "file_type"),
    "exe": (b"MZ\x90\0\3\0\0\0", "file_type"),
    "java class": (b"\xca\xfe\xba\xbe\0\0\0\x34", "file_type"),
    "sqlite": (b"SQLite format 3\0" + bytes(84), "file_type"),
    "unknown": (bytes(range(256)), "file_type"),
    "latin text without a name": ("déjà".encode("latin-1"), "file_type"),
    "text with a zero": (b"hello\0world", "file_type"),
    "video": (samples.mp4(b"vide", b"soun"), "file_video"),
    "silent video": (samples.mp4(b"vide"), "file_video"),
    "mp4 without tracks": (samples.mp4(), "file_video"),
    "webm video": (samples.webm(b"V_VP9", b"A_OPUS"), "file_video"),
    "ogg video": (samples.ogg(b"\x80theora"), "file_video"),
    "avi": (b"RIFF\0\0\0\0AVI LIST", "file_video"),
    "flv": (b"FLV\1\5" + bytes(9), "file_video"),
    "mpeg": (b"\0\0\1\xba" + bytes(9), "file_video"),
    "heic": (samples.box(b"ftyp", b"heic" + bytes(8)), "file_picture_format"),
    "avif": (samples.box(b"ftyp", b"avif" + bytes(8)), "file_picture_format"),
    "tiff": (b"II*\0" + bytes(9), "file_picture_format"),
    "bmp": (b"BM\x9a\0\0\0\0\0\0\0\x36\0", "file_picture_format"),
    "photoshop": (b"8BPS\0\1", "file_picture_format"),
    "moving png": (moving(), "file_picture_moving"),
    "moving webp": (CASES.joinpath("15-animated.webp").read_bytes(), "file_picture_moving"),
    "moving webp by its flag": (samples.webp()[:20] + b"\x02" + samples.webp()[21:], "file_picture_moving"),
    "pdf with a password": (CASES.joinpath("15-encrypted.pdf").read_bytes(), "file_password"),
    "pdf with a password in a stream": (
        b"%PDF-1.7\n9 0 obj<</Type/XRef /Encrypt 7 0 R/W[1 2 1]>>stream\nx\nendstream endobj\n%%EOF",
        "file_password",
    ),
    "pdf with a password, written out": (
        samples.PDF + b"\ntrailer\n<< /Size 9\n/Encrypt << /Filter /Standard >> >>\n%%EOF",
        "file_password",
    ),
    "half a png": (samples.png()[:40], "file_damaged"),
    "a png's beginning": (samples.png()[:8], "file_damaged"),
    "half a jpeg": (samples.jpeg()[:-2], "file_damaged"),
    "jpeg without a frame": (b"\xff\xd8\xff\xda\0\2\xff\xd9", "file_damaged"),
    "half a gif": (samples.gif()[:-4], "file_damaged"),
    "gif without a picture": (samples.gif(frames=0), "file_damaged"),
    "half a webp": (samples.webp()[:25], "file_damaged"),
    "webp of an unknown kind": (samples.webp()[:12] + b"VP9 " + bytes(20), "file_damaged"),
    "png of no size": (samples.png(0, 5), "file_damaged"),
    "png bomb": (samples.png(65_500, 65_500), "file_picture_large"),
    "jpeg bomb": (samples.jpeg(65_500, 65_500), "file_picture_large"),
    "gif bomb": (samples.gif(1, 65_500, 65_500), "file_picture_large"),
    "webp bomb": (samples.webp(b"VP8X", 16_000_000, 16_000_000), "file_picture_large"),
    "many bytes": (samples.png() + bytes(20 * 1024 * 1024), "file_picture_large"),
}


@pytest.mark.promise("F3")
@pytest.mark.parametrize("sample", TAKEN)
@pytest.mark.parametrize("name", ["x", "x.exe", "x.zip"])
def test_the_content_decides(sample, name):
    """Whatever the name says; a name that model servers would stumble over gets the right ending."""
    content, kind, type, named = TAKEN[sample]
    found = detect.judge(content, name)
    assert (kind, type) == (found.kind, found.type)
    assert found.name == (named if name == "x" else f"{name}.{named[2:]}")
    assert found.content == content


@pytest.mark.parametrize("sample", REFUSED)
def test_what_is_refused_has_its_reason(sample):
    """And the reason is a text."""
    content, reason = REFUSED[sample]
    with pytest.raises(FileRefused) as refused:
        detect.judge(content, "x")
    assert reason == refused.value.notice
    assert reason in TEXTS["en"]


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("jpeg", "Holiday.JPEG"),
        ("m4a", "clip.mp4"),
        ("opus", "v.opus"),
        ("mp3", "a.mpga"),
        ("docx", "a.DOCX"),
    ],
)
def test_a_fitting_name_stays(sample, name):
    """Of several endings for one type each will do."""
    assert name == detect.judge(TAKEN[sample][0], name).name


@pytest.mark.parametrize(
    "content", [samples.mp4(), samples.mp4(b"vide", b"soun"), samples.webm(), samples.ogg(b"")]
)
def test_a_voice_message_is_sound(content):
    """Whatever its tracks say: Slack's claim to be videos. What is no recording is judged as ever."""
    assert "audio" == detect.judge(content, "audio_message.mp4", voice=True).kind
    with pytest.raises(FileRefused, match="file_type"):
        detect.judge(b"MZ\x90\0", "voice.ogg", voice=True)


def test_pictures_up_to_the_limit_are_taken():
    """Fifty million pixels are allowed, a row more is not. Of a moving GIF the first is left."""
    assert "picture" == detect.judge(samples.png(10_000, 5_000), "x.png").kind
    with pytest.raises(FileRefused):
        detect.judge(samples.png(10_000, 5_001), "x.png")
    assert samples.gif(1) == detect.judge(samples.gif(3), "x.gif").content


@pytest.mark.parametrize(
    ("name", "type"),
    [
        *(("a.csv", "text/csv"), ("a.JSON", "application/json"), ("a.md", "text/markdown")),
        *(("a.py", "text/x-python"), ("a.html", "text/html"), ("a.svg", "text/xml")),
        *((name, "text/plain") for name in ("a.log", "a.exe", "Makefile", ".csv")),
    ],
)
def test_text_is_what_its_name_says(name, type):
    """That it is text is told by the content, its language by the name, which stays."""
    found = detect.judge(b"a,b\n1,2\n", name)
    assert ("text", type, name, b"a,b\n1,2\n") == (found.kind, found.type, found.name, found.content)


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        *(("한글, naïve\n\x1b[0m\tend", one) for one in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom")),
        *(("이름,나이\n", "cp949"), ("café – “x”\n", "cp1252")),
    ],
)
def test_text_becomes_utf_8(said, encoding):
    """Without a byte order mark. Spreadsheets write old tables; only the name tells that it is text."""
    content = b"\xff\xfe" + said.encode("utf-16-le") if encoding.endswith("bom") else said.encode(encoding)
    name = "table.csv" if encoding.startswith("cp") else "noname"
    assert said.encode() == detect.judge(content, name).content


@pytest.mark.parametrize("said", ["BM is a shop", "A file that begins with %PDF-1.7 is a PDF.", "RIFF raff"])
def test_words_are_not_signatures(said):
    """A text may begin like a file of another kind."""
    for text in (said, "PK", "ID3 tags", "OggS", "fLaC", "MZ", "II*"):
        assert "text" == detect.judge(text.encode(), "x").kind


HEADS = [content[:60] for content, *_ in TAKEN.values()] + [content[:60] for content, _ in REFUSED.values()]


def outcome(content: bytes, name: str = "x", *, voice: bool = False) -> File | str:
    """What the file is, or the reason why it is refused."""
    try:
        return detect.judge(content, name, voice=voice)
    except FileRefused as error:
        return error.notice


@given(st.sampled_from(HEADS), st.binary(max_size=400), st.text(max_size=20), st.booleans())
@example(b"", b"\xff\xfe\x00\xd8", "a.csv", False)
def test_no_bytes_break_it(head, tail, name, voice):
    """Any content is taken or refused for a reason that has a text."""
    found = outcome(head + tail, name, voice=voice)
    assert found in TEXTS["en"] if isinstance(found, str) else found.type
    if isinstance(found, File) and found.kind == "text":
        assert "\0" not in found.content.decode()


@given(st.sampled_from(sorted(TAKEN)), st.data())
def test_no_damage_breaks_it(sample, data):
    """A byte changed anywhere, the end cut off."""
    content = bytearray(TAKEN[sample][0])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = outcome(bytes(content[: data.draw(st.integers(0, len(content)))]))
    assert found in TEXTS["en"] if isinstance(found, str) else found.type


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff",
        samples.gif()[:19],
        samples.mp4()[:24],
        b"PK\3\4",
        b"\x1a\x45\xdf\xa3",
        b"\xff\xfb\x90\0",
    ],
)
@pytest.mark.parametrize("filling", [b"\xff", b"\x01", b"\x00\x00\x00\x08moov", b"PK\1\2"])
def test_hostile_files_are_judged_at_once(head, filling):
    """Two megabytes of nothing but headers cost less than a second."""
    content = head + filling * (2_000_000 // len(filling))
    began = time.perf_counter()
    outcome(content)
    assert time.perf_counter() - began < 1


@pytest.mark.promise("O8")
@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("cod\u202etxt.exe", "codtxt.exe"),
        ("  many   blanks .md ", "many blanks .md"),
        ("보고서.pdf", "보고서.pdf"),
        (unicodedata.normalize("NFD", "보고서.pdf"), "보고서.pdf"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (None, "file"),
        (7, "file"),
        ("\ud800x", "x"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_are_made_safe(given_name, name):
    """No path, no control or direction characters, no length that hurts."""
    assert name == detect.safe_name(given_name)


@given(st.text(max_size=300))
def test_every_name_is_made_safe_once(name):
    """What comes out can be stored, is short, and stays as it is when it is given again."""
    safe = detect.safe_name(name)
    assert 0 < len(safe) <= detect.LONGEST_NAME
    assert safe.encode()
    assert not any(unicodedata.category(letter) == "Cc" for letter in safe)
    assert safe == detect.safe_name(safe)
