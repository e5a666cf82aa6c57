import pytest

from selfinstruct.filters.verdict import Verdict
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate

EQUALITY = Verdict(attribute="equality", values={"equal": True, "not equal": False})


def test_what_was_judged_so_is_turned_away():
    assert EQUALITY.reject(Candidate(attributes={"equality": "equal"}), Pool()) == "judged 'equal'"


@pytest.mark.parametrize("attributes", [{"equality": "not equal"}, {"equality": "unheard of"}, {}])
def test_every_other_verdict_passes(attributes):
    assert EQUALITY.reject(Candidate(attributes=attributes), Pool()) is None
