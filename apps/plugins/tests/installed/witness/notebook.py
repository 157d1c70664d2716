import os


def write(what):
    with open(os.environ["WITNESS_NOTEBOOK"], "a") as notebook:
        notebook.write(f"{what}\n")
