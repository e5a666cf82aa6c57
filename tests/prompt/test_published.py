"""The published prompts are not ours, so the repository here is made up: its files hold texts in the same places."""

import shutil

import pytest
from commands import ROOT, run

from selfinstruct.prompt.published import FILES, published
from selfinstruct.round import Sample
from selfinstruct.task import Instance

TEXTS = {
    "self_instruct/bootstrap_instructions.py": """
def encode_prompt(tasks, classification=False):
    \"\"\"Not a prompt.\"\"\"
    if classification:
        prompt = "Labels wanted.\\n"
    else:
        prompt = "Think up " "tasks:\\n"
    for number, task in enumerate(tasks):
        prompt += f"{number}. {task}"
    return prompt
""",
    "self_instruct/templates/clf_task_template.py": (
        "template_1 = '''Labels?\n\nTask: Add.\nIs it classification? No\n\nTask:'''"
    ),
    "self_instruct/templates/instance_gen_template.py": (
        "input_first_template_for_gen = 'Inputs.\\n\\nTask:'\noutput_first_template_for_clf = 'Labels.\\n\\nTask:'"
    ),
    "prompt.txt": "Twenty tasks, please.\n",
    "Evol_Instruct/depth.py": "base_instruction = 'Rewrite. {} Be brief.\\n'\n"
    + "\n".join(
        f"def create{name}Prompt(text):\n"
        f"    'Doc.'\n"
        f"    prompt = base_instruction.format('Do {name}.')\n"
        f"    prompt += 'Given: {{}} \\n'.format(text)\n"
        f"    prompt += 'New:\\n'\n"
        f"    return prompt\n"
        for name in ("Constraints", "Deepen", "Concretizing", "Reasoning")
    ),
    "Evol_Instruct/breadth.py": (
        "base_instruction = 'Another one.\\n'\n"
        "def createBreadthPrompt(text):\n    return base_instruction + 'Seen: {} \\n'.format(text) + 'Made:\\n'\n"
    ),
    "Evol_Instruct/openai_access.py": (
        "import nothing_that_exists\n"
        "def get_oai_completion(p):\n"
        "    model = 'm'\n"
        "    head = {'role': 'system', 'content': 'Be kind.'}\n"
        "    return ask(messages=[head, {'role': 'user', 'content': p}])\n"
    ),
}


@pytest.fixture
def repository(tmp_path):
    for name, text in TEXTS.items():
        path = tmp_path / "repository" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "repository"


@pytest.fixture
def stages(repository, tmp_path, composed, built):
    def make(experiment, *overrides):
        return built(composed(f"experiment={experiment}", f"published={repository}", *overrides), tmp_path).recipe

    return make


def asked(stage, sample, chat=False):
    return stage.prompt.render(stage.widen(sample) if hasattr(stage, "widen") else sample, chat, "s", 1, 1)


def test_the_files_here_are_those_that_may_be_read():
    assert sorted(TEXTS) == sorted(FILES)


def test_self_instruct_asks_in_the_words_of_the_repository(stages, task):
    recipe = stages("paper_published")
    one = task(1, instruction="Name a fruit:")

    texts = [asked(recipe["instructions"], Sample({"tasks": [one, one]})).text]
    texts += [asked(recipe[name], Sample({"task": one})).text for name in list(recipe)[1:]]

    assert texts == [
        "Think up tasks:\n1. Name a fruit\n2. Name a fruit\n3.",
        "Labels?\n\nTask: Add.\nIs it classification? No\n\nTask: Name a fruit:\nIs it classification?",
        "Labels.\n\nTask: Name a fruit:\n",
        "Inputs.\n\nTask: Name a fruit:\n",
    ]


def test_alpaca_asks_in_the_words_of_the_repository(stages, task):
    recipe = stages("alpaca_published")
    given = task(1, instruction="Add the numbers.", instances=(Instance("1 2", "3"),))
    bare = task(2, instruction="Name a fruit.", instances=(Instance("", "fig"),))

    text = asked(recipe["tasks"], Sample({"tasks": [given, bare]})).text

    assert text == (
        "Twenty tasks, please.\n\n###\n1. Instruction: Add the numbers.\n1. Input:\n1 2\n1. Output:\n3\n"
        "###\n2. Instruction: Name a fruit.\n2. Input:\n<noinput>\n2. Output:\nfig\n###\n3. Instruction:"
    )


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        ("deepen", "Rewrite. Do Deepen. Be brief.\nGiven: Say {}. \nNew:\n"),
        ("reason", "Rewrite. Do Reasoning. Be brief.\nGiven: Say {}. \nNew:\n"),
        ("breadth", "Another one.\nSeen: Say {}. \nMade:\n"),
    ],
)
def test_evol_instruct_asks_in_the_words_of_the_repository(stages, operation, text):
    recipe = stages("wizardlm_published")

    request = asked(recipe["evolution"], Sample({"text": "Say {}.", "operation": operation, "number": 0}), chat=True)

    assert (request.text, request.system) == (text, "Be kind.")


def test_an_operation_that_was_not_published_is_not_drawn(stages):
    assert stages("wizardlm_published")["evolution"].sampler.operations["complicate_input"] == 0


def test_a_missing_folder_is_reported_with_every_text_that_is_missing(tmp_path):
    ended = run("experiment=paper_published", f"hydra.run.dir={tmp_path / 'run'}")

    assert ended.returncode == 1
    assert "recipe.instructions.prompt.values.heading: set published=<folder>" in ended.stderr


def test_a_replay_needs_no_copy_of_the_repository(repository, tmp_path):
    (repository / "data").mkdir()
    shutil.copy(ROOT / "conf/seeds/seed_tasks.jsonl", repository / "data")
    made = run(
        *("experiment=paper_published", f"published={repository}", "model=offline", "recipe.instructions.until=4"),
        *("trackers=[]", "actions=[generate,export,capsule]", f"hydra.run.dir={tmp_path}/run"),
    )
    shutil.rmtree(repository)
    done = run(f"replay={tmp_path}/run/capsule.zip", "trackers=[]", f"hydra.run.dir={tmp_path}/again")

    assert made.returncode == 0, made.stderr
    assert str(repository) not in (tmp_path / "run/capsule/config.json").read_text()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("identical\n")


def test_a_file_of_another_version_is_reported(repository):
    (repository / "Evol_Instruct/depth.py").write_text("base_instruction = None\n")

    with pytest.raises(ValueError, match=r"depth\.py has no text number 0 at base_instruction"):
        published(str(repository), "Evol_Instruct/depth.py", "base_instruction")


def test_a_file_that_is_not_python_is_reported(repository):
    (repository / "Evol_Instruct/depth.py").write_text("def (")

    with pytest.raises(ValueError, match=r"depth\.py cannot be read"):
        published(str(repository), "Evol_Instruct/depth.py", "base_instruction")


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "settings.py", "Evol_Instruct/../settings.py"])
def test_no_other_file_can_be_read(repository, file):
    (repository / "settings.py").write_text("SECRET = 'x'")

    with pytest.raises(ValueError, match="is not a file of published prompts"):
        published(str(repository), file, "SECRET")
