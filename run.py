"""Grow an instruction dataset, as the config says.

python run.py                                        the main job, offline
python run.py recipe.instructions.until=500          one thing changed
python run.py model=openai experiment=smoke          a real model, a small run
python run.py --cfg job                              the whole config
"""

from selfinstruct.cli.main import main

if __name__ == "__main__":
    main()
