"""The scores of predictions on Super-NaturalInstructions, against what the reference scorer gives for them."""

METRICS = {"rouge_l": "rougeL", "exact_match": "exact_match"}
