import json

import datasets
import pytest

from selfinstruct.source.labels import labels_in, labels_of


def test_names_of_classes_are_found_in_features_also_within_lists():
    features = datasets.Features(
        {
            "one": datasets.ClassLabel(names=["a", "b"]),
            "many": datasets.Sequence(datasets.ClassLabel(names=["c", "d"])),
            "text": datasets.Value("string"),
        }
    )

    assert labels_of(features) == {"one": ["a", "b"], "many": ["c", "d"]}
    assert labels_of(None) == {}


def test_the_same_features_are_found_as_json_in_metadata():
    features = {"label": {"names": ["a", "b"], "_type": "ClassLabel"}, "text": {"dtype": "string", "_type": "Value"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}

    assert labels_in(metadata) == {"label": ["a", "b"]}


@pytest.mark.parametrize("metadata", [None, {}, {b"huggingface": b"{"}, {b"huggingface": b"[1]"}, {b"pandas": b"{}"}])
def test_a_file_without_features_that_can_be_read_has_no_names(metadata):
    assert labels_in(metadata) == {}
