"""What the libraries print that nobody can do anything about."""

import warnings

import pytest

from selfinstruct.trainer.silence import IGNORED, silenced

pytest.importorskip("transformers", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("text", IGNORED)
def test_a_warning_of_one_library_to_another_is_ignored_within(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with silenced():
            warnings.warn(f"{text} and will be removed in v6.", FutureWarning, stacklevel=1)
        with pytest.raises(FutureWarning):
            warnings.warn(f"{text} and will be removed in v6.", FutureWarning, stacklevel=1)


def test_all_other_warnings_are_shown():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with silenced(), pytest.raises(UserWarning, match="look here"):
            warnings.warn("look here", UserWarning, stacklevel=1)
