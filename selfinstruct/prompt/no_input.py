"""The ways in which models say that a task needs no input.

They are asked for `<noinput>`, and write "None", "N/A", "(no input)", "No input required." and the like; the reference
code of Alpaca knows the first alone, and keeps the others as if they were inputs.  Only a text that says nothing else
is meant: "None of the above" is an input.
"""

import re

SAID = re.compile(
    r"[\W_]*(?:"
    r"(?:there is )?no[\s_-]*(?:additional |further |specific )?input"
    r"(?: text| data)?(?: (?:is |was )?(?:required|needed|necessary|given|provided|available|applicable))?"
    r"|none(?: (?:is )?(?:required|needed|necessary|given|provided))?|n\s?[/.]?\s?a|not applicable"
    r"|(?:input )?(?:is )?not (?:required|needed|necessary)|<empty>|\(empty\)|\[empty\]"
    r")(?: (?:for|in|by) this (?:task|instruction|question|prompt))?[\W_]*",
    re.IGNORECASE,
)
LONGEST = 100


def says_none(text: str) -> bool:
    """Whether a text says that there is no input, or says nothing."""
    return not text.strip() or (len(text) <= LONGEST and SAID.fullmatch(text) is not None)
