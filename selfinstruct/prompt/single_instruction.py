"""Reads the one instruction that a model induced from examples.

A completion model goes on with a story that broke off at "The instruction … was", and says ' to write …', ': "Write …"'
or '"Write …" and so they did.'; a chat model announces the instruction, or puts it on a line of its own.  What is read
of either, by the released post-processing (Instruction Induction, Honovich et al., 2022):

1. a colon in front, and then "probably:", "most likely:", "probably", "most likely", "to", each once and in this order,
   are no part of it;
2. of several lines the first counts, and of a line with more than three words in double quotes these words;
3. double quotes are left out.

`paper` does this as it was released, where "to" is no word of its own, and "total the two numbers" becomes "tal the two
numbers".  With `strict` only whole words are cut off, and words in quotes stand for the line only where they begin it
or follow a colon, a comma or "was", for 'answer with "not at all the same"' is an instruction as a whole.  Lines of
further examples ("Input: …", "Example 6") are passed over.

A line that only announces ("Sure, here it is:") is passed over, and so is a label ("Instruction:"), with `paper` only
from a chat model, which that code did not know.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read, rejection
from selfinstruct.prompt.rule_line import is_rule
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

PREFIXES = ("probably:", "most likely:", "probably", "most likely", "to")
QUOTED = {
    "paper": re.compile(r"\"((?:[A-Za-z.,'\\/]+ )+[A-Za-z.,'\\/]+)\""),
    "strict": re.compile(r'(?:^|[:,]\s*|\b(?:is|was|likely|probably)\s+)"([^"]+)"'),
}
CURLY = str.maketrans("“”„", '"""')
LABEL = re.compile(
    r"[*_#>\s-]{0,6}(?:the )?(?:(?:\w+ )?instructions?(?: \w+){0,4}?|task|answer)[*_]{0,2}"
    r"(?:(?: (?:is|was|were|reads?|said|(?:might|could|may) (?:be|have been)))[*_\s]{0,4}[:：]?|[:：]|$)[*_\s]{0,4}",
    re.IGNORECASE,
)
PAIR_LINE = re.compile(
    r"[*_#>\s-]{0,6}(?:example[ \t]*+\d*[*_]*+(?:[:.：．][*_]*+)?\s*$|(?:input|output|examples?)[ \t\d]*[*_]*[:：])",
    re.IGNORECASE,
)
LONGEST_IN_QUOTES = 3


@part
class SingleInstruction:
    """Reads one instruction from a reply."""

    rules: Literal["paper", "strict"]
    """Whether what stands around the instruction is left out as released, or by whole words."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "single_instruction"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One candidate, or why there is none."""
        reply = read(completion)
        if not reply.text.strip():
            return list(reply.rejections)
        if is_refusal(reply.text):
            return [rejection("refusal", reply.text)]
        is_strict = self.rules == "strict"
        text = without_pairs(reply.text) if is_strict else reply.text
        instruction = self.instruction(answer(text) if is_strict or shown.get("chat") else text)
        if not any(letter.isalnum() for letter in instruction):
            return [rejection("no instruction", reply.text)]
        return [Candidate(instruction=instruction)]

    def instruction(self, text: str) -> str:
        """The instruction in the answer."""
        is_strict = self.rules == "strict"
        text = (text.strip().translate(CURLY) if is_strict else text).removeprefix(":").strip()
        for prefix in PREFIXES:
            rest = text[len(prefix) :]
            begins = (text.lower() if is_strict else text).startswith(prefix)
            if begins and not (is_strict and rest[:1].isalnum()):
                text = rest.strip()
        text = text.partition("\n")[0]
        quoted = QUOTED[self.rules].search(text)
        if quoted and len(quoted[1].split()) > LONGEST_IN_QUOTES:
            text = quoted[1]
        return text.replace('"', "").strip()


def without_pairs(text: str) -> str:
    """The text without lines of further examples, which are no instruction."""
    return "\n".join(line for line in text.split("\n") if not PAIR_LINE.match(line))


def answer(text: str) -> str:
    """What a reply says, without a line that announces it and without a label; empty if it says no more."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    said = [line for line in lines if not (is_preamble(line) or is_farewell(line) or is_rule(line))]
    return next((text for line in said if (text := without_label(line))), "").strip("*_ ")


def without_label(line: str) -> str:
    """A line without a label in front."""
    label = LABEL.match(line)
    return (line[label.end() :] if label else line).strip()
