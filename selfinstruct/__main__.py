"""`python -m selfinstruct`, and `accelerate launch -m selfinstruct`: the command line."""

from selfinstruct.cli.main import main

if __name__ == "__main__":
    main()
