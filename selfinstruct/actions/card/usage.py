"""How a tuned model is used, as Python that can be pasted where its folder is: by a pipeline of transformers, or PEFT.

PEFT's own `generate` does not give the replies of adapters that stand for tokens before the prompt
(`selfinstruct.model.generation`), so that these are used by the command of this program.
"""

import re
from collections.abc import Mapping
from typing import Any

WHOLE = """from transformers import pipeline

generate = pipeline("text-generation", model=".")  # this folder, or its name on the hub"""
ADAPTER = """from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(".")  # this folder, or its name on the hub
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("{base}"), ".")"""
CHAT = 'messages = [{"role": "user", "content": "Name three fruits."}]'
COMPLETION = 'prompt = "Name three fruits.\\n\\n"  # in the form of the prompts that it was tuned on'
PIPED = {
    "chat": 'print(generate(messages, max_new_tokens=256)[0]["generated_text"][-1]["content"])',
    "completion": 'print(generate(prompt, max_new_tokens=256, return_full_text=False)[0]["generated_text"])',
}
ENCODED = {
    "chat": "inputs = tokenizer.apply_chat_template(\n"
    '    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True\n)',
    "completion": 'inputs = tokenizer(prompt, return_tensors="pt")',
}
GENERATED = """output = model.generate(**inputs, max_new_tokens=256)
print(tokenizer.decode(output[0][inputs["input_ids"].shape[1] :], skip_special_tokens=True))"""
COMMAND = "selfinstruct recipe=user_oriented model=transformers model.base_model={base} model.adapter=.{mode}"
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
NO_NAME = "folder_of_the_base_model"
"""What stands in code for a base model that is called otherwise."""
BEFORE_THE_PROMPT = ("Prefix", "PromptTuning")
"""The methods whose weights stand for tokens before the prompt."""


def usage(training: Mapping[str, Any], base: str, is_whole: bool) -> str:
    """Return how the model in a folder is used; `is_whole` says whether all of its weights are there."""
    base = base if HUB_NAME.fullmatch(base) else NO_NAME
    mode = "chat" if training["mode"] == "chat" else "completion"
    if not is_whole and training["method"] in BEFORE_THE_PROMPT:
        more = "" if mode == "chat" else " model.mode=completion"
        return f"```console\n{COMMAND.format(base=base, mode=more)}\n```"
    asked = CHAT if mode == "chat" else COMPLETION
    if is_whole:
        return f"```python\n{WHOLE}\n{asked}\n{PIPED[mode]}\n```"
    return f"```python\n{ADAPTER.format(base=base)}\n{asked}\n{ENCODED[mode]}\n{GENERATED}\n```"
