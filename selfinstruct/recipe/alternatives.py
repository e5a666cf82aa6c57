"""Choose one of several answers to the same question, and keep the others.

A stage with `answers: 4` asks four times about each task.  The answer that most replies agree on is kept, and the first
of those where several have equally many votes; a judge stage may choose again.  What the task has afterwards:

    instances[0].output        the chosen answer; `instances[0].input` is the input that all of them answer
    attributes.alternatives    every different answer, in the order drawn, the chosen one included:
                               [{"output": str, "votes": int, "score": int, "chosen": bool}, …]

`votes` counts the replies that gave this answer (case and white space apart).  `score` compares the answers of one
task, higher is better: the votes, until a judge has rated the answers, and then its rating from 1 to 5.  Exactly one is
`chosen`, and none has a higher score.  Answers with equal scores are not better or worse than each other: a pair of
chosen and rejected is one with a lower score than the chosen one.  A task without the attribute was asked once.
"""
