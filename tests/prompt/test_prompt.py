import pytest
from pydantic import ValidationError

from selfinstruct.prompt.prompt import Prompt
from selfinstruct.request import Completion, Decoding
from selfinstruct.round import Candidate, Sample


class Whole:
    """A parser that takes the whole reply for one instruction."""

    reply_format = "whole"

    def parse(self, completion, shown):
        return [Candidate(instruction=f"{completion.text} ({len(shown['tasks'])} shown)")]


def make(**changes):
    values = {
        "template": "{% for task in tasks %}{{ task.instruction }};{% endfor %}{{ new }}",
        "system": None,
        "values": {"new": 2},
        "few_shot": {},
        "decoding": {},
        "retry_temperature": None,
        "parser": Whole(),
    }
    return Prompt(**(values | changes))


@pytest.fixture
def sample(task):
    return Sample(variables={"tasks": [task(0), task(1)]}, parents=("seed_task_0", "seed_task_1"))


def test_fills_the_template_with_the_sample_and_the_values(sample):
    request = make().render(sample, chat=False, stage="grow", round_=3, number=4)

    assert request.text == "Explain thing number 0 in plain words.;Explain thing number 1 in plain words.;2"
    assert request.id == "grow/3/4"
    assert request.reply_format == "whole"


def test_stop_strings_are_templates_too(sample):
    prompt = make(decoding={"stop": ["\n{{ tasks | length + new + 1 }}."]})

    assert prompt.render(sample, False, "grow", 1, 1).decoding.stop == ["\n5."]


def test_a_stop_string_keeps_its_line_ends(sample):
    prompt = make(decoding={"stop": ["\n\n", "\n", "\n16"]})

    assert prompt.render(sample, False, "grow", 1, 1).decoding.stop == ["\n\n", "\n", "\n16"]


def test_what_fails_only_when_asked_again_is_reported_before(sample):
    (problem,) = make(template="{% if attempt > 1 %}{{ tasks[0].nothing }}{% endif %}").problems(sample, False)

    assert problem.startswith("template cannot be filled")


def test_the_system_message_is_for_chat_models_only(sample):
    prompt = make(system="Be brief, {{ new }} lines.")

    assert prompt.render(sample, True, "grow", 1, 1).system == "Be brief, 2 lines."
    assert prompt.render(sample, False, "grow", 1, 1).system is None


def test_a_question_asked_again_may_have_another_temperature(sample):
    prompt = make(decoding={"temperature": 0.0}, retry_temperature=0.7)

    assert prompt.render(sample, False, "grow", 1, 1).decoding.temperature == 0.0
    assert prompt.render(sample, False, "grow", 1, 1, attempt=2).decoding.temperature == 0.7
    assert (
        make(decoding=Decoding(temperature=0.0)).render(sample, False, "g", 1, 1, attempt=2).decoding.temperature == 0
    )


def test_where_no_temperature_is_sent_none_is_sent_when_a_question_is_asked_again(sample):
    prompt = make(decoding={"temperature": None}, retry_temperature=0.7)

    assert prompt.render(sample, False, "grow", 1, 1, attempt=2).decoding.temperature is None


def test_a_template_may_say_more_when_it_is_asked_again(sample):
    prompt = make(template="Go{% if attempt > 1 %}, in one word{% endif %}.")

    assert prompt.render(sample, False, "grow", 1, 1).text == "Go."
    assert prompt.render(sample, False, "grow", 1, 1, attempt=2).text == "Go, in one word."


def test_few_shot_examples_are_shown_in_order(sample):
    few_shot = {
        "b": {"instruction": "Two", "is_classification": True, "instances": [{"input": "i", "output": "o"}]},
        "a": {"instruction": "One", "is_classification": False},
    }
    template = "{% for e in few_shot %}{{ e.instruction }}{{ e.instances[0].output if e.instances }} {% endfor %}"

    assert make(template=template, few_shot=few_shot).render(sample, False, "g", 1, 1).text == "Twoo One "


def test_the_parser_sees_what_was_shown(sample):
    assert make().parse(Completion(text="Hi"), sample, False)[0].instruction == "Hi (2 shown)"


def test_every_variable_that_is_unknown_is_reported_with_the_known_ones(sample):
    problems = make(template="{{ taks }}{% if chat %}{{ nwe }}{% endif %}").problems(sample, False)

    assert problems == [
        "template: the variable 'nwe' is unknown; there are: attempt, chat, few_shot, new, tasks.",
        "template: the variable 'taks' is unknown; there are: attempt, chat, few_shot, new, tasks.",
    ]


def test_a_field_that_does_not_exist_is_reported(sample):
    (problem,) = make(template="{{ tasks[0].instuction }}").problems(sample, False)

    assert "instuction" in problem


def test_a_broken_stop_string_is_reported(sample):
    (problem,) = make(decoding={"stop": ["{{ new "]}).problems(sample, False)

    assert problem.startswith("decoding.stop is not a Jinja template: ")


def test_a_stop_string_with_an_unknown_variable_is_reported_by_its_key(sample):
    (problem,) = make(decoding={"stop": ["{{ bar }}"]}).problems(sample, False)

    assert problem.startswith("decoding.stop: the variable 'bar' is unknown")


def test_arithmetic_that_goes_wrong_is_reported_by_its_key(sample):
    assert make(template="{{ 1 / 0 }}").problems(sample, False) == ["template cannot be filled: division by zero."]


def test_a_sound_prompt_has_no_problems(sample):
    assert make().problems(sample, True) == []


def test_a_template_that_cannot_be_read_is_refused():
    with pytest.raises(ValidationError, match="is not a Jinja template"):
        make(template="{% for %}")


def test_a_template_runs_in_the_sandbox(sample):
    with pytest.raises(ValueError, match="template"):
        make(template="{{ tasks.__class__.__mro__ }}").render(sample, False, "g", 1, 1)
