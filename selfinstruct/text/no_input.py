"""The ways in which a text says that a task needs no input; one place for the readers of seeds and of replies.

Models are asked for `<noinput>`, and write "None", "N/A", "(no input)", "No input required." and the like.  The
reference code of Alpaca keeps all but the first as if they were inputs: 673 of the 52,002 rows of its release have one.
Only a text that says nothing else is meant: "None of the above" is an input, and so is "Na", the symbol of sodium.

Readers of single words, such as the families of Instruction Induction, take every input as it is.
"""

import re

SAID = re.compile(
    r"[\W_]*(?:"
    r"(?:there is )?no[\s_-]*(?:additional |further |specific )?input"
    r"(?: text| data)?(?: (?:is |was )?(?:required|needed|necessary|given|provided|available|applicable))?"
    r"|none(?: (?:is )?(?:required|needed|necessary|given|provided))?|(?-i:NA|na)|n\s?[/.]\s?a|n\sa|not applicable"
    r"|(?:input )?(?:is )?not (?:required|needed|necessary)|<empty>|\(empty\)|\[empty\]"
    r")(?: (?:for|in|by) this (?:task|instruction|question|prompt))?[\W_]*",
    re.IGNORECASE,
)
LONGEST = 100


def says_none(text: str) -> bool:
    """Return whether a text says that there is no input, or says nothing."""
    return not text.strip() or (len(text) <= LONGEST and SAID.fullmatch(text) is not None)


def real_input(text: str) -> str:
    """Return an input as it is, or an empty text where it only says that there is no input."""
    return "" if text.strip() and says_none(text) else text
