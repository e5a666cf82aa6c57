import json
from dataclasses import asdict, replace
from random import Random

import pytest
from pydantic import ValidationError

from selfinstruct.cli.hints import CONF
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.prompt.structured import Structured
from selfinstruct.recipe import asking
from selfinstruct.request import Completion, Decoding
from selfinstruct.round import Candidate, Sample
from selfinstruct.sampler import about, about_input
from selfinstruct.storage.recording import key_of
from selfinstruct.task import Instance, Reference


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


SECRET = "zyzzyva"
"""A word of the references that stands nowhere else."""
RECIPES = sorted(path.stem for path in (CONF / "recipe").glob("*.yaml") if path.stem != "convert")
JUDGES = {"evol_instruct": "difficulty", "user_oriented": "rating"}
OWN_TEMPLATE = """
{{ task.references }} {{ task.references | length }} {{ task }} {{ task.row() }} {{ input }}
{% for one in task.references %}{{ one.outputs[0] }}{% endfor %}
"""


def with_secret(task):
    """Return a task whose references hold a word that nothing else of it holds."""
    inputs = [one.input for one in task.references] or ["an input"]
    return replace(task, references=tuple(Reference(text, (SECRET,)) for text in inputs))


@pytest.fixture
def run_of(tmp_path, composed, built):
    """A run of a recipe, with its judge where one comes with it."""

    def run_of(recipe, *overrides):
        judge = [f"recipe/judge@recipe={JUDGES[recipe]}"] if recipe in JUDGES else []
        own = ["recipe.instructions.prompt.values.domain=a library"] if recipe == "domain" else []
        return built(composed(f"recipe={recipe}", *judge, *own, *overrides), tmp_path)

    return run_of


def texts(prompt, sample):
    """Everything that is sent to a model, in both modes and both attempts."""
    for chat in (True, False):
        for attempt in (1, 2):
            request = prompt.render(sample, chat, "stage", 1, 1, attempt)
            yield "\n".join([request.system or "", request.text, *request.decoding.stop])


@pytest.mark.parametrize("recipe", RECIPES)
def test_no_shipped_prompt_shows_a_reference_but_the_judges(recipe, run_of):
    run = run_of(recipe)
    pool = Pool(map(with_secret, run.seeds.load()))
    stages = asking(run.recipe)
    stages.pop("rating", None)

    assert stages
    for stage in stages.values():
        for text in texts(stage.prompt, stage.preview(pool, Random(0))):
            assert len(text) > 50
            assert SECRET not in text


@pytest.mark.parametrize("recipe", ["superni", "user_oriented"])
def test_a_template_of_ones_own_sees_no_reference_of_the_task_to_be_answered(recipe, run_of):
    run = run_of(recipe)
    stage = run.recipe["answers"]
    pool = Pool(map(with_secret, run.seeds.load()))
    prompt = replace(stage.prompt, template=OWN_TEMPLATE)

    for sample in stage.sampler.sample(pool, Random(0), 1, "answers")[:5]:
        assert all(SECRET not in text for text in texts(stage.prompt, sample))
        for text in texts(prompt, sample):
            assert SECRET not in text
            assert text.lstrip().startswith("() 0 Task(")


def test_the_shipped_prompts_of_a_benchmark_show_the_task_and_its_input(task, run_of):
    asked = task(instruction="Do it", references=(Reference("this", (SECRET,)),))
    sample = about_input(asked, "this")
    superni, user_oriented = (run_of(recipe).recipe["answers"].prompt for recipe in ("superni", "user_oriented"))

    assert superni.render(sample, True, "answers", 1, 1).text == (
        "Definition: Do it.\n\nNow complete the following example -\nInput: this.\nOutput: "
    )
    assert user_oriented.render(sample, True, "answers", 1, 1).text == "Do it\n\nthis\n"
    assert user_oriented.render(sample, False, "answers", 1, 1).text == "Do it\n\nInput: this\nOutput:"


@pytest.mark.parametrize("shows_references", [True, False])
def test_the_judge_sees_references_as_its_sampler_says(shows_references, task, run_of):
    run = run_of("user_oriented", f"recipe.rating.sampler.shows_references={shows_references}")
    stage = run.recipe["rating"]
    answered = with_secret(task(instances=(Instance("an input", "the answer of a model"),)))
    (sample,) = stage.sampler.sample(Pool([answered]), Random(0), 1, "rating")

    for text in texts(stage.prompt, sample):
        assert "the answer of a model" in text
        assert (SECRET in text) == shows_references
    assert all(SECRET not in text for text in texts(replace(stage.prompt, template="{{ task }}"), sample))


def test_tasks_in_lists_bring_no_references_along(task):
    shown, parent = with_secret(task(1, parents=("seed_task_0",))), with_secret(task(0))
    template = "{{ task }} {{ parents }} {{ tasks }} {{ tasks[0][0].references }}"
    sample = about(shown, Pool([parent, shown]))
    sample = replace(sample, variables={**sample.variables, "tasks": [[shown, parent]]})

    assert all(SECRET not in text for text in texts(make(template=template), sample))
    assert sample.variables["task"].references == shown.references


SCHEMA = {"type": "object", "properties": {"instruction": {"type": "string"}}}


def held(*, enabled=True, **changes):
    structured = Structured(enabled=enabled, system="At most {{ new }}, as JSON.", schema=SCHEMA, text=None)
    return make(structured=structured, **changes)


def test_a_structured_prompt_sends_its_schema_with_words_about_it_and_no_stop_strings(sample):
    request = held(system="Be kind.", decoding={"stop": ["\n"], "extra": {"seed": 1}}).render(
        sample, True, "grow", 1, 1
    )

    assert request.system == "Be kind.\n\nAt most 2, as JSON."
    assert request.decoding.stop == []
    assert request.decoding.extra["seed"] == 1
    assert request.decoding.extra["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_prompt_whose_structured_variant_is_off_is_sent_and_read_as_one_without(sample):
    prompt = held(enabled=False)

    assert prompt.render(sample, True, "grow", 1, 1) == make().render(sample, True, "grow", 1, 1)
    assert prompt.parse(Completion('{"instruction": "Hum."}'), sample, True) == make().parse(
        Completion('{"instruction": "Hum."}'), sample, True
    )


def test_another_schema_makes_another_request(sample):
    keys = set()
    for schema in (SCHEMA, {**SCHEMA, "required": ["instruction"]}):
        prompt = make(structured=Structured(enabled=True, system="", schema=schema, text=None))
        request = prompt.render(sample, True, "grow", 1, 1)
        keys.add(key_of("", request, json.dumps(asdict(request.decoding))))

    assert len(keys) == 2


def test_a_structured_prompt_needs_a_chat_model(sample):
    assert held().problems(sample, chat=True) == []
    assert held().problems(sample, chat=False) == [
        "structured: a JSON schema is sent to chat models only. Set structured=false, or model.mode=chat."
    ]


def test_an_unknown_variable_in_the_words_about_the_schema_is_reported(sample):
    structured = Structured(enabled=True, system="{{ nwe }}", schema=SCHEMA, text=None)

    assert (
        make(structured=structured)
        .problems(sample, chat=True)[0]
        .startswith("structured.system: the variable 'nwe' is unknown")
    )
