import pytest

from selfinstruct.cli import shipped
from selfinstruct.cli.retyping import TakenOver, claimed, foreign, is_strangers, unconfirmed, word
from selfinstruct.storage.folder import store_config

CONFIG = {"random_seed": 1, "recipe": {"a": {"until": 1}}}
ENDPOINT = {"_target_": "selfinstruct.model.endpoint.Endpoint", "name": "m", "store": None, "extra": {"top_k": 5}}
LITELLM = {**ENDPOINT, "_target_": "selfinstruct.model.litellm.LiteLLM", "extra": {}}
THEIRS = "http://192.0.2.1/v1"
GENERATE = {"_target_": "selfinstruct.actions.generate.Generate"}


def composed(model, action=GENERATE, **stages):
    return {"model": model, "actions": {"x": action}, "recipe": {name: {"model": own} for name, own in stages.items()}}


def wanted(model, **stages):
    return foreign(composed(model, **stages), shipped.models())


def test_the_key_and_the_address_of_a_server_are_wanted():
    model = {**ENDPOINT, "key_env": "AWS_SECRET", "api_base": THEIRS}

    assert wanted(model) == {"model.key_env": "AWS_SECRET", "model.api_base": THEIRS}


def test_a_server_that_is_sent_no_key_is_free():
    assert wanted({**ENDPOINT, "key_env": None, "api_base": THEIRS}) == {}
    assert wanted({**LITELLM, "key_env": None, "api_base": THEIRS, "name": "openai/m"}) == {}
    assert wanted({"_target_": "selfinstruct.model.offline.Offline", "mode": "chat"}) == {}


def test_a_model_in_this_process_is_free_whatever_its_base_model_and_parameters():
    model = {"_target_": "selfinstruct.model.transformers.Transformers", "base_model": "someone/model", "adapter": "x"}
    config = composed(model)
    config["recipe"]["a"] = {"prompt": {"decoding": {"extra": {"api_base": THEIRS}}}}

    assert foreign(config, shipped.models()) == {}


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "ollama"])
def test_an_option_of_ours_is_free_with_another_model_of_its_provider(name, composed):
    config = composed(f"model={name}")
    model = config["model"] | {"name": config["model"]["name"].partition("/")[0] + "/another"}

    assert foreign(config | {"model": model}, shipped.models()) == {}
    assert foreign(config | {"model": model | {"api_base": THEIRS}}, shipped.models())


def test_litellm_may_send_a_key_that_no_config_names():
    model = {**LITELLM, "key_env": None, "api_base": THEIRS, "name": "hosted_vllm/m"}

    assert wanted(model) == {"model.api_base": THEIRS, "model.name": "hosted_vllm/m"}


def test_further_parameters_may_lead_litellm_elsewhere_but_not_a_plain_server():
    extra = {"fallbacks": [{"api_base": THEIRS}]}
    model = {**LITELLM, "name": "openai/gpt", "key_env": "OPENAI_API_KEY", "api_base": None}
    config = composed({**model, "extra": extra})
    config["recipe"]["a"] = {"prompt": {"decoding": {"top_p": 1, "extra": {"custom_llm_provider": "x", "seed": None}}}}

    assert foreign(config, shipped.models()) == {
        "model.key_env": "OPENAI_API_KEY",
        "model.name": "openai/gpt",
        "model.extra.fallbacks": extra["fallbacks"],
        "recipe.a.prompt.decoding.extra.custom_llm_provider": "x",
    }
    config["model"] = {**ENDPOINT, "key_env": None, "api_base": THEIRS}
    assert foreign(config, shipped.models()) == {}


def test_the_model_of_every_stage_counts():
    model = {**ENDPOINT, "key_env": None, "api_base": THEIRS}
    own = {**model, "key_env": "AWS_SECRET"}

    assert wanted(model, a=None, b=own, c="${model}", d="${recipe.b.model}") == {
        "recipe.b.model.key_env": "AWS_SECRET",
        "recipe.b.model.api_base": THEIRS,
        "recipe.d.model": "${recipe.b.model}",
    }


def test_the_models_of_benchmarks_count_where_they_are_asked():
    theirs = {**ENDPOINT, "key_env": "AWS_SECRET", "api_base": THEIRS}
    evaluate = {"_target_": "selfinstruct.actions.evaluate.Evaluate"}
    benchmark = {"model": None, "recipe": {"answers": {"model": None}, "judge": {"model": theirs}}}
    config = composed({"_target_": "selfinstruct.model.offline.Offline"}, evaluate) | {"benchmarks": {"b": benchmark}}

    assert foreign(config, shipped.models()) == {
        "benchmarks.b.recipe.judge.model.key_env": "AWS_SECRET",
        "benchmarks.b.recipe.judge.model.api_base": THEIRS,
    }
    config["benchmarks"]["b"] = {"model": theirs, "recipe": {}}
    assert foreign(config, shipped.models()) == {
        "benchmarks.b.model.key_env": "AWS_SECRET",
        "benchmarks.b.model.api_base": THEIRS,
    }
    assert foreign(config | {"benchmarks": "x"}, shipped.models()) == {}


def test_a_shared_store_is_wanted_also_without_a_key():
    assert wanted({**ENDPOINT, "key_env": None, "api_base": THEIRS, "store": "/mine.sqlite"}) == {
        "model.store": "/mine.sqlite"
    }


def test_a_model_of_other_code_is_wanted():
    model = {"_target_": "mine.Model", "name": "m", "key_env": "A"}

    assert wanted(model) == {"model.key_env": "A", "model.name": "m", "model._target_": "mine.Model"}


@pytest.mark.parametrize("name", ["explain.Explain", "export.Export", "compare.Compare", "plan.Plan", "score.Score"])
def test_an_action_that_asks_no_model_is_free(name):
    model = {**ENDPOINT, "key_env": "AWS_SECRET", "api_base": THEIRS}
    looking = {"_target_": f"selfinstruct.actions.{name}"}

    assert foreign(composed(model, looking), ()) == {}
    for action in ({"_target_": "mine.Action"}, {"_target_": "selfinstruct.actions.nothing.X"}, {}):
        assert foreign(composed(model, action), ())


def test_what_was_typed_is_confirmed_and_the_command_holds_the_rest():
    config = composed({**ENDPOINT, "key_env": "A B", "api_base": f"{THEIRS}?'; touch hacked"})
    line = TakenOver("their run", ("hydra.run.dir='their run'", "++model.api_base=http://mine"), ("--config-dir=c d",))

    (problem,) = line.problems(config, ())

    assert "Nothing shows that the run in their run is your own" in problem
    assert """'hydra.run.dir='"'"'their run'"'"'' ++model.api_base=http://mine""" in problem
    assert problem.endswith("""'--config-dir=c d' 'model.key_env="A B"'""")
    both = TakenOver("x", (*line.words, "model.key_env=A"), ())
    assert both.problems(config, ()) == []
    deleted = TakenOver("x", ("~model.api_base", "model.key_env=A"), ())
    assert deleted.problems(config, ())


def test_what_a_config_folder_says_is_typed_or_allowed_by_name_and_not_by_the_name_of_an_option(monkeypatch):
    config = composed({**ENDPOINT, "key_env": "DB_PASS", "api_base": THEIRS, "store": "/mine.sqlite"})

    (problem,) = unconfirmed(config, (), {"model", "model.store"})

    assert problem.endswith("or allow it: SELFINSTRUCT_ALLOW=model.key_env,model.api_base.")
    assert list(unconfirmed(config, (), {"model.key_env", "model.api_base", "model.store"})) == []
    monkeypatch.setenv("SELFINSTRUCT_ALLOW", "mine,model")
    assert list(unconfirmed(config, (), ())) == []


def test_of_a_model_of_other_code_a_config_folder_may_say_all_but_key_and_address():
    model = {"_target_": "mine.Model", "name": "m", "extra": {"a": 1}}

    assert list(unconfirmed(composed(model), (), ())) == []
    (problem,) = unconfirmed(composed({**model, "key_env": "A"}), (), ())
    assert "is used, or where data is sent: model.key_env=A. If" in problem


@pytest.mark.parametrize("name", ["endpoint", "openai"])
def test_with_a_typed_address_an_option_of_ours_is_free_until_a_folder_changes_it(name, composed):
    config = composed(f"model={name}", f"model.api_base={THEIRS}")
    changed = config | {"model": config["model"] | {"key_env": "DB_PASS"}}

    assert list(unconfirmed(config, shipped.models(), {"model.api_base"})) == []
    (problem,) = unconfirmed(changed, shipped.models(), {"model.api_base"})
    assert "model.key_env=DB_PASS" in problem
    (problem,) = unconfirmed(config, shipped.models(), {"model.key_env", "model.name"})
    assert "model.api_base=" in problem


def test_a_machine_that_cannot_remember_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    config = composed({**ENDPOINT, "key_env": "A", "api_base": THEIRS})

    (problem,) = TakenOver("run", (), ()).problems(config, ())

    assert f"{tmp_path}/file/selfinstruct/seal.key, which cannot be written or read here" in problem


def test_a_folder_without_a_seal_is_somebody_elses(tmp_path):
    for name, sealed in (("mine", True), ("theirs", False)):
        (tmp_path / name).mkdir()
        store_config(tmp_path / name, CONFIG, ["a=1"], is_own=sealed)
    (tmp_path / "begun/.hydra").mkdir(parents=True)
    (tmp_path / "begun/.hydra/overrides.yaml").write_text("[a=1]")

    assert not is_strangers(tmp_path / "mine")
    assert is_strangers(tmp_path / "theirs")
    assert is_strangers(tmp_path / "begun")
    assert not is_strangers(tmp_path / "new")


def test_a_folder_that_remembers_only_flags_is_somebody_elses(tmp_path):
    store_config(tmp_path, CONFIG, [], flags={"config_dir": "/theirs"}, is_own=False)

    assert is_strangers(tmp_path)


def test_a_job_is_the_users_own_unless_its_folder_or_the_run_it_refilters_is_not(tmp_path):
    for name, sealed in (("mine", True), ("theirs", False)):
        (tmp_path / name).mkdir()
        store_config(tmp_path / name, CONFIG, ["a=1"], is_own=sealed)

    assert claimed(tmp_path / "mine", ["random_seed=1"])
    assert claimed(tmp_path / "new", [f"refilter.run={tmp_path}/mine"])
    assert not claimed(tmp_path / "theirs", [])
    assert not claimed(tmp_path / "new", ["+replay=capsule.zip"])
    assert not claimed(tmp_path / "new", [f"refilter.run={tmp_path}/theirs"])


def test_an_interpolation_stays_one_and_a_plain_word_is_not_quoted():
    assert [word("${oc.env:OWNER}"), word("plain"), word(3)] == ['"${oc.env:OWNER}"', "plain", "3"]
