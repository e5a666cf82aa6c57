from dataclasses import replace

from selfinstruct.pages.story import drawn_for, ending_of, facts_of, no_reply, origin_of
from selfinstruct.request import Completion
from selfinstruct.round import Rejection
from selfinstruct.storage.replies import Reply

REPLY = Reply("grow", 1, "grow/1/1", "", 0, "{}", None, "prompt", "{}", Completion("text", "stop", 3, 2, 0.0, 0.1, "m"))


def test_who_made_a_task(task, made):
    assert origin_of(task(0)) == "A seed, written by a person."
    assert origin_of(task(0, models={"seeds": "m"})) == "A seed, written by m."
    text = "Made by `grow` in round 1, request `grow/1/1`, by m."
    assert origin_of(made("a", "One.", models={"grow": "m"})) == text
    assert "no model wrote it" in origin_of(made("a", "One."))


def test_what_else_is_known_of_a_task(made):
    found = facts_of(made("a", "One.", failed_stages={"answer": "no reply"}, attributes={"depth": 2}))

    assert found == [
        "Whether it is a classification task was not asked.",
        "Instances: 0.",
        "Attributes: depth 2.",
        "Given up by `answer`: no reply",
    ]


def test_a_task_that_a_judge_rejected_is_not_in_the_dataset_and_the_verdict_says_why(made):
    rejected = {"rejected": {"judging": "quality"}, "quality": 2, "nearest_meaning": ["b", 0.5]}
    task = made("a", "One.", failed_stages={"judging": "quality: judged '2'"}, attributes=rejected)

    assert facts_of(task)[2:] == [
        "Attributes: quality 2.",
        "Not in the dataset: the filter `quality` of the stage `judging` rejected it (judged '2').",
    ]


def test_whether_a_task_is_classification_is_said_in_words(made):
    assert facts_of(made("a", "One.", is_classification=True))[0] == "It is a classification task."
    assert facts_of(made("a", "One.", is_classification=False))[0] == "It is not a classification task."


def test_how_a_reply_ended():
    short = replace(REPLY, completion=replace(REPLY.completion, completion_tokens=1))
    assert ending_of(REPLY) == "Ended: stop, 2 tokens, by m."
    assert ending_of(short) == "Ended: stop, 1 token, by m."
    unknown = replace(REPLY, completion=Completion("text", finish_reason=""))
    assert ending_of(unknown) == "Ended: for a reason that was not reported."


def test_why_there_is_no_reply():
    refused = Rejection("model", "the server refused it", request="grow/1/1")

    assert no_reply([refused], "grow/1/1") == "There is no reply: the server refused it."
    assert no_reply([refused], "grow/1/2") == "There is no reply."


def test_what_was_drawn_may_be_unknown():
    assert drawn_for(REPLY) is None
    assert drawn_for(replace(REPLY, drawn='{"task": "a"}')) == {"task": "a"}
