"""The wording of instructions, and of the remarks among them in a chat model's reply.

Asked for more tasks, chat models often solve those that they were shown.  The patterns were chosen by reading the
recorded replies of real models, and by how few of a hundred thousand real instructions they match (about one in a
thousand); the words are English, as in such replies.
"""

import re

from selfinstruct.prompt.reply import phrases, plain, quotes
from selfinstruct.text.pattern import lazy

OPENINGS = frozenset(
    """
    add adjust advise analyze analyse answer argue arrange ask assess assign assume balance brainstorm break build
    calculate categorize change check choose cite clarify classify clean come combine compare compile complete compose
    compute condense conduct consider construct convert correct count craft create critique decide decode deduce define
    delete demonstrate derive describe design detect determine develop devise differentiate discuss display distinguish
    divide draft draw edit elaborate eliminate enumerate estimate evaluate examine expand explain express extract figure
    fill find finish fix form format formulate generate give given group guess highlight how identify illustrate imagine
    implement improve in infer insert interpret introduce invent judge label link list locate look make match measure
    modify name offer order organize outline paraphrase parse perform pick plan pose predict prepare present print
    produce proofread propose prove provide put rank rate read rearrange recommend record reduce refactor reflect
    reformat rephrase replace reply represent research respond restate retell retrieve reverse review revise rewrite say
    search select separate share show simplify sketch solve sort speculate split spot state structure submit suggest
    summarize suppose synthesize take talk tell transcribe transform translate try turn unscramble update use using
    verify visualize what when where which who whose why write
    are can could did do does has have if is may should was were will would you your
    """.split()  # noqa: SIM905
)
FIRST_WORD = lazy(r"(?:please,? |kindly )?([a-z]+)", re.IGNORECASE)
WORD = lazy(r"[^\W\d_]{3,}")
EQUATION = lazy(r"[-\w\s+*/÷×^().,$%]{1,60}=[-\w\s+*/÷×^().,$%=]{1,60}")
ARITHMETIC = phrases(r"(?:add|subtract|multiply|divide|simplify|combine|substitute|isolate|factor)\b")
WORKING = phrases(
    r"step \d",
    r"(?:first|second|third|next|then|finally|lastly|therefore|thus|hence|so|now)(?:ly)?,?"
    r" (?:we|i|let's|let us|you can)\b",
    r"(?:first|next|then|finally),? (?:add|subtract|multiply|divide|simplify|substitute|calculate|isolate|find) ",
    r"to (?:\w+ ){1,12}\w+, (?:we|i|i'll|you(?:'ll)?|one)(?: would| will| can| could| first)?"
    r" (?:need|must|should|have|use|can|divide|add|start)\b",
    r"(?:the|your|my) (?:correct |final |right )?(?:answer|solution|result|output|value of \w+) (?:is|would be|to)\b",
    r"(?:answer|solution|response|output|result|explanation|reasoning|steps)\s?[:：]",
)
REMARK = phrases(
    r"unfortunately",
    r"(?:however, )?i (?:(?:don't|do not) (?:see|have)|didn't|did not|would need)\b",
    r"(?:however, )?you(?:'ve| have)? (?:already|didn't|did not|provided|mentioned|listed|asked)\b",
    r"you(?:'ve| have|'re) (?:already|ready to|correct|right|confirmed)\b",
    r"you (?:have not|haven't|did not) (?:given|provided|shared|specified|sent|included|told|mentioned)\b",
    r"although\b|\w+ (?:was|is) already (?:done|answered)|as you mentioned",
    r"(?:okay|ok|sure|certainly)[,!]|sorry to hear",
    r"i'll\b|i'd be\b|i've already\b|i will (?:\w+ )?(?:need|provide|choose|wait|use|generate)\b",
    r"(?:i'm|i am) (?:ready|happy|excited|waiting)|i hope (?:this|these|that)|i chose\b",
    r"(?:please )?(?:provide|share) (?:me )?(?:with )?(?:the|your|an?|some|more)\b[^.]{0,80}"
    r"(?:, and (?:i|i'll|we)\b|\bfor me to\b|you(?:'d| would) like)",
    r"please provide (?:more|additional|further) (?:information|details|context)",
    r"(?:please )?(?:go ahead|let me know)",
    r"here(?:'s| is) (?:a|an|one|my|the)\b[^.]*:?$|here are (?:the|my|some|a few) [^.]*$",
    r"no (?:\w+ ){0,4}(?:provided|given|needed|found|specified|assigned|required)\b",
    r"none$|(?:not|none) (?:provided|specified|applicable)",
    r"this is (?:an?|the|another) (?:\w+ ){0,5}(?:task|question|problem|statement|placeholder)\b",
    r"(?:this|the) (?:task|one|item|list|instruction)(?: \d+)?(?: \w+)?"
    r" (?:is|was|has|seems|cannot|needs|appears)\b(?! to)",
    r"these (?:tasks|prompts|instructions|examples)\b|task \d+ (?:is|was)",
    r"(?:let's|let us) (?:start|get|begin|move|take|assume|solve|say the|say we)|ready to (?:help|get)",
    r"assuming the\b|based on (?:the|your) (?:previous|latest|symptoms)|intermediate steps",
    r"note(?: that\b|\s?:)|please note|(?:説明|解説|설명|참고|备注|说明)\s?[:：]",
)
ABOUT_THE_LIST = phrases(
    r"ready to help|what are the tasks|here(?:'s| are| is) the (?:\w+ ){0,2}(?:tasks?|list)\b",
    r"tasks? (?:you|you've) (?:requested|listed|provided)|list of tasks (?:with|to complete)",
    r"(?:task|list)s? (?:is|was|are|seems) (?:incomplete|empty|missing|already)|incomplete task",
    r"(?:which|what) (?:one|task) would you like",
    r"(?:no|any) (?:specific )?task\b[^.]{0,40}(?:provided|assigned|specified|given)",
    r"(?:just an?|another) placeholder|placeholder for",
)
SOLVES = phrases(
    r"\bwith (?:\w+ ){0,5}(?:answers?|responses?|solutions?|answered|highlighted|removed)\b",
    r"\b(?:respond|response|answer) (?:to|for) each|\b(?:through|complete|address|with|tackle) (?:each|these|all)\b",
    r"\bhere are (?:my|the) (?:answers?|responses?|solutions?)|\b(?:start|begin|choose|with) task \d",
    r"\btasks? (?:\w+ ){0,2}(?:completed|solved|answered|done)\b|\b(?:completed|solved|answered) tasks\b",
    r"\b(?:complete|completing) the tasks|\ball? of the tasks|\btasks? for you\b",
)
ANNOUNCES_TASKS = phrases(r"\b(?:tasks|instructions|prompts|new list)\b[^.?!:：]{0,60}[:：]$")
HEADS_TASKS = phrases(r"\b(?:tasks|instructions|prompts|new list)\W{0,4}[:：]$")
NON_LATIN = lazy(r"[\u0370-\u1fff\u2e80-\uffef]")
REQUEST = lazy(
    r"(?:주세요|주십시오|하세요|하십시오|하시오|하라|해라|해줘|세요|ください|下さい|なさい|せよ|しろ|[か까요吗呢][?？])[.。!！?？]?$"
    r"|^(?:请|請|写|寫|列出|列举|描述|解释|翻译|总结|给出|给|说出|说明|分析|比较|设计|创建|生成|找出|计算|将|把|用|为|如何|什么|为什么)"
)
"""How orders and questions end in Korean and Japanese, and begin in Chinese."""
SENTENCE_END = ("?", "？", ".", "。", "!", "！")


def opens_like_an_instruction(bare: str) -> bool:
    """Return whether the first word of a plain text is one with which instructions begin."""
    first = FIRST_WORD.match(bare)
    return first is not None and first[1].lower() in OPENINGS


def is_instruction(text: str) -> bool:
    """Return whether it begins as instructions do, or asks, or is in a script that these words do not cover."""
    bare = plain(text)
    asks = plain(text[-200:]).rstrip(")").endswith(("?", "？"))
    return opens_like_an_instruction(bare) or asks or len(NON_LATIN.findall(bare)) * 3 > len(bare)


def is_request(text: str) -> bool:
    """Return whether it asks for something by its own words, in one of a few languages: "Name …", "… 말해 주세요."."""
    bare = plain(text)
    return opens_like_an_instruction(bare) or REQUEST.search(bare) is not None


def is_calculation(text: str) -> bool:
    """Return whether it is numbers and signs without a word: "6 (1 + 2 + 3 = 6)"."""
    bare = plain(text)
    return bare.isascii() and WORD.search(bare) is None and any(map(str.isdigit, bare))


def is_working(text: str) -> bool:
    """Return whether it is a step of a solution: "Step 2: …", "To solve this, we need …", "Answer: …"."""
    bare = plain(text)
    _, colon, rest = bare.partition(":")
    if colon and ARITHMETIC.match(bare) and EQUATION.fullmatch(rest) and "?" not in rest:
        return True
    return WORKING.match(bare) is not None


def is_remark(text: str) -> bool:
    """Return whether it speaks to the reader of the reply about the tasks, or excuses itself: "Please provide …"."""
    return REMARK.match(plain(text).lstrip("([（")) is not None and not quotes(text)


def is_about_the_list(text: str) -> bool:
    """Return whether it speaks of the list it stands in: "I'm ready to help. What are the tasks?"."""
    return ABOUT_THE_LIST.search(plain(text)) is not None


def announces_solutions(text: str) -> bool:
    """Return whether what follows it are answers: "Here are the tasks with my responses:"."""
    return SOLVES.search(plain(text)) is not None


def heads_tasks(text: str) -> bool:
    """Return whether it is a heading over tasks, which names them last: "Come up with a series of tasks:"."""
    return HEADS_TASKS.search(plain(text[-200:])) is not None


def announces_tasks(text: str) -> bool:
    """Return whether a list of tasks follows it: "Come up with a series of tasks:"."""
    return ANNOUNCES_TASKS.search(plain(text[-200:])) is not None
