import pytest

from selfinstruct.text.places import file_name, public, public_words, without_places


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see /home/bob/outputs/x: the disk is full", "see x: the disk is full"),
        ("in ~/data/seeds.jsonl", "in seeds.jsonl"),
        (r"C:\Users\bob\x", "x"),
        ("{cache:/home/bob/x, other:/data/bob/y}", "{cache:x, other:y}"),
        ("in ../../home/bob/x", "in x"),
        ("in /home/bob smith/runs/x: no", "in x: no"),
        ("the disk of /home/bob is full", "the disk of … is full"),
        ("in C:/Users/bob/runs/x: no", "in x: no"),
        ("in C:/Users/bob smith/runs/x: no", "in x: no"),
        (r"in C:\Users\bob smith\x: no", "in x: no"),
        ("the disk of C:/Users/bob is full", "the disk of … is full"),
        ("host.lan:8000 and gpu-1.my-group.example:80 refuse", "… and … refuse"),
        ("Cannot connect to host gpu:8000 ssl:default", "Cannot connect to host … ssl:default"),
        ("[::1]:8000 and [fe80::1%eth0]:80 refuse", "… and … refuse"),
        ("seeds.jsonl:12 and parts.py:1234: not JSON", "seeds.jsonl:12 and parts.py:1234: not JSON"),
        (
            "llama3.2:70b, x[1:2], x[::2] at 10.30:45, ratio 1.5:10",
            "llama3.2:70b, x[1:2], x[::2] at 10.30:45, ratio 1.5:10",
        ),
        ("http://10.0.0.1:8000/v1 does not answer", "… does not answer"),
        ("localhost:8000 and 10.0.0.1:80", "… and …"),
        ("a key, sk-abcdefgh12345678, in a text", "a key, …, in a text"),
        ("use /or and </s>, <br/> and 3/4", "use /or and </s>, <br/> and 3/4"),
        ("HuggingFaceTB/SmolLM2", "HuggingFaceTB/SmolLM2"),
    ],
)
def test_a_text_loses_keys_addresses_and_the_folders_of_a_path(text, shown):
    assert without_places(text) == shown


def test_a_config_loses_what_is_of_one_person_or_machine():
    config = {
        "seeds": {"path": "/home/bob smith/my seeds.jsonl", "shipped": "${conf:seeds/seed_tasks.jsonl}"},
        "model": {"key_env": "MY_KEY", "api_base": "http://x/v1", "store": "../bob/run", "name": "org/model"},
        "trackers": {"wandb": {"entity": "bob"}},
        "stop": ["a", "/home/bob/x", "C:/Users/bob smith/y"],
        "threshold": 0.7,
    }

    assert public(config) == {
        "seeds": {"path": "my seeds.jsonl", "shipped": "${conf:seeds/seed_tasks.jsonl}"},
        "model": {"store": "run", "name": "org/model"},
        "stop": ["a", "x", "y"],
        "threshold": 0.7,
    }


def test_a_command_keeps_the_words_that_anyone_can_type():
    words = ["model=openai", "+model.key_env=A", "seeds.path=/home/bob/s.jsonl", "hydra.run.dir=/x", "model.api_base=y"]

    assert list(public_words(words)) == ["model=openai", "seeds.path=s.jsonl"]


@pytest.mark.parametrize(
    "path",
    [
        "/home/bob/seeds.jsonl",
        "C:\\Users\\bob\\seeds.jsonl",
        "C:/Users/bob/seeds.jsonl",
        "seeds.jsonl",
        "x/seeds.jsonl/",
    ],
)
def test_a_path_is_named_by_its_last_part(path):
    assert file_name(path) == "seeds.jsonl"
