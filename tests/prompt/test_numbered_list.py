from typing import Any

import pytest
from pieces import reasons

from selfinstruct.prompt import Parser
from selfinstruct.prompt.numbered_list import NumberedList
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Task

TASKS = [Task(id=str(number), origin="human", instruction=f"Task number {number}.") for number in range(8)]
POEM, SKY, CATS = "Write a poem about Paris.", "Why is the sky blue?", "List five cats."


def parse(text: str, *, chat: bool = False, finish_reason: str = "stop", **keys: Any) -> list[Candidate | Rejection]:
    parser = NumberedList(**({"casing": "keep", "cut_off": "keep_whole"} | keys))
    return parser.parse(Completion(text=text, finish_reason=finish_reason), {"tasks": TASKS, "chat": chat})


def instructions(found: list[Candidate | Rejection]) -> list[str]:
    return [piece.instruction for piece in found if isinstance(piece, Candidate)]


def test_it_is_a_parser_and_says_what_it_expects() -> None:
    parser = NumberedList(casing="keep", cut_off="keep_whole")

    assert isinstance(parser, Parser)
    assert parser.reply_format == "numbered_list"


def test_a_completion_model_continues_with_the_open_number() -> None:
    assert parse(f" {POEM}\n10. {SKY}\n11.  {CATS}") == [Candidate(instruction=one) for one in (POEM, SKY, CATS)]


def test_a_reply_of_one_item_has_no_marker() -> None:
    assert instructions(parse(f" {POEM}")) == [POEM]


@pytest.mark.parametrize(
    "text",
    [
        "9. {}\n10. {}\n11. {}",
        "1. {}\n2. {}\n3. {}",
        "9) {}\n10) {}\n11) {}",
        "(1) {}\n(2) {}\n(3) {}",
        "9: {}\n10: {}\n11: {}",
        "Task 9: {}\nTask 10: {}\nTask 11: {}",
        "**Task 9:** {}\n\n**Task 10:** {}\n\n**Task 11:** {}",
        "**9.** {}\n**10.** {}\n**11.** {}",
        "## 9. {}\n## 10. {}\n## 11. {}",
        "- {}\n- {}\n- {}",
        "* {}\n* {}\n* {}",
        "•{}\n•{}\n•{}",
        "１．{}\n２．{}\n３．{}",
        "1、{}\n2、{}\n3、{}",
        "①{}\n②{}\n③ {}",
        "9.{}\n10.{}\n11.{}",
        "9. {}\r\n\r\n10. {}\r\n\r\n11. {}",
        "\ufeff9. {}\n\n10. {}\n\n\n11. {}",
        "9. {}\n10. {}\n\n1. {}",
        "9. **{}**\n10. **{}**\n11. **{}**",
        "9. **Poem**: {}\n10. **Sky:** {}\n11. **Cats** – {}",
        "**9. Poem**\n{}\n\n**10. Sky**\n{}\n\n**11. Cats**\n{}",
        "**Task 9: Poem**\n\n{}\n\n**Task 10: Sky**\n\n{}\n\n**Task 11: Cats**\n\n{}",
        "```\n9. {}\n10. {}\n11. {}\n```",
        "<think>9. Not this one.</think>\n9. {}\n10. {}\n11. {}",
        "  1. {}\n  2. {}\n  3. {}",
    ],
)
@pytest.mark.parametrize("chat", [False, True])
def test_any_marker_opens_an_item(text: str, chat: bool) -> None:
    assert parse(text.format(POEM, SKY, CATS), chat=chat) == [Candidate(instruction=one) for one in (POEM, SKY, CATS)]


def test_lists_in_other_scripts_are_read() -> None:
    assert instructions(parse("다음 문장을 번역하세요.\n10. 시를 쓰세요.")) == [
        "다음 문장을 번역하세요.",
        "시를 쓰세요.",
    ]
    assert instructions(parse("以下は提案です。\n\n**6. なぜ空は青いのですか？**", chat=True)) == [
        "なぜ空は青いのですか？"
    ]


@pytest.mark.parametrize(
    "preamble", ["Sure! Here is what I came up with:", "Here are 8 more tasks:\n\nThey vary a lot:"]
)
@pytest.mark.parametrize("farewell", ["Let me know if you would like more!", "These tasks cover many topics."])
def test_a_chat_model_s_first_and_last_words_are_rejections(preamble: str, farewell: str) -> None:
    found = parse(f"{preamble}\n\n1. {POEM}\n2. {SKY}\n\n{farewell}", chat=True)

    assert instructions(found) == [POEM, SKY]
    assert [(piece.reason, piece.text) for piece in found if isinstance(piece, Rejection)] == [
        ("preamble", preamble),
        ("farewell", farewell),
    ]


def test_a_preamble_is_known_where_a_completion_was_expected() -> None:
    found = parse(f"Here are the tasks:\n\n9. {POEM}")

    assert instructions(found) == [POEM]
    assert reasons(found) == ["preamble"]


def test_a_chat_model_may_go_on_with_the_open_number() -> None:
    assert instructions(parse(f"{POEM}\n10. {SKY}", chat=True)) == [POEM, SKY]


def test_more_lines_and_paragraphs_belong_to_the_item_above() -> None:
    found = parse(
        "9. Write a letter.\nIt has to be short.\n\nUse rhymes.\n10. Fix this code:\ndef f(x):\n    return\n", chat=True
    )

    assert instructions(found) == ["Write a letter. It has to be short. Use rhymes.", "Fix this code: def f(x): return"]


@pytest.mark.parametrize(
    "sub_list",
    ["1. red\n2. blue", "   1. red\n   2. blue", "   - red\n   - blue", "* red\n* blue", "a) red\nb) blue"],
)
def test_a_list_inside_an_item_belongs_to_it(sub_list: str) -> None:
    found = parse(f"9. {POEM}\n10. Sort these colours:\n{sub_list}\n11. {CATS}")

    assert len(instructions(found)) == 3
    assert "red" in instructions(found)[1]
    assert "blue" in instructions(found)[1]


def test_a_list_that_starts_over_under_a_heading_continues() -> None:
    assert instructions(parse(f"# Hard ones\n1. {POEM}\n2. {SKY}\n\n# Easy ones\n1. {CATS}", chat=True))[-1] == CATS


def test_items_are_not_read_from_code() -> None:
    assert len(instructions(parse("9. Say what this prints:\n```\n1. a\n2. b\n```\n10. Why?"))) == 2


def test_empty_items_are_named() -> None:
    assert reasons(parse(f"9.\n10. {POEM}\n11. **")) == ["empty item", "empty item"]


def test_a_marker_that_the_reply_broke_off_in_is_no_text() -> None:
    found = parse(f"{POEM}\n10. {SKY}\n11")

    assert instructions(found) == [POEM, SKY]
    assert reasons(found) == ["empty item"]


def test_an_item_that_is_no_instruction_is_rejected_and_those_around_it_stay() -> None:
    found = parse(f"1. {POEM}\n2. Step 1: Subtract 5 from both sides.\n3. {CATS}", chat=True)

    assert instructions(found) == [POEM, CATS]
    assert reasons(found) == ["solution step"]


def test_in_a_reply_that_solves_the_tasks_only_the_tasks_are_read() -> None:
    text = (
        "Here are the tasks with my responses:\n\n"
        "**1. Solve 2x = 6.**\n\nTo solve it, we divide:\n1. Divide both sides by 2: x = 6 / 2\n2. Simplify: x = 3\n\n"
        "**2. Give me a recipe.**\n\n1. Boil the eggs.\n2. Peel them.\n\n"
        "**3. Cocktail recipe:**\n\nHere's a simple one:\n* 2 oz gin\n\n"
        "4. Potato chips\n\nWhich one would you like to start with?"
    )

    assert instructions(parse(text, chat=True)) == ["Solve 2x = 6.", "Give me a recipe."]


def test_answers_that_stand_with_a_task_are_taken_off() -> None:
    text = "1. {}\n   - Output: a poem\n2. {} (I'll need the colour)\n3. {}\n   Answer: Tom"

    found = parse(text.format(POEM, SKY, CATS), chat=True)

    assert instructions(found) == [POEM, SKY, CATS]
    assert reasons(found) == ["solution step", "explanation", "solution step"]


def test_bullets_after_an_item_without_a_number_belong_to_it() -> None:
    assert instructions(parse("Explain these words:\n- red\n- blue")) == ["Explain these words: - red - blue"]


def test_a_title_without_a_task_is_a_heading() -> None:
    assert reasons(parse(f"1. **Task list**: (no description provided)\n2. {POEM}", chat=True)) == ["heading"]


def test_a_repeated_prompt_is_a_preamble() -> None:
    found = parse(f"{POEM}\n10. Come up with a series of tasks:\n1. {SKY}\n2. {CATS}")

    assert instructions(found) == [POEM, SKY, CATS]
    assert reasons(found) == ["preamble"]


@pytest.mark.parametrize(
    ("text", "chat", "expected"),
    [
        ("", True, ["empty reply"]),
        ("<think>9. Write a poem.", True, ["unfinished thought"]),
        ("I'm sorry, but I can't assist with that request.", False, ["refusal"]),
        ("I'm sorry, but I can't assist with that request.", True, ["refusal"]),
        ("I'm ready to help. What are the tasks?", False, ["no list"]),
        ("Well, that depends.", True, ["no list"]),
    ],
)
def test_a_reply_without_a_list_is_named(text: str, chat: bool, expected: list[str]) -> None:
    assert reasons(parse(text, chat=chat)) == expected


def test_of_a_reply_that_was_cut_off_the_last_item_is_truncated() -> None:
    found = parse(f"{POEM}\n10. {SKY}\n11. List fi", finish_reason="length")

    assert [piece.truncated for piece in found if isinstance(piece, Candidate)] == [False, False, True]


def test_an_item_before_what_was_cut_off_is_whole() -> None:
    found = parse(f"1. {POEM}\n\nLet me know if", chat=True, finish_reason="length")

    assert found[0] == Candidate(instruction=POEM)


def test_a_reply_that_was_cut_off_can_be_discarded_as_the_reference_code_does() -> None:
    found = parse(f"{POEM}\n10. {SKY}", finish_reason="length", cut_off="discard_reply")

    assert found == [Rejection(filter="parse", reason="reply cut off", text=f"{POEM}\n10. {SKY}")]


def test_casing_can_be_that_of_the_reference_code() -> None:
    assert instructions(parse(POEM, casing="capitalize")) == ["Write a poem about paris."]


@pytest.mark.parametrize("keys", [{"casing": "upper"}, {"cut_off": "no"}, {"reply_format": "a"}])
def test_wrong_keys_are_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(keys))):
        parse(POEM, **keys)


@pytest.mark.parametrize("rule", ["---", "***", "===", "- - -"])
@pytest.mark.parametrize("chat", [False, True])
def test_a_rule_between_items_belongs_to_none(rule: str, chat: bool) -> None:
    text = f"9. {POEM}\n\n{rule}\n\n10. {SKY}\n{rule}\n11. {CATS}\n\n{rule}\n"

    assert parse(text, chat=chat) == [Candidate(instruction=one) for one in (POEM, SKY, CATS)]


def test_a_rule_before_the_list_and_after_its_farewell_is_dropped() -> None:
    found = parse(f"---\n9. {POEM}\n---\n10. {SKY}\n\n---\n\nThese tasks are new.", chat=True)

    assert instructions(found) == [POEM, SKY]
    assert [piece.text for piece in found if isinstance(piece, Rejection)] == ["These tasks are new."]


def test_a_rule_inside_an_item_stays() -> None:
    assert instructions(parse(f"9. Join both:\n---\na\n---\nb\n10. {SKY}")) == ["Join both: --- a --- b", SKY]


@pytest.mark.parametrize("chat", [False, True])
def test_a_reply_of_rules_alone_is_no_list(chat: bool) -> None:
    assert reasons(parse("---\n---", chat=chat)) == ["no list"]
    assert instructions(parse(f"---\n---\n9. {POEM}", chat=chat)) == [POEM]


def test_emphasis_that_is_never_closed_leaves_no_space() -> None:
    assert instructions(parse("**16.\n<b>", chat=True)) == ["<b>"]


def test_only_a_rule_before_the_open_item_is_no_item() -> None:
    assert instructions(parse(f"---\n{POEM}\n10. {SKY}")) == [POEM, SKY]


def test_an_item_that_ends_with_a_colon_takes_its_list_along() -> None:
    text = f"9. Rank these animals by size:\n   - an ant\n   - a cow\n10. Do this in order:\n11. {SKY}"

    assert instructions(parse(text)) == ["Rank these animals by size: - an ant - a cow", "Do this in order:", SKY]


def test_a_colon_stays_only_where_what_it_announces_does() -> None:
    found = parse(f"9. Add the numbers:\n\n   Answer: 5\n10. {SKY}", chat=True)

    assert instructions(found) == ["Add the numbers", SKY]


@pytest.mark.parametrize("chat", [False, True])
def test_a_heading_over_tasks_is_no_task(chat: bool) -> None:
    found = parse(f"9. Write a series of tasks:\n10. {SKY}", chat=chat)

    assert (instructions(found), reasons(found)) == ([SKY], ["preamble"])


@pytest.mark.parametrize(
    "text", ["Sort these tasks: read, eat, sing.", "Pick one of these prompts and answer in verse:"]
)
def test_an_item_that_only_mentions_tasks_is_one(text: str) -> None:
    assert instructions(parse(f"9. {text}\n10. {SKY}")) == [text, SKY]


def test_what_speaks_to_the_reader_behind_a_bold_sentence_is_dropped() -> None:
    found = parse(f"9. **Rank the rivers.** You haven't provided any rivers.\n10. {SKY}", chat=True)

    assert instructions(found) == ["Rank the rivers.", SKY]
    assert [piece.text for piece in found if isinstance(piece, Rejection)] == ["You haven't provided any rivers."]


def test_what_continues_behind_a_bold_sentence_is_part_of_the_task() -> None:
    assert instructions(parse(f"9. **Rank the rivers.** Begin with the longest.\n10. {SKY}", chat=True)) == [
        "Rank the rivers. Begin with the longest.",
        SKY,
    ]


@pytest.mark.parametrize(
    "lead", ["Here are the tasks solved:", "These are the completed tasks:", "All tasks are answered:"]
)
def test_under_a_heading_that_announces_answers_only_orders_are_tasks(lead: str) -> None:
    assert instructions(parse(f"{lead}\n\n9. The sum is right.\n10. Paris it is.\n11. {POEM}", chat=True)) == [POEM]


@pytest.mark.parametrize(
    "text",
    [
        "Here are some words: ant, cow, bee. Sort them by length.",
        '"I am glad to help you." Is this sentence polite?',
        "“Sure, I will come.” Translate it into French.",
        "以下の単語を並べ替えてください：明日は休みです。",
        "다음 글을 요약해 주세요: 오늘은 비가 옵니다.",
        "「承知しました」を丁寧な文にしてください。",
        "请问还有别的方法吗？",
        "如果你有三个苹果，吃了一个，还剩几个？",
    ],
)
def test_material_that_sounds_like_talk_belongs_to_its_task(text: str) -> None:
    found = parse(f"9. {text}\n10. {SKY}", chat=True)

    assert (instructions(found), reasons(found)) == ([text, SKY], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("请问您还有其他需要帮助的吗？", "farewell"),
        ("如果你还有其他问题，请随时问我。", "farewell"),
        ("他にお手伝いできることはありますか？", "farewell"),
        ("더 도움이 필요하시면 말씀해 주세요.", "farewell"),
        ("以下は新しいタスクです。", "preamble"),
        ("다음은 새로운 과제입니다.", "preamble"),
        ("Here are some more tasks:", "preamble"),
    ],
)
def test_talk_as_an_item_is_no_task(text: str, reason: str) -> None:
    found = parse(f"9. {POEM}\n10. {text}", chat=True)

    assert (instructions(found), reasons(found)) == ([POEM], [reason])


@pytest.mark.parametrize(
    "text",
    [
        *(
            POEM,
            SKY,
            "Please list five cats.",
            "강 이름을 세 개 써 주세요.",
            "하늘은 왜 파란가요?",
            "川の名前を三つ書いてください。",
        ),
        *("写一首关于河的诗。", "请列出三种鸟。", "空はなぜ青いですか？", f"**{POEM}**", f"---\n\n{POEM}\n\n---"),
    ],
)
def test_a_chat_reply_may_be_one_instruction_and_nothing_else(text: str) -> None:
    assert instructions(parse(text, chat=True)) == [text.strip("*-\n")]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "How can I help you?",
            "What would you like me to write?",
            "It depends.",
            "これは難しいです。",
            "오늘은 비가 옵니다.",
        ),
        *("Write a poem.\nSing a song.", "The answer is 5.", "Let me know.", "我不知道。"),
    ],
)
def test_a_chat_reply_that_asks_for_nothing_is_no_instruction(text: str) -> None:
    assert reasons(parse(text, chat=True)) == ["no list"]
    assert instructions(parse(text, chat=True)) == []


def test_a_fence_that_is_never_closed_hides_no_later_item() -> None:
    assert instructions(parse(f"9. Explain this code:\n```\nx = 1\n10. {SKY}\n11. {CATS}")) == [
        "Explain this code: ``` x = 1",
        SKY,
        CATS,
    ]


def test_bullets_behind_a_chinese_sentence_are_dropped_from_a_chat_reply() -> None:
    found = parse("9. **列出三种水果。**\n   - 苹果\n   - 梨\n10. 写一首诗。\n   - 短一些", chat=True)

    assert instructions(found) == ["列出三种水果。", "写一首诗。"]
    assert reasons(found) == ["explanation", "explanation"]


def test_bullets_behind_a_chinese_sentence_belong_to_it_elsewhere() -> None:
    assert instructions(parse("9. 比较这些水果。\n   - 苹果\n   - 梨\n10. 写一首诗。")) == [
        "比较这些水果。 - 苹果 - 梨",
        "写一首诗。",
    ]


@pytest.mark.parametrize("chat", [False, True])
def test_control_tokens_are_no_part_of_an_item(chat: bool) -> None:
    text = f"<|im_start|>assistant\n9. {POEM}\n10. {SKY}<|im_end|>\n<|im_start|>user\n11. {CATS}"

    assert parse(text, chat=chat) == [Candidate(instruction=one) for one in (POEM, SKY)]


def test_an_item_that_a_control_token_ended_is_whole_wherever_the_server_stopped() -> None:
    text = f"9. {POEM}\n10. {SKY}<|im_end|>\n<|im_start|>user\nAnd so on and"

    assert parse(text, finish_reason="length") == [Candidate(instruction=one) for one in (POEM, SKY)]
    assert parse(text, finish_reason="length", cut_off="discard_reply") == parse(text)


CHINESE = ["解释碟刹为什么在雨天有噪音。", "帮我写一条短信，通知顾客取车。"]
SPANISH = ["Explica por qué chirrían los frenos.", "¿Por qué se me sale la cadena?"]


@pytest.mark.parametrize("marker", ["{}. ", "{}、", "{}．", "（{}）", "任务{}：", "**任务 {}：** "])
def test_the_numbering_of_chinese_lists_is_read(marker: str) -> None:
    items = [marker.format(number) + text for number, text in enumerate(CHINESE, 9)]
    text = "\n".join(["好的，以下是新任务：", "", *items, "", "希望这些任务对您有所帮助！"])

    assert instructions(parse(text, chat=True)) == CHINESE
    assert reasons(parse(text, chat=True)) == ["preamble", "farewell"]


@pytest.mark.parametrize("marker", ["{}. ", "{}) ", "{}.- ", "Tarea {}: ", "**Tarea {}:** ", "Instrucción {}: "])
def test_the_numbering_of_spanish_lists_is_read(marker: str) -> None:
    items = [marker.format(number) + text for number, text in enumerate(SPANISH, 9)]
    text = "\n".join(["¡Claro! Aquí tienes dos tareas más:", "", *items, "", "¡Espero que te sirvan!"])

    assert instructions(parse(text, chat=True)) == SPANISH
    assert reasons(parse(text, chat=True)) == ["preamble", "farewell"]


@pytest.mark.parametrize("text", ["抱歉，我无法完成这个请求。", "Lo siento, pero no puedo ayudarte con eso."])
def test_a_refusal_in_another_language_is_one(text: str) -> None:
    assert reasons(parse(text, chat=True)) == ["refusal"]


@pytest.mark.parametrize(
    "text", ["Aquí hay un error: corrígelo.", "以上是谁写的？", "Por supuesto que no llueve: ¿por qué?"]
)
def test_an_instruction_that_only_resembles_talk_is_none(text: str) -> None:
    assert instructions(parse(f"9. {SPANISH[0]}\n10. {text}", chat=True)) == [SPANISH[0], text]
