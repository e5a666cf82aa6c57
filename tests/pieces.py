"""What a parser has made of a reply, as tests compare it."""

from selfinstruct.round import Candidate, Rejection


def pairs(pieces: list[Candidate | Rejection]) -> list[tuple[str, str]]:
    """Input and output of each candidate that has an instance."""
    instances = [piece.instance for piece in pieces if isinstance(piece, Candidate)]
    return [(instance.input, instance.output) for instance in instances if instance]


def reasons(pieces: list[Candidate | Rejection]) -> list[str]:
    """The reason of each rejection."""
    return [piece.reason for piece in pieces if isinstance(piece, Rejection)]
