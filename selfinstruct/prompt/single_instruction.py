"""Reads the one instruction that a model induced from examples.

The released post-processing (Instruction Induction, Honovich et al., 2022) removes a colon in front and then
"probably:", "most likely:", "probably", "most likely", "to", each once and in this order; of several lines the first
counts, and of a line with more than three words in double quotes these words; double quotes are removed.

`paper` does this as released, where "to" need not be a word, and "total the two numbers" becomes "tal the two numbers".
With `strict` only whole words are removed, and words in quotes stand for the line only where they begin it or follow a
colon, a comma or "was".  Lines of further examples are skipped.  So are an announcement ("Sure, here it is:") and a
label ("Instruction:"); with `paper` only those of a chat model, which that code did not know.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read
from selfinstruct.prompt.rule_line import is_rule
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.text.pattern import lazy

PREFIXES = ("probably:", "most likely:", "probably", "most likely", "to")
QUOTED = {
    "paper": lazy(r"\"((?:[A-Za-z.,'\\/]+ )+[A-Za-z.,'\\/]+)\""),
    "strict": lazy(r'(?:^|[:,]\s*|\b(?:is|was|likely|probably)\s+)"([^"]+)"'),
}
CURLY = str.maketrans("“”„", '"""')
LABEL = lazy(
    r"[*_#>\s-]{0,6}(?:the )?(?:(?:\w+ )?instructions?(?: \w+){0,4}?|task|answer)[*_]{0,2}"
    r"(?:(?: (?:is|was|were|reads?|said|(?:might|could|may) (?:be|have been)))[*_\s]{0,4}[:：]?|[:：]|$)[*_\s]{0,4}",
    re.IGNORECASE,
)
PAIR_LINE = lazy(
    r"^[*_#> \t-]{0,6}(?:example[ \t]*+\d*[*_]*+(?:[:.：．][*_]*+)?[ \t]*$"
    r"|(?:input|output|examples?)[ \t\d]*[*_]*[:：]).*\n?",
    re.IGNORECASE | re.MULTILINE,
)
MAX_WORDS_IN_QUOTES = 3


@part
class SingleInstruction:
    """Reads one instruction from a reply."""

    holds: ClassVar[str] = "answers"
    """What a plan counts in its replies; one instruction is as short as an answer."""

    rules: Literal["paper", "strict"]
    """Whether the text around the instruction is removed as released, or by whole words."""
    reply_format: ClassVar[str] = "single_instruction"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one candidate, or the reason why not."""
        reply = read(completion)
        is_strict = self.rules == "strict"
        text = PAIR_LINE.sub("", reply.text) if is_strict else reply.text
        instruction = self.instruction(answer(text) if is_strict or prompt_vars.get("chat") else text)
        if is_refusal(reply.text) or not any(letter.isalnum() for letter in instruction):
            return reply.without_data("no instruction")
        return [Candidate(instruction=instruction)]

    def instruction(self, text: str) -> str:
        """Return the instruction in the answer."""
        is_strict = self.rules == "strict"
        text = (text.strip().translate(CURLY) if is_strict else text).removeprefix(":").strip()
        for prefix in PREFIXES:
            rest = text[len(prefix) :]
            begins = (text.lower() if is_strict else text).startswith(prefix)
            if begins and not (is_strict and rest[:1].isalnum()):
                text = rest.strip()
        text = text.partition("\n")[0]
        quoted = QUOTED[self.rules].search(text)
        if quoted and len(quoted[1].split()) > MAX_WORDS_IN_QUOTES:
            text = quoted[1]
        return text.replace('"', "").strip()


def answer(text: str) -> str:
    """Return the line that holds the instruction, without a label; empty if the reply only announces it."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in lines:
        if is_preamble(line) or is_farewell(line) or is_rule(line):
            continue
        label = LABEL.match(line)
        if rest := (line[label.end() :] if label else line).strip():
            return rest.strip("*_ ")
    return ""
