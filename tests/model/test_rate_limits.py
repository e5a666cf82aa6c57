from dataclasses import asdict
from types import SimpleNamespace

from selfinstruct.model.rate_limits import RateLimits, terms_of


def test_the_terms_of_a_model_are_its_values_under_the_same_names(settings):
    found = terms_of(SimpleNamespace(**settings, name="a model"))

    assert asdict(found) == {name: settings[name] for name in asdict(found)}


def test_a_model_may_have_no_further_parameters():
    values = {"concurrency": 1, "timeout_seconds": 1, "deadline_seconds": None, "attempts": 1}

    assert RateLimits(**values, requests_per_minute=None, tokens_per_minute=None).extra == {}
